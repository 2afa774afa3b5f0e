import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { DatabaseState } from "./database-state.ts";
import { documentOf, type GodwitRun } from "./godwit-process.ts";
import { DATABASE, judgeRerun, judgeState } from "./judge.ts";
import {
  inspectRestorePoint,
  problemsOfMode,
  restorePointPath,
  restorePointsOf,
  unfinishedRuns,
} from "./restore-points.ts";
import { KEPT, type Scenario } from "./scenario.ts";

/** What a run has left, and what it said. */
export interface Beside {
  readonly found: DatabaseState;
  readonly isDone: boolean;
  /** Null where it is not known, after a power cut: then what comes after a commit may be there and the commit not. */
  readonly run: GodwitRun | null;
}

/**
 * Looks at the folder beside a database: every restore point is whole, for its owner only, and of a state that there was; the older ones are there; and
 * where the database is no longer as it was before the command, that state is in a restore point.
 * @returns what is wrong
 */
export function judgeBeside(scenario: Scenario, folder: string, beside: Beside): string[] {
  const database = join(folder, DATABASE);
  const names = restorePointsOf(database);
  const fresh = names.filter((name) => !scenario.olderPoints.has(name));
  const problems = problemsOfMode(`${database}.godwit`, 0o700).map((problem) => `the folder ${problem}`);
  let isBeforeKept = false;
  for (const name of fresh) {
    const point = inspectRestorePoint(restorePointPath(database, name));
    const states = point.found === null ? [] : judgeState(scenario, point.found).problems;
    problems.push(...[...point.problems, ...states].map((problem) => `restore point ${name}: ${problem}`));
    isBeforeKept ||= point.found !== null && isBefore(scenario, point.found);
  }
  if (scenario.keepsBefore && !isBefore(scenario, beside.found) && !isBeforeKept)
    problems.push("what was there before is in no restore point");
  problems.push(...judgeOlder(scenario, database, names, beside));
  if (beside.run !== null)
    problems.push(...judgeWord(scenario, beside.run, { found: beside.found, names, fresh }));
  return problems;
}

function isBefore({ command, stages, countBefore, lastIdBefore }: Scenario, state: DatabaseState): boolean {
  const { applied, contents } = stages.find((stage) => stage.applied.length === countBefore)!;
  if (state.incomplete !== null || state.applied.join() !== applied.join()) return false;
  return state.contents === contents && (command !== "redo" || state.lastId <= lastIdBefore);
}

/** The oldest may go for new ones, and only after a success. */
function judgeOlder(
  { olderPoints }: Scenario,
  database: string,
  names: readonly string[],
  { isDone, run }: Beside,
): string[] {
  const older = [...olderPoints.keys()].sort();
  const fresh = names.filter((name) => !olderPoints.has(name)).length;
  const mayGo = isDone || run === null ? Math.max(0, older.length + fresh - KEPT) : 0;
  const gone = older.filter((name) => !names.includes(name));
  const lost = gone.filter((name) => !older.slice(0, mayGo).includes(name));
  const changed = older.filter(
    (name) =>
      names.includes(name) && !readFileSync(restorePointPath(database, name)).equals(olderPoints.get(name)!),
  );
  return [
    ...lost.map((name) => `the older restore point ${name} is gone`),
    ...changed.map((name) => `the older restore point ${name} is another`),
  ];
}

/** What the document names is there; who is told that all is done has a restore point where there should be one. */
function judgeWord(
  scenario: Scenario,
  run: GodwitRun,
  { found, names, fresh }: { found: DatabaseState; names: readonly string[]; fresh: readonly string[] },
): string[] {
  const { command, keepsBefore } = scenario;
  const problems: string[] = [];
  const mayMake = keepsBefore || command === "backup";
  if (!mayMake && fresh.length > 0) problems.push(`a restore point of nothing: ${fresh.join(" ")}`);
  const document = documentOf(run);
  if (document === null) return problems;
  if (document.error?.outcome === "unchanged" && !isBefore(scenario, found))
    problems.push("it told that nothing is changed, which is not so");
  const told = (document["backup"] ?? null) as { readonly file: string } | null;
  if (told !== null && !names.includes(basename(told.file)))
    problems.push(`it told of ${basename(told.file)}, which is not there`);
  if (run.exitCode === 0 && mayMake && told === null) problems.push("exit 0, but no restore point");
  return problems;
}

/** Runs the command again, and looks at all of it once more. @returns what is wrong then */
export async function judgeSecondRun(
  scenario: Scenario,
  binary: string,
  folder: string,
  before: DatabaseState,
): Promise<string[]> {
  const database = join(folder, DATABASE);
  const superseded = isBefore(scenario, before) ? unfinishedRuns(database) : [];
  const { problems, found, isDone } = await judgeRerun(scenario, binary, folder, before);
  if (found === null) return [...problems];
  const left = superseded.filter((note) => restorePointsOf(database).includes(`${note.split(".")[0]}.db`));
  const beside = judgeBeside(scenario, folder, { found, isDone, run: null });
  if (left.length > 0) beside.push(`what a killed run left that changed nothing stays: ${left.join(" ")}`);
  return [...problems, ...beside.map((problem) => `after the second run: ${problem}`)];
}

/** A run that ended by itself leaves no note that it goes on, and where nothing is changed no restore point. */
export function judgeTidied(scenario: Scenario, folder: string, { found, run }: Beside): string[] {
  const database = join(folder, DATABASE);
  const notes = unfinishedRuns(database);
  const problems = notes.length > 0 ? [`it ended, and its note stays: ${notes.join(" ")}`] : [];
  const isUnchanged = run?.exitCode !== 0 && isBefore(scenario, found);
  const fresh = restorePointsOf(database).filter((name) => !scenario.olderPoints.has(name));
  if (isUnchanged && fresh.length > 0)
    problems.push(`nothing was changed, and its restore point stays: ${fresh.join(" ")}`);
  return problems;
}
