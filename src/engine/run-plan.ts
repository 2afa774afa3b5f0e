import { GodwitError } from "../base/failure.ts";
import type { Connection } from "../databases/connection.ts";
import { DatabaseError, databaseFailure } from "../databases/database-error.ts";
import type { DatabaseAccess } from "../databases/open-database.ts";
import { EMPTY_HISTORY, type History } from "../history/history.ts";
import { HistoryTable } from "../history/history-table.ts";
import type { FinishedStep } from "./events.ts";
import { untilFree } from "./lock-wait.ts";
import { loggedCommand } from "./logged-command.ts";
import { type PlanRequest, planSteps, type Step } from "./plan.ts";
import { Planner, type RunRequest, readAll, requireReadable } from "./planner.ts";
import type { PreparedStep } from "./prepare.ts";
import { lockWait, type RunSettings } from "./run-settings.ts";
import type { RunSubject } from "./run-subject.ts";
import { computeState } from "./state.ts";

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
    // Loaded here, since most starts have nothing to do.
    const { MigrationRun } = await import("./migration-run.ts");
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

/** A redo does what it can to be whole; `isAtomic` promises it. */
function isAtomic({ plan, isAtomic }: RunRequest): boolean {
  return isAtomic === true || plan.kind === "redo";
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
