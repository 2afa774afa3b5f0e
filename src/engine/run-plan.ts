import { GodwitError } from "../base/failure.ts";
import { locateFile } from "../base/source-text.ts";
import type { Connection } from "../databases/connection.ts";
import { DatabaseError, databaseFailure } from "../databases/database-error.ts";
import type { DatabaseAccess } from "../databases/open-database.ts";
import { EMPTY_HISTORY, type History } from "../history/history.ts";
import { HistoryTable } from "../history/history-table.ts";
import type { Migration, MigrationSource } from "../migrations/migration.ts";
import { refuseReaching } from "../migrations/transaction-rules.ts";
import type { FinishedStep } from "./events.ts";
import { untilFree } from "./lock-wait.ts";
import { loggedCommand } from "./logged-command.ts";
import { MigrationRun } from "./migration-run.ts";
import { historyMoved, type PlanRequest, planSteps, type Step } from "./plan.ts";
import { type PreparedStep, prepareStep } from "./prepare.ts";
import type { Replan } from "./replan.ts";
import { lockWait, type RunSettings } from "./run-settings.ts";
import { computeState, newestApplied } from "./state.ts";
import type { CodeGuard } from "./work.ts";

/** What a run works on. */
export interface RunSubject {
  readonly database: DatabaseAccess;
  readonly source: MigrationSource;
  readonly settings: RunSettings;
}

export interface RunRequest {
  readonly plan: PlanRequest;
  /** The steps that somebody agreed to; a plan that differs under the lock is refused. */
  readonly agreed?: readonly Step[] | undefined;
  /** All steps or none, in one transaction. */
  readonly isAtomic?: boolean | undefined;
  /** Refuse to make a database. */
  readonly mustExist?: boolean | undefined;
  /** Refuse a source without migrations: more likely the wrong one than nothing to do. */
  readonly mustHaveFiles?: boolean | undefined;
}

export interface RunResult {
  /** Whether the file of the database was made by this run. */
  readonly created: boolean;
  /** Steps that are committed, in the order they ran. */
  readonly done: readonly FinishedStep[];
  readonly durationMs: number;
}

/**
 * Reads, plans, prepares and runs. Nothing is written, and no file made, before all that is to run has been read, parsed and imported.
 * @throws GodwitError the refusal of the plan or of a file (nothing was run), or the failure of a step.
 */
export function runPlan(subject: RunSubject, request: RunRequest): Promise<RunResult> {
  return loggedCommand(
    subject,
    request.plan.kind,
    (logged) => carryOut(logged, request),
    ({ done }) => done.map(({ version, direction }) => ({ version, direction })),
  );
}

async function carryOut(subject: RunSubject, request: RunRequest): Promise<RunResult> {
  const { database, settings } = subject;
  const start = settings.clock.elapsed();
  const planner = new Planner(subject, request);
  const created = !database.exists();
  if (created) requireCreatable(database, request);
  return withConnection(database, created ? null : "write", async (existing) => {
    const history = existing === null ? EMPTY_HISTORY : await readHistory(existing, settings);
    const due = await withWayBack(subject, request, () => planner.plan(history, []));
    const steps = await planner.prepare(due);
    if (steps.length === 0) return finish(settings, { created: false, done: [], start });
    return withConnection(database, existing ?? "create", async (connection) => {
      if (created) settings.emit({ kind: "database-creating", database: database.name });
      const run = new MigrationRun(connection!, settings, isAtomic(request));
      return finish(settings, { created, done: await run.execute(planner.replan), start });
    });
  });
}

/**
 * Reads, plans and prepares what `runPlan` would do, and stops; runs the code at the top of modules, and nothing else.
 * @throws GodwitError what it would be refused for.
 */
export async function prepareRun(subject: RunSubject, request: RunRequest): Promise<readonly PreparedStep[]> {
  const { database, settings } = subject;
  const planner = new Planner(subject, request);
  const exists = database.exists();
  if (!exists) requireCreatable(database, request);
  const history = await withConnection(database, exists ? "read" : null, async (connection) =>
    connection === null ? EMPTY_HISTORY : readHistory(connection, settings),
  );
  return planner.prepare(await withWayBack(subject, request, () => planner.plan(history, [])));
}

/** The steps that a request means right now; writes nothing and imports nothing. */
export async function previewPlan(
  { database, source, settings }: RunSubject,
  plan: PlanRequest,
): Promise<Step[]> {
  const migrations = readAll(source);
  if (plan.kind === "migrate") requireReadable(migrations);
  const history = await withConnection(database, database.exists() ? "read" : null, async (connection) =>
    connection === null ? EMPTY_HISTORY : readHistory(connection, settings),
  );
  return planSteps(computeState(migrations, history), plan);
}

/** Every migration of a source, read. A file that cannot be parsed is in the list as broken. */
export function readAll(source: MigrationSource): Migration[] {
  return source.list().map((file) => source.read(file));
}

/** @throws the failure of the first file that could not be read or parsed. */
export function requireReadable(migrations: readonly Migration[]): void {
  for (const { body } of migrations) if (body.kind === "broken") throw body.failure;
}

/** Reads the history of an open database, waiting while another connection keeps readers out. */
export function readHistory(connection: Connection, settings: RunSettings): Promise<History> {
  return untilFree(lockWait(settings, connection.name), connection.name, () =>
    new HistoryTable(connection, settings.table).read(),
  );
}

/** Opens, or takes an open connection over, or none; closes what it opened. Driver errors become failures. */
export async function withConnection<T>(
  database: DatabaseAccess,
  how: "read" | "write" | "create" | Connection | null,
  action: (connection: Connection | null) => Promise<T>,
): Promise<T> {
  try {
    if (how === null || typeof how === "object") return await action(how);
    const connection = await database.open(how);
    try {
      return await action(connection);
    } finally {
      await connection.close();
    }
  } catch (error) {
    throw error instanceof DatabaseError ? databaseFailure(error, database.name) : error;
  }
}

/** Plans and prepares; each step is prepared once, whatever is planned how often. */
class Planner {
  private readonly source: MigrationSource;
  private readonly guard: CodeGuard;
  private readonly isConfined: boolean;
  private readonly request: RunRequest;
  private readonly migrations: readonly Migration[];
  private readonly prepared = new Map<string, PreparedStep>();
  private due: readonly Step[] = [];

  constructor({ source, settings }: RunSubject, request: RunRequest) {
    this.source = source;
    this.guard = settings.guard;
    this.isConfined = settings.isConfined;
    this.request = request;
    this.migrations = readAll(source);
    if (request.mustHaveFiles === true && this.migrations.length === 0) throw noMigrations(source.label);
    if (request.plan.kind === "migrate") requireReadable(this.migrations);
  }

  readonly replan: Replan = async (history, done) => {
    const steps = this.plan(history, done);
    const isPrepared = steps.every((step) => this.prepared.has(keyOf(step)));
    if (!isPrepared) return { retry: async () => void (await this.prepare(steps)) };
    return { steps: steps.map((step) => this.prepared.get(keyOf(step))!) };
  };

  /** What is due. After something has been done, a rollback goes on with exactly what it began with. */
  plan(history: History, done: readonly FinishedStep[]): readonly Step[] {
    const { plan, agreed } = this.request;
    const entries = computeState(this.migrations, history);
    if (done.length > 0 && plan.kind !== "migrate") return stillDue(this.due, done, history);
    const rest =
      plan.kind === "migrate" && plan.steps !== undefined
        ? { ...plan, steps: plan.steps - done.length }
        : plan;
    this.due = planSteps(entries, rest);
    if (agreed !== undefined && done.length === 0) requireAgreed(agreed, this.due);
    return this.due;
  }

  async prepare(steps: readonly Step[]): Promise<readonly PreparedStep[]> {
    for (const step of steps) {
      if (!this.prepared.has(keyOf(step))) this.prepared.set(keyOf(step), await this.prepareOne(step));
    }
    const prepared = steps.map((step) => this.prepared.get(keyOf(step))!);
    if (this.request.isAtomic === true) requireAtomic(prepared);
    if (this.isConfined) requireConfined(prepared);
    return prepared;
  }

  /** Importing runs the code at the top of a module, and of all that it imports. */
  private async prepareOne(step: Step): Promise<PreparedStep> {
    const { migration } = step;
    if (migration.body.kind !== "code") return prepareStep(this.source, step);
    try {
      return await this.guard(() => prepareStep(this.source, step));
    } catch (error) {
      if (!(error instanceof GodwitError) || error.location !== undefined) throw error;
      throw error.with({ location: locateFile(migration.file) });
    }
  }
}

/** Where a file is gone that a rollback needs, the restore point from before it was applied is the way back. */
async function withWayBack<T>(subject: RunSubject, { plan }: RunRequest, action: () => T): Promise<T> {
  try {
    return action();
  } catch (error) {
    const isGone = error instanceof GodwitError && error.code === "MIGRATION_MISSING";
    if (!isGone || plan.kind === "migrate") throw error;
    const { nameWayBack } = await import("./way-back.ts");
    throw await nameWayBack(subject, error);
  }
}

function noMigrations(label: string): GodwitError {
  return new GodwitError("MIGRATIONS_NOT_FOUND", `there are no migrations in ${label}`, {
    hint: 'name another folder with --dir, or write the first with: godwit create "what it does"',
  });
}

function keyOf({ direction, migration }: Step): string {
  return `${direction} ${migration.version}`;
}

/** A redo does what it can to be whole; `isAtomic` promises it. */
function isAtomic({ plan, isAtomic }: RunRequest): boolean {
  return isAtomic === true || plan.kind === "redo";
}

/** Code is asked while it runs. */
function requireConfined(steps: readonly PreparedStep[]): void {
  for (const { work, migration } of steps)
    if (work.kind === "sql") refuseReaching(work.text, work.statements, migration.file);
}

function requireAtomic(steps: readonly PreparedStep[]): void {
  const apart = steps.find(({ isolation }) => isolation === "untransacted" || isolation === "enforced");
  if (apart === undefined) return;
  const { version, file } = apart.migration;
  const header = apart.isolation === "untransacted" ? "Transaction: off" : "Foreign keys: on";
  throw new GodwitError("NOT_ATOMIC", `${version} has "${header}", and cannot share a transaction`, {
    location: locateFile(file),
    hint: "leave out --atomic, or apply what comes before it with --to",
  });
}

/** The rest of a rollback or redo, if the history is still what this run made of it. */
function stillDue(due: readonly Step[], done: readonly FinishedStep[], history: History): readonly Step[] {
  const rest = due.slice(done.length);
  const expected = new Map<string, boolean>();
  for (const { version, direction } of done) expected.set(version, direction === "up");
  for (const { migration, direction } of rest) {
    if (!expected.has(migration.version)) expected.set(migration.version, direction === "down");
  }
  const applied = new Set(history.applied.map(({ version }) => version));
  for (const [version, isApplied] of expected)
    if (applied.has(version) !== isApplied) throw historyMoved(version);
  const newest = newestApplied(history);
  const next = rest[0];
  const isOvertaken = next?.direction === "down" && newest !== next.migration.version;
  if (isOvertaken) throw historyMoved(newest ?? next.migration.version);
  return rest;
}

function requireAgreed(agreed: readonly Step[], due: readonly Step[]): void {
  const isSame =
    agreed.length === due.length && agreed.every((step, index) => keyOf(step) === keyOf(due[index]!));
  if (!isSame) throw historyMoved(due[0]?.migration.version ?? agreed[0]!.migration.version);
}

function requireCreatable(database: DatabaseAccess, { plan, mustExist }: RunRequest): void {
  if (plan.kind === "migrate" && mustExist !== true) return;
  throw new GodwitError("DATABASE_NOT_FOUND", `there is no database ${database.name}`, {
    hint: plan.kind === "migrate" ? "check the path, or leave out --must-exist" : "check the path",
  });
}

function finish(
  { clock, emit }: RunSettings,
  { created, done, start }: { created: boolean; done: readonly FinishedStep[]; start: number },
): RunResult {
  const durationMs = Math.round(clock.elapsed() - start);
  emit({ kind: "run-finished", done, durationMs });
  return { created, done, durationMs };
}
