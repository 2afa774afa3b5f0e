import { rmSync } from "node:fs";
import { join } from "node:path";
import { describeEnd, type GodwitRun } from "./godwit-process.ts";
import { CODE } from "./inputs/code.ts";
import { FAILURES } from "./inputs/failures.ts";
import { BAD_FILES } from "./inputs/files.ts";
import { GOOD } from "./inputs/good.ts";
import { type InputCase, SEED, version } from "./inputs/input-case.ts";
import { InputProject, toldInJson, toldInWords } from "./inputs/input-project.ts";
import { STATES } from "./inputs/states.ts";
import { JOURNAL_MODES, type JournalMode } from "./journal-mode.ts";
import type { Section, SectionOptions, SectionResult } from "./section.ts";
import { sideBySide } from "./side-by-side.ts";

/** Those first that find most, for a run that stops at the first violation. */
const CASES: readonly InputCase[] = [...FAILURES, ...CODE, ...GOOD, ...STATES, ...BAD_FILES];

/** Wrong files, strange code, databases in no state to be worked on: exit code, error, history and the file itself are as they must be. */
export const inputs: Section = { name: "inputs", run: (options) => tryAll(CASES, options) };

/** The same, beginning with one input: the one that a bug should fall over first. @throws Error if there is none of the name */
export function inputsFrom(name: string): Section {
  const at = CASES.findIndex((input) => input.name === name);
  if (at === -1) throw new Error(`there is no input ${name}`);
  const cases = [...CASES.slice(at), ...CASES.slice(0, at)];
  return { name: inputs.name, run: (options) => tryAll(cases, options) };
}

async function tryAll(cases: readonly InputCase[], options: SectionOptions): Promise<SectionResult> {
  const tries = allTries(cases, options.isQuick);
  const violations: string[] = [];
  let done = 0;
  await sideBySide(
    tries,
    options.folder,
    async ({ input, mode }, folder, n) => {
      const own = join(folder, String(n));
      const problems = await tryInput(input, mode, own, options.binary);
      rmSync(own, { recursive: true });
      violations.push(...problems.map((problem) => `${input.name}, ${mode}: ${problem}`));
      options.progress(++done, tries.length);
    },
    () => options.stopAtFirst && violations.length > 0,
  );
  const names = new Set(cases.map(({ name }) => name));
  if (names.size !== cases.length) violations.push("two inputs have one name");
  return { counts: { "bad inputs": names.size, "runs with them": tries.length }, violations };
}

interface Try {
  readonly input: InputCase;
  readonly mode: JournalMode;
}

/** In both journal modes; the small part takes them in turn. */
function allTries(cases: readonly InputCase[], isQuick: boolean): Try[] {
  return cases.flatMap((input, n) => {
    const modes = input.mode === undefined ? JOURNAL_MODES : [input.mode];
    return (isQuick ? [modes[n % modes.length]!] : modes).map((mode) => ({ input, mode }));
  });
}

async function tryInput(
  input: InputCase,
  mode: JournalMode,
  folder: string,
  binary: string,
): Promise<string[]> {
  const project = new InputProject(folder, binary);
  project.writeFiles(input.files);
  project.makeDatabase(input.seed === undefined ? SEED : input.seed, mode);
  for (const words of input.first ?? []) {
    const run = await project.godwit(words);
    if (run.exitCode !== 0) return [`what comes first, ${words.join(" ")}, ended with ${describeEnd(run)}`];
  }
  project.changeFiles(input.changes ?? {});
  const before = project.fingerprint();
  const words = [...(input.words ?? ["migrate"]), ...(input.isText === true ? [] : ["--json"])];
  const run = await (input.held === undefined ? project.godwit(words) : project.whileHeld(input.held, words));
  return [...judgeRun(input, run, project), ...judgeDatabase(input, before, project)];
}

function judgeRun(input: InputCase, run: GodwitRun, project: InputProject): string[] {
  const problems: string[] = [];
  if (run.exitCode !== input.exit) problems.push(`it ended with ${describeEnd(run)}, not exit ${input.exit}`);
  const told = input.isText === true ? toldInWords(run) : toldInJson(run);
  if (told === null) {
    return [...problems, `not one JSON document on stdout: ${JSON.stringify(run.stdout.slice(0, 200))}`];
  }
  if (told.code !== input.code && input.exit !== null)
    problems.push(`the error is ${told.code}, not ${input.code}`);
  if (told.outcome !== null && (told.outcome === "left_changed") !== (input.exit === 5))
    problems.push(`the outcome told is ${told.outcome}`);
  const applied = project.versions(input.table ?? "schema_migrations");
  const untrue = told.applied.filter((one) => !applied.includes(one));
  if (untrue.length > 0) problems.push(`it told that ${untrue.join(" ")} is applied, which is not so`);
  return problems;
}

function judgeDatabase(input: InputCase, before: string, project: InputProject): string[] {
  const problems: string[] = [];
  const expect = (what: string, found: string, expected: string) => {
    if (found !== expected)
      problems.push(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`);
  };
  if (input.holds === "same" && project.fingerprint() !== before) problems.push("the file was changed");
  if (!project.isDatabase()) return problems;
  const numbers = (list: readonly number[] | undefined) => (list ?? []).map(version).join();
  const table = input.table ?? "schema_migrations";
  expect("history", project.versions(table).join(), numbers(input.applied));
  expect("incomplete", project.versions(`${table}_incomplete`).join(), numbers(input.incomplete));
  for (const [sql, expected] of input.holds === "same" ? [] : input.holds)
    expect(sql, project.ask(sql), expected);
  expect("integrity_check", project.ask("PRAGMA integrity_check"), "ok");
  return problems;
}
