import { describe, expect, test } from "bun:test";
import { inheritance } from "../../src/cli/inheritance.ts";

function limits(soft: number | string, hard: number | string): string {
  return `Limit                     Soft Limit           Hard Limit           Units     \nMax open files            ${soft}            ${hard}            files     \n`;
}

const QUIET = "SigIgn:\t0000000000000000\n";
const IGNORES_PIPE = "SigIgn:\t0000000000001000\n";
const OWN = limits(524_288, 524_288);

function shell(soft: number | string, hard: number | string) {
  return { limits: limits(soft, hard), status: QUIET, name: "bash" };
}

describe("the limit of open files", () => {
  test.each([
    [
      "is the parent's, which has the same hard one",
      OWN,
      shell(1024, 524_288),
      { soft: 1024n, hard: 524_288n },
    ],
    ["stays where the parent has another hard one", OWN, shell(1024, 4096), null],
    ["stays where the parent's is no lower", OWN, shell(524_288, 524_288), null],
    ["stays where the parent has none", OWN, shell("unlimited", "unlimited"), null],
    ["stays where it is unlimited", limits("unlimited", "unlimited"), shell(1024, "unlimited"), null],
    ["stays where no parent is to be seen", OWN, null, null],
    ["stays where nothing can be read", "", shell(1024, 4096), null],
    [
      "is systemd's default for a service that asks for nothing else",
      OWN,
      { limits: limits(1_073_741_816, 1_073_741_816), status: IGNORES_PIPE, name: "systemd" },
      { soft: 1024n, hard: 524_288n },
    ],
    [
      "stays as a service has asked for it",
      limits(65_536, 65_536),
      { limits: limits(65_535, 65_536), status: IGNORES_PIPE, name: "systemd" },
      null,
    ],
  ])("%s", (_, own, parent, expected) => {
    expect(inheritance({ limits: own, parent }).openFiles).toEqual(expected);
  });
});

describe("ignored signals", () => {
  test.each([
    ["are set back", shell(1024, 4096), ["SIGPIPE", "SIGXFSZ"]],
    [
      "are set back where a parent ignores SIGPIPE for itself",
      { ...shell(1, 1), status: IGNORES_PIPE },
      ["SIGPIPE", "SIGXFSZ"],
    ],
    ["are set back where no parent is to be seen", null, ["SIGPIPE", "SIGXFSZ"]],
    ["stay as systemd gives them", { ...shell(1, 1), status: IGNORES_PIPE, name: "systemd" }, ["SIGXFSZ"]],
  ])("%s", (_, parent, expected) => {
    expect(inheritance({ limits: OWN, parent }).unignored).toEqual(expected);
  });
});
