import { expect } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { CliProject } from "./cli-project.ts";
import { digestOf } from "./digest.ts";
import { documentOf, type Ended } from "./run-godwit.ts";

/** The `error` of a JSON document. */
export interface ShownError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly outcome: string;
}

export interface Expected {
  readonly exitCode: number;
  readonly code: string;
  /** What stands in the message. */
  readonly message?: string | RegExp;
  readonly hint?: string | RegExp;
  /** How the command is started; `project.godwit` unless told. */
  readonly start?: (...args: readonly string[]) => Promise<Ended>;
}

/**
 * Runs a command that is to be refused, with and without --json: both name the code, the state of the database and a next step, both
 * exit alike, and neither changes a byte of any file beside the database. @returns the error of the document.
 */
export async function expectRefused(
  project: CliProject,
  args: readonly string[],
  { exitCode, code, message, hint, start = (...all) => project.godwit(...all) }: Expected,
): Promise<ShownError> {
  const before = digestsIn(dirname(project.path));
  const shown = await start(...args);
  expect({ args, ...shown }).toMatchObject({ stdout: "", exitCode });
  expect(shown.stderr).toStartWith(`error[${code}] `);
  // What is wrong with the command line is told without a word on the database: it was not even looked for.
  if (exitCode !== 2) expect(shown.stderr).toContain("\n  unchanged: nothing was run\n");
  expect(shown.stderr).toContain("\n  hint: ");
  const ended = await start(...args, "--json");
  expect({ args, exitCode: ended.exitCode }).toEqual({ args, exitCode });
  const error = errorIn(ended);
  expect(error).toMatchObject({ code, outcome: "unchanged" });
  expect(error.hint).toBeString();
  if (message !== undefined) expect(error.message).toMatch(message);
  if (hint !== undefined) expect(error.hint).toMatch(hint);
  expect(digestsIn(dirname(project.path))).toEqual(before);
  return error;
}

export function errorIn(ended: Ended): ShownError {
  return documentOf(ended)["error"] as ShownError;
}

/** The SHA-256 of each file in a folder, by its name. Not for one that this process has open as a database: reading it drops SQLite's locks. */
function digestsIn(folder: string): Record<string, string | null> {
  const digests: Record<string, string | null> = {};
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    // SQLite makes these for a reader too, and leaves them where it may not write to the database.
    if (/-(wal|shm)$/.test(entry.name) && !isJournal(`${folder}/${entry.name}`)) continue;
    if (entry.isFile()) digests[entry.name] = digestOf(`${folder}/${entry.name}`);
  }
  return digests;
}

function isJournal(path: string): boolean {
  return path.endsWith("-wal") && statSync(path).size > 0;
}
