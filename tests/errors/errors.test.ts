import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { FAILURE_CODES, type FailureCode } from "../../src/base/failure.ts";
import { CliProject } from "../support/cli-project.ts";
import { DATABASE_SAMPLES } from "./database-samples.ts";
import { MIGRATION_SAMPLES } from "./migration-samples.ts";
import type { Sample } from "./sample.ts";
import { USAGE_SAMPLES } from "./usage-samples.ts";

/** One for every code; a new code does not compile without its own. */
const SAMPLES: Readonly<Record<FailureCode, Sample>> = {
  ...USAGE_SAMPLES,
  ...MIGRATION_SAMPLES,
  ...DATABASE_SAMPLES,
};

function masked(text: string, { root }: CliProject): string {
  return text
    .replaceAll(root.path, "<dir>")
    .replace(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?Z?/g, "<time>")
    .replace(/(?:^ +at .*\n)+/gm, "    <stack>\n");
}

describe("every failure, as a person meets it", () => {
  test("has a sample", () => {
    expect(Object.keys(SAMPLES).sort()).toEqual([...FAILURE_CODES].sort());
  });

  test.each(FAILURE_CODES)("%s", async (code) => {
    if (code === "OUTPUT_FAILED" && !existsSync("/dev/full"))
      return console.log("skipped: no /dev/full here");
    using project = new CliProject();
    const ended = await SAMPLES[code](project);
    const { exitCode } = ended;
    const stderr = ended.stderr.replace(/^note: .*\n/gm, "");
    expect(stderr).toStartWith(`error[${code}] `);
    expect(`exit ${exitCode}\n${masked(stderr, project)}`).toMatchSnapshot();
  });
});
