import { Database } from "bun:sqlite";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contentsOf, inspectDatabase } from "./database-state.ts";
import { describeEnd, runGodwit } from "./godwit-process.ts";
import type { JournalMode } from "./journal-mode.ts";
import { type Form, POPULATION, type Step, stepsOf, writeSteps } from "./migration-steps.ts";
import { restorePointPath, restorePointsOf } from "./restore-points.ts";

/** So many restore points stay after a success. */
export const KEPT = 5;

/** One command on one kind of database: what it starts from, and every state that it may leave. */
export interface Scenario {
  readonly name: string;
  readonly command: "migrate" | "rollback" | "redo" | "mark" | "backup" | "restore";
  readonly mode: JournalMode;
  readonly words: readonly string[];
  /** Where the command's JSON lists what it did. */
  readonly lists: readonly string[];
  readonly steps: readonly Step[];
  readonly migrations: string;
  /** A folder with the files of the database before the command. */
  readonly base: string;
  readonly countBefore: number;
  readonly lastIdBefore: number;
  /** The restore points that are there already, by name. */
  readonly olderPoints: ReadonlyMap<string, Buffer>;
  /** Whether the command makes one of the state before. */
  readonly keepsBefore: boolean;
  /** In the order of the run: the first is the state before, the last the one after. */
  readonly stages: readonly Stage[];
}

/** A state between two migrations. */
export interface Stage {
  readonly applied: readonly string[];
  readonly contents: string;
  /** The migration that runs next without a transaction: the contents after each of its statements. */
  readonly within: Within | null;
}

export interface Within {
  readonly step: Step;
  readonly direction: "up" | "down";
  /** By the number of statements that ran. */
  readonly contents: readonly string[];
}

export interface ScenarioSpec {
  readonly command: Scenario["command"];
  readonly form: Form;
  readonly isPopulated: boolean;
  /** With migrations that take some ten milliseconds between the short ones. */
  readonly hasLongSteps?: boolean;
  readonly mode: JournalMode;
  readonly words: readonly string[];
  /** How many migrations are applied before the command. */
  readonly from: number;
  /** How many are applied at each stage; the first is `from`. */
  readonly path: readonly number[];
  readonly label: string;
  /** As many restore points are there as stay: the oldest must go for a new one. */
  readonly isCrowded?: boolean;
  /** The database itself is gone. */
  readonly isGone?: boolean;
}

/** Makes the files of a scenario; the states come from running the statements here, without godwit. */
export async function makeScenario(spec: ScenarioSpec, binary: string, folder: string): Promise<Scenario> {
  const steps = stepsOf(spec.form, spec.isPopulated, spec.hasLongSteps === true);
  const migrations = writeSteps(join(folder, "migrations"), steps);
  const base = join(folder, "base");
  mkdirSync(base);
  makeBase(join(base, "app.db"), spec);
  const words = await prepareBase(spec, binary, join(base, "app.db"), migrations);
  if (spec.isCrowded === true) crowd(join(base, "app.db"));
  if (spec.isGone === true) rmSync(join(base, "app.db"));
  const oracle = spec.command === "mark" ? markedContents(base) : new ContentsOracle(spec, steps);
  return {
    name: spec.label,
    command: spec.command,
    mode: spec.mode,
    words,
    lists: listsOf(spec.command),
    steps,
    migrations,
    base,
    countBefore: spec.isGone === true ? 0 : spec.from,
    lastIdBefore: inspectDatabase(join(base, "app.db")).lastId,
    olderPoints: pointsIn(join(base, "app.db")),
    keepsBefore: keepsBefore(spec),
    stages: [
      ...(spec.isGone === true ? [NOTHING] : []),
      ...spec.path.map((count, index) => stageOf(spec, steps, oracle, count, spec.path[index + 1])),
    ],
  };
}

/** Brings the database to where the command finds it. @returns the words of the command */
async function prepareBase(
  spec: ScenarioSpec,
  binary: string,
  path: string,
  migrations: string,
): Promise<readonly string[]> {
  if (spec.command !== "restore") {
    if (spec.from > 0) await migrateBase(binary, path, migrations, spec.from);
    return spec.words;
  }
  const then = spec.path.at(-1)!;
  await migrateBase(binary, path, migrations, then);
  const { stdout } = await runGodwit([binary, "backup", "--db", path, "--json"]);
  await migrateBase(binary, path, migrations, spec.from - then, ["--no-backup"]);
  return [...spec.words, JSON.parse(stdout).backup.id];
}

const NOTHING: Stage = { applied: [], contents: contentsOf(new Database(":memory:")), within: null };

/** What more than adds, where there is something to keep. */
function keepsBefore({ command, isPopulated, isGone }: ScenarioSpec): boolean {
  return isPopulated && isGone !== true && command !== "mark" && command !== "backup";
}

function crowd(database: string): void {
  mkdirSync(`${database}.godwit`, { recursive: true, mode: 0o700 });
  for (let number = restorePointsOf(database).length; number < KEPT; number++) {
    const path = restorePointPath(database, `2020010${number + 1}T000000Z.db`);
    writeFileSync(path, "", { mode: 0o600 });
    using db = new Database(path);
    db.run("CREATE TABLE old (number INTEGER)");
  }
}

function pointsIn(database: string): Map<string, Buffer> {
  return new Map(
    restorePointsOf(database).map((name) => [name, readFileSync(restorePointPath(database, name))]),
  );
}

function listsOf(command: Scenario["command"]): string[] {
  if (command === "backup" || command === "restore") return [];
  if (command === "redo") return ["rolled_back", "applied"];
  return [command === "migrate" ? "applied" : command === "rollback" ? "rolled_back" : "marked"];
}

interface Oracle {
  after(count: number, direction: "up" | "down", statements: number): string;
}

function stageOf(
  spec: ScenarioSpec,
  steps: readonly Step[],
  oracle: Oracle,
  count: number,
  next: number | undefined,
): Stage {
  const applied = steps.slice(0, count).map(({ version }) => version);
  const contents = oracle.after(count, "up", 0);
  const step =
    next === undefined || next === count || spec.command === "mark"
      ? undefined
      : steps[Math.min(count, next)];
  if (step?.isOff !== true) return { applied, contents, within: null };
  const direction = next! > count ? "up" : "down";
  const within = Array.from({ length: step[direction].length + 1 }, (_, ran) =>
    oracle.after(count, direction, ran),
  );
  return { applied, contents, within: { step, direction, contents: within } };
}

/** What the tables hold after so many migrations and so many statements of the next; found once for each. */
class ContentsOracle implements Oracle {
  private readonly known = new Map<string, string>();
  private readonly spec: ScenarioSpec;
  private readonly steps: readonly Step[];

  constructor(spec: ScenarioSpec, steps: readonly Step[]) {
    this.spec = spec;
    this.steps = steps;
  }

  after(count: number, direction: "up" | "down", statements: number): string {
    const key = `${count} ${direction} ${statements}`;
    const contents = this.known.get(key) ?? this.find(count, direction, statements);
    this.known.set(key, contents);
    return contents;
  }

  private find(count: number, direction: "up" | "down", statements: number): string {
    using db = new Database(":memory:");
    db.run("PRAGMA foreign_keys = OFF");
    if (this.spec.isPopulated) for (const sql of POPULATION) db.run(sql);
    for (const step of this.steps.slice(0, count)) for (const sql of step.up) db.run(sql);
    const next = direction === "up" ? this.steps[count] : this.steps[count - 1];
    for (const sql of (next?.[direction] ?? []).slice(0, statements)) db.run(sql);
    return contentsOf(db);
  }
}

function markedContents(base: string): Oracle {
  const { contents } = inspectDatabase(join(base, "app.db"));
  return { after: () => contents };
}

function makeBase(path: string, { isPopulated, mode }: ScenarioSpec): void {
  if (!isPopulated && mode === "delete") return;
  using db = new Database(path);
  db.run(`PRAGMA journal_mode = ${mode}`);
  if (isPopulated) for (const sql of POPULATION) db.run(sql);
}

async function migrateBase(
  binary: string,
  path: string,
  migrations: string,
  count: number,
  more: readonly string[] = [],
): Promise<void> {
  const command = [binary, "migrate", "--steps", String(count), "--db", path, "--dir", migrations, ...more];
  const run = await runGodwit(command);
  // Its log says nothing of what is tried.
  if (more.length === 0) rmSync(`${path}.godwit`, { recursive: true, force: true });
  if (run.exitCode !== 0)
    throw new Error(`the database to begin with cannot be made: ${describeEnd(run)}\n${run.stderr}`);
}

/** The files of a folder with a database, copied into a folder that is emptied first. */
export function copyDatabase(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  cpSync(from, to, { recursive: true });
}
