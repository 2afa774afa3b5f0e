import type { GodwitError } from "../base/failure.ts";
import type { Connection } from "../databases/connection.ts";
import { HistoryTable } from "../history/history-table.ts";
import { descriptionOf, type Migration } from "../migrations/migration.ts";
import type { LockWait } from "./lock-wait.ts";
import { loggedCommand } from "./logged-command.ts";
import { targetUnknown } from "./plan.ts";
import { readAll } from "./planner.ts";
import { duringRun } from "./run-connection.ts";
import { withConnection } from "./run-plan.ts";
import { lockWait, type RunSettings } from "./run-settings.ts";
import type { RunSubject } from "./run-subject.ts";
import { computeState, type StateEntry } from "./state.ts";
import { WriteTransaction } from "./transaction.ts";

export interface MarkRequest {
  readonly version: string;
  readonly as: "applied" | "pending";
  /** All before it as well: a baseline. */
  readonly through?: boolean | undefined;
}

export interface MarkedMigration {
  readonly version: string;
  readonly description: string;
  readonly state: "applied" | "pending";
}

/**
 * Records or forgets migrations without running them, in one transaction. Marking one that is applied records its present
 * checksum; marking also settles one that stopped half-way.
 * @returns what was changed, lowest version first; empty where everything was so already.
 * @throws GodwitError TARGET_UNKNOWN, DATABASE_NOT_FOUND, or the failure of a file that cannot be read
 */
export function mark(subject: RunSubject, request: MarkRequest): Promise<readonly MarkedMigration[]> {
  return loggedCommand(
    subject,
    "mark",
    (logged) => carryOut(logged, request),
    (marked) => marked.map(({ version, state }) => ({ version, direction: state })),
  );
}

function carryOut(subject: RunSubject, request: MarkRequest): Promise<readonly MarkedMigration[]> {
  const { database, settings } = subject;
  const migrations = readAll(subject.source);
  return withConnection(database, "write", (connection) => {
    const wait = lockWait(settings, database.name);
    return duringRun(connection!, wait, () =>
      markUnderLock(connection!, wait, { settings, migrations, request }),
    );
  });
}

async function markUnderLock(
  connection: Connection,
  wait: LockWait,
  parts: { settings: RunSettings; migrations: readonly Migration[]; request: MarkRequest },
): Promise<readonly MarkedMigration[]> {
  const { settings, migrations, request } = parts;
  const history = new HistoryTable(connection, settings.table);
  const transaction = new WriteTransaction(connection, wait, history);
  await transaction.begin();
  try {
    const chosen = choose(computeState(migrations, await history.read()), request);
    if (chosen.length > 0) {
      await settings.onBegin();
      await connection.requireFit(settings.table);
      await history.ensure();
    }
    for (const entry of chosen) await apply(history, entry, request.as, settings.clock.now());
    await transaction.commit();
    return chosen.map(({ version, migration, record }) => ({
      version,
      description: migration === null ? (record?.description ?? "") : descriptionOf(migration),
      state: request.as,
    }));
  } finally {
    await transaction.rollback();
  }
}

function choose(
  entries: readonly StateEntry[],
  { version, as, through }: MarkRequest,
): readonly StateEntry[] {
  const target = entries.find((entry) => entry.version === version);
  if (target === undefined) throw targetUnknown(version, "neither a file nor the history has it");
  if (as === "applied" && target.migration === null) throw targetUnknown(version, "no file has it");
  const range = through === true ? entries.filter((entry) => entry.version <= version) : [target];
  return as === "applied"
    ? range.filter(needsRecord)
    : range.filter(({ record, incomplete }) => record ?? incomplete);
}

function needsRecord({ migration, record, incomplete }: StateEntry): boolean {
  if (migration === null) return false;
  return record === null || incomplete !== null || record.checksum !== migration.checksum;
}

async function apply(
  history: HistoryTable,
  entry: StateEntry,
  as: "applied" | "pending",
  now: Date,
): Promise<void> {
  const { version, migration, record, incomplete } = entry;
  if (incomplete !== null) await history.forgetIncomplete(version);
  if (as === "pending") return history.forget(version);
  if (migration!.body.kind === "broken") throw unreadable(migration!, migration!.body.failure);
  const { checksum } = migration!;
  if (record !== null) return history.setChecksum(version, checksum);
  const description = descriptionOf(migration!);
  await history.record({ version, description, checksum, appliedAt: now, executionTimeMs: null });
}

function unreadable({ version }: Migration, failure: GodwitError): GodwitError {
  return failure.with({
    details: [...failure.details, `${version} cannot be marked: its checksum is not known`],
  });
}
