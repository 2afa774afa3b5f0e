import { describe, expect, test } from "bun:test";
import type { Bug } from "../../scripts/harness/bugs/bug.ts";
import { BUGS } from "../../scripts/harness/bugs.ts";
import { inputsFrom } from "../../scripts/harness/inputs.ts";
import { Mutant } from "../../scripts/harness/mutant.ts";

describe("the bugs that the harness must catch", () => {
  test.each(BUGS.map((bug) => [bug.name, bug] as const))(
    "%s: its place stands once in its file",
    (_, bug) => {
      expect(() => new Mutant(bug)).not.toThrow();
    },
  );

  test("each has a name of its own, changes something, and is caught by something", () => {
    expect(new Set(BUGS.map(({ name }) => name)).size).toBe(BUGS.length);
    for (const { find, replace, caughtBy } of BUGS) {
      expect(replace).not.toBe(find);
      expect(caughtBy).not.toBeEmpty();
    }
  });

  test("a place that is not there, or there twice, is an error", () => {
    const bug: Bug = { name: "a", file: "main.ts", find: "no such text", replace: "", caughtBy: [] };
    expect(() => new Mutant(bug)).toThrow("its place stands 0 times in main.ts");
    expect(() => new Mutant({ ...bug, find: "import " })).toThrow("times in main.ts");
  });

  test("an input that is not there is an error", () => {
    expect(() => inputsFrom("no such input")).toThrow("there is no input no such input");
  });
});
