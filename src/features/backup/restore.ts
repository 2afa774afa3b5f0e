import { rmSync } from "node:fs";
import { bestEffort } from "../../base/best-effort.ts";
import { GodwitError } from "../../base/failure.ts";
import { DatabaseError, databaseFailure } from "../../databases/database-error.ts";
import { syncCommit } from "../../databases/sqlite/commit-sync.ts";
import type { CopyFacts } from "../../databases/sqlite/copy-check.ts";
import { createFrom } from "../../databases/sqlite/database-copy.ts";
import { OverwriteTarget, SMALLEST_SOURCE } from "../../databases/sqlite/overwrite-target.ts";
import { readAhead } from "../../databases/sqlite/process-beside.ts";
import { untilFree } from "../../engine/lock-wait.ts";
import { loggedCommand } from "../../engine/logged-command.ts";
import { lockWait } from "../../engine/run-settings.ts";
import { isHistoryTable } from "../../history/history-table.ts";
import { makeRestorePoint } from "../../history/restore-point-maker.ts";
import type { RestorePoint, RestorePoints } from "../../history/restore-points.ts";
import { type BackupSubject, readContents, restorePointsOf } from "./backup-subject.ts";
import { type FileUser, usersOf } from "./open-files.ts";
import { chooseSource, examineSource, type RestoreSource, withFitting } from "./restore-source.ts";

/** What restoring would change. Counts are null where a table is not there, or cannot be read. */
export interface RestorePlan {
  readonly source: RestoreSource;
  readonly facts: CopyFacts;
  readonly newestVersion: string | null;
  /** Whether there is a database to put it in. */
  readonly exists: boolean;
  /** Tables whose number of rows differs. */
  readonly rows: readonly {
    readonly table: string;
    readonly now: number | null;
    readonly restored: number | null;
  }[];
  /** Migrations that are applied now and were not then. */
  readonly undone: readonly string[];
  /** Migrations that were applied then and are not now. */
  readonly redone: readonly string[];
  readonly openBy: readonly FileUser[];
}

export interface RestoreResult extends RestorePlan {
  /** The state that was there before; null where there was no database. */
  readonly backup: RestorePoint | null;
  readonly durationMs: number;
}

/** So often at least is it tried where others write between the copy of the present state and the lock; as long as a lock is waited for otherwise. */
const TRIES = 5;

/**
 * Finds what is to be restored, looks through all of it, and compares it with what is there. Changes nothing.
 * @throws GodwitError RESTORE_POINT_UNKNOWN, RESTORE_POINT_DAMAGED
 */
export async function planRestore(subject: BackupSubject, named: string | undefined): Promise<RestorePlan> {
  const { database, settings } = subject;
  const source = chooseSource(restorePointsOf(subject), database.name, named);
  await Promise.all([source.file, database.name].map(readAhead));
  const facts = examineSource(source);
  const exists = database.exists();
  const [now, then] = [
    exists ? await readContents(database.name, settings.table) : null,
    await readContents(source.file, settings.table),
  ];
  const tables = [...new Set([...(now?.rows.keys() ?? []), ...(then?.rows.keys() ?? [])])]
    .filter((table) => !isHistoryTable(table, settings.table))
    .sort();
  const versions = (contents: typeof now) => contents?.history.applied.map(({ version }) => version) ?? [];
  const missingIn = (others: readonly string[]) => (version: string) => !others.includes(version);
  return {
    source,
    facts,
    newestVersion: then?.newestVersion ?? null,
    exists,
    rows: tables
      .map((table) => ({
        table,
        now: now?.rows.get(table) ?? null,
        restored: then?.rows.get(table) ?? null,
      }))
      .filter((row) => row.now !== row.restored),
    undone: versions(now).filter(missingIn(versions(then))),
    redone: versions(then).filter(missingIn(versions(now))),
    openBy: usersOf(database.name),
  };
}

/**
 * Puts a restore point back, in place and as one transaction; the present state becomes a restore point of its own first. Nothing that others commit
 * falls between the two.
 * @throws GodwitError DATABASE_BUSY, BACKUP_FAILED, NOT_A_DATABASE and the like; the database is as it was then
 */
export function restore(subject: BackupSubject, plan: RestorePlan): Promise<RestoreResult> {
  return loggedCommand(
    subject,
    "restore",
    (logged) => carryOut(logged, plan),
    () => [],
  );
}

async function carryOut(subject: BackupSubject, plan: RestorePlan): Promise<RestoreResult> {
  const { settings } = subject;
  const start = settings.clock.elapsed();
  const points = restorePointsOf(subject);
  await settings.onBegin();
  const backup = await asFailures(subject, () =>
    plan.exists ? exchange(subject, points, plan) : create(subject, points, plan),
  );
  const spared = [backup?.id, plan.source.id].filter((id) => typeof id === "string");
  bestEffort(() => points.prune(settings.backup, spared));
  return { ...plan, backup, durationMs: Math.round(settings.clock.elapsed() - start) };
}

async function exchange(
  subject: BackupSubject,
  points: RestorePoints,
  { source, facts }: RestorePlan,
): Promise<RestorePoint> {
  const { database, settings } = subject;
  using target = await untilFree(
    lockWait(settings, database.name),
    database.name,
    async () => new OverwriteTarget(database.name),
  );
  const wanted = { pageSize: target.isWal ? target.pageSize : null, pages: SMALLEST_SOURCE };
  return await withFitting(points, source, { facts, wanted }, async (path) => {
    const start = settings.clock.elapsed();
    for (let tries = 0; tries < TRIES || settings.clock.elapsed() - start < settings.lockTimeoutMs; tries++) {
      const backup = await keepPresent(subject, points, target);
      const undo = () =>
        bestEffort(() => {
          points.remove(backup);
          settings.emit({ kind: "backup-removed", restorePoint: backup });
        });
      if (await overwrite(subject, { target, path, backup, undo })) return backup;
    }
    throw new GodwitError("DATABASE_BUSY", `${database.name} is written to all the time`, {
      hint: "end what writes to it, and run again",
    });
  });
}

interface Exchange {
  readonly target: OverwriteTarget;
  readonly path: string;
  readonly backup: RestorePoint;
  /** Removes the copy of the present state. */
  undo(): void;
}

/** Copies the present state under the write lock, which stays held: what is committed later is known to be later. */
async function keepPresent(
  { database, settings }: BackupSubject,
  points: RestorePoints,
  target: OverwriteTarget,
): Promise<RestorePoint> {
  const { clock, emit } = settings;
  await untilFree(lockWait(settings, database.name), database.name, async () => target.lock());
  try {
    emit({ kind: "backup-started", database: database.name });
    const start = clock.elapsed();
    const restorePoint = await makeRestorePoint(points, database.name, {
      now: clock.now(),
      onProgress: (progress) => emit({ kind: "backup-progress", ...progress }),
      onDamage: (message) =>
        emit({ kind: "note", file: database.name, line: null, message: damage(message) }),
    });
    emit({ kind: "backup-created", restorePoint, durationMs: Math.round(clock.elapsed() - start) });
    return restorePoint;
  } catch (error) {
    target.abandon();
    throw error;
  }
}

function damage(message: string): string {
  return `the database is damaged (${message}); what could be read of it is in its restore point`;
}

/** @returns false where others have written since the present state was copied */
async function overwrite(
  { database, settings }: BackupSubject,
  { target, path, backup, undo }: Exchange,
): Promise<boolean> {
  settings.emit({ kind: "restore-started", database: database.name });
  try {
    const isDone = await untilFree(lockWait(settings, database.name), database.name, () =>
      target.overwriteWith(path, (progress) => settings.emit({ kind: "restore-progress", ...progress })),
    );
    if (!isDone) undo();
    return isDone;
  } catch (error) {
    if (error instanceof DatabaseError && target.isChanged)
      throw leftChanged(databaseFailure(error, database.name), backup);
    undo();
    throw error;
  }
}

/** What has taken the database's place may not be on the disk. */
function leftChanged(failure: GodwitError, { id }: RestorePoint): GodwitError {
  return failure.with({
    outcome: "left_changed",
    state: `left changed: it holds what was to be restored; what was there before is in ${id}`,
    hint: "check the disk, then run again",
  });
}

async function create(
  { database, settings }: BackupSubject,
  points: RestorePoints,
  { source, facts }: RestorePlan,
): Promise<null> {
  settings.emit({ kind: "database-creating", database: database.name });
  const wanted = { pageSize: null, pages: 0 };
  await withFitting(points, source, { facts, wanted }, async (path) => {
    try {
      await createFrom(path, database.name, (progress) =>
        settings.emit({ kind: "restore-progress", ...progress }),
      );
      syncCommit(database.name);
    } catch (error) {
      for (const end of ["", "-journal"]) rmSync(database.name + end, { force: true });
      throw error;
    }
  });
  return null;
}

async function asFailures<T>({ database }: BackupSubject, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    const failure = databaseFailure(error, database.name);
    throw error.kind === "not-a-database" || error.kind === "corrupt"
      ? failure.with({ hint: "move the file away and run again: restore then makes a new one" })
      : failure;
  }
}
