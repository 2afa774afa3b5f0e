import { Database } from "bun:sqlite";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type DatabaseState, inspectDatabase } from "./database-state.ts";
import { describeEnd, type GodwitRun, reportedVersions, runGodwit } from "./godwit-process.ts";
import { halfDone } from "./restore-points.ts";
import type { Scenario, Stage, Within } from "./scenario.ts";

export const DATABASE = "app.db";

/** What a run that was disturbed may end with: success, or a failure of the database or of a migration. */
const HONEST_EXITS: readonly (number | null)[] = [0, 4, 5];

export interface Judgement {
  readonly problems: readonly string[];
  /** Whether all that the command was asked for is done. */
  readonly isDone: boolean;
}

/** Reads a database and holds it against the states that the scenario allows. */
export function judgeDatabase(
  scenario: Scenario,
  path: string,
): Judgement & { readonly found: DatabaseState | null } {
  let found: DatabaseState;
  try {
    found = inspectDatabase(path);
  } catch (error) {
    return { problems: [`the database cannot be read: ${error}`], isDone: false, found: null };
  }
  const { problems, isDone } = judgeState(scenario, found);
  return { problems, isDone, found };
}

/** Holds what stands in a file against the states that the scenario allows. */
export function judgeState(scenario: Scenario, found: DatabaseState): Judgement {
  const problems = [...found.complaints];
  const stages = scenario.stages.filter(({ applied }) => isSame(applied, found.applied));
  const history = found.applied.map((version) => Number(version.slice(-2))).join(" ");
  if (stages.length === 0) problems.push(`the history is [${history}], no state of the plan`);
  else if (found.incomplete !== null) {
    if (ranWithin(stages, found) === null)
      problems.push(
        `incomplete ${found.incomplete.version} at statement ${found.incomplete.statement} does not fit what is there`,
      );
  } else if (!stages.some(({ contents }) => contents === found.contents)) {
    problems.push(`the history is [${history}] but schema or rows are others`);
  }
  return { problems, isDone: problems.length === 0 && isDone(scenario, found) };
}

function isDone({ command, stages, lastIdBefore }: Scenario, found: DatabaseState): boolean {
  if (found.incomplete !== null || !isSame(stages.at(-1)!.applied, found.applied)) return false;
  return command !== "redo" || found.lastId > lastIdBefore;
}

interface HalfWay extends Within {
  /** How many statements ran. */
  readonly ran: number;
}

/** The statement is noted before it runs, so it may have run or not. */
function ranWithin(stages: readonly Stage[], { incomplete, contents }: DatabaseState): HalfWay | null {
  if (incomplete === null) return null;
  for (const { within } of stages) {
    if (within?.step.version !== incomplete.version) continue;
    const ran = [incomplete.statement - 1, incomplete.statement].find((n) => within.contents[n] === contents);
    if (ran !== undefined) return { ...within, ran };
  }
  return null;
}

/** What the process said must be so: its exit code, and the list in its JSON. */
export function judgeRun(
  scenario: Scenario,
  run: GodwitRun,
  { isDone, found }: { isDone: boolean; found: DatabaseState | null },
): string[] {
  const problems: string[] = [];
  if (!HONEST_EXITS.includes(run.exitCode)) problems.push(`it ended with ${describeEnd(run)}`);
  if (run.exitCode === 0 && !isDone) problems.push("exit 0, but not all is done");
  if (found === null) return problems;
  const [list] = scenario.lists;
  const reported = reportedVersions(run, list!);
  if (reported === null) return [...problems, "no JSON document on stdout"];
  const isUp = list === "applied" || scenario.words.includes("--applied");
  const wrong =
    scenario.command === "redo" ? [] : reported.filter((version) => found.applied.includes(version) !== isUp);
  return wrong.length > 0 ? [...problems, `it told of ${wrong.join(" ")}, which is not so`] : problems;
}

/** Ends the job as a user would: settles what is half-way, then runs the command again. @returns what there is afterwards, and what is wrong with it. */
export async function judgeRerun(
  scenario: Scenario,
  binary: string,
  folder: string,
  found: DatabaseState,
): Promise<ReturnType<typeof judgeDatabase>> {
  const path = join(folder, DATABASE);
  const problems = await settle(scenario, binary, path, found);
  const before = inspectCounts(scenario, found);
  const again = await runGodwit(commandOf(scenario, binary, path, before.words));
  const isExpected = again.exitCode === 0 || (before.isNothingLeft && again.exitCode === 3);
  if (!isExpected) problems.push(`run again: ${describeEnd(again)}`);
  const after = judgeDatabase(scenario, path);
  problems.push(...after.problems.map((problem) => `after the second run: ${problem}`));
  if (after.problems.length === 0 && !isSame(scenario.stages.at(-1)!.applied, after.found!.applied))
    problems.push("the second run did not end the job");
  return { ...after, problems: [...problems, ...leftovers(folder)] };
}

/** A redo that stopped between two of its commits is ended by migrate. */
function inspectCounts(
  scenario: Scenario,
  found: DatabaseState,
): { words: readonly string[]; isNothingLeft: boolean } {
  const isComplete = isSame(scenario.stages.at(-1)!.applied, found.applied) && found.incomplete === null;
  const words = scenario.command === "redo" && !isComplete ? ["migrate"] : scenario.words;
  return { words, isNothingLeft: scenario.command === "rollback" };
}

async function settle(
  scenario: Scenario,
  binary: string,
  path: string,
  found: DatabaseState,
): Promise<string[]> {
  const half = ranWithin(
    scenario.stages.filter(({ applied }) => isSame(applied, found.applied)),
    found,
  );
  if (half === null) return [];
  const refused = await runGodwit(commandOf(scenario, binary, path, ["migrate"]));
  const problems =
    refused.exitCode === 3 ? [] : [`incomplete, but migrate ended with ${describeEnd(refused)}`];
  if (half.ran > 0) {
    using db = new Database(path, { readwrite: true, create: false });
    for (const sql of half.step[half.direction].slice(half.ran)) db.run(sql);
  }
  const isApplied = half.ran > 0 === (half.direction === "up");
  const marked = await runGodwit(
    commandOf(scenario, binary, path, ["mark", half.step.version, isApplied ? "--applied" : "--pending"]),
  );
  return marked.exitCode === 0 ? problems : [...problems, `mark: ${describeEnd(marked)}`];
}

/** Journals are gone once the last connection has closed, and nothing else was left beside the database. */
function leftovers(folder: string): string[] {
  const rest = readdirSync(folder).filter((name) => name !== DATABASE && name !== `${DATABASE}.godwit`);
  const behind = rest.length > 0 ? [`left behind: ${rest.join(" ")}`] : [];
  return [...behind, ...halfDone(join(folder, DATABASE))];
}

export function commandOf(
  scenario: Scenario,
  binary: string,
  path: string,
  words: readonly string[],
): string[] {
  return [binary, ...words, "--db", path, "--dir", scenario.migrations, "--json"];
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((version, index) => version === other[index]);
}

/** How far a run has come; grows from 0 as it goes on. For a redo only whether it is done: it comes by its states twice. */
export function progressOf(scenario: Scenario, found: DatabaseState): number {
  if (scenario.command === "redo") return isDone(scenario, found) ? 1 : 0;
  const stage = scenario.stages.findIndex(({ applied }) => isSame(applied, found.applied));
  // Fewer statements than a hundred.
  return stage + (found.incomplete?.statement ?? 0) / 100;
}
