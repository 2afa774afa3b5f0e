import { bestEffort } from "../../base/best-effort.ts";
import { GodwitError } from "../../base/failure.ts";
import { untilFree } from "../../engine/lock-wait.ts";
import { loggedCommand } from "../../engine/logged-command.ts";
import { withConnection } from "../../engine/run-plan.ts";
import { lockWait } from "../../engine/run-settings.ts";
import { makeRestorePoint } from "../../history/restore-point-maker.ts";
import type { RestorePoint } from "../../history/restore-points.ts";
import { type BackupSubject, restorePointsOf } from "./backup-subject.ts";

/**
 * Makes a restore point of a database as it is now, while others go on reading and, in WAL mode, writing. The oldest go as after a run.
 * @throws GodwitError DATABASE_NOT_FOUND, DATABASE_BUSY, DATABASE_CORRUPT, BACKUP_FAILED
 */
export function makeBackup(subject: BackupSubject): Promise<RestorePoint> {
  return loggedCommand(subject, "backup", carryOut, () => []);
}

async function carryOut(subject: BackupSubject): Promise<RestorePoint> {
  const { database, settings } = subject;
  if (!database.exists()) {
    throw new GodwitError("DATABASE_NOT_FOUND", `there is no database ${database.name}`, {
      hint: "check the path",
    });
  }
  const { clock, emit } = settings;
  await requireReadable(subject);
  const points = restorePointsOf(subject);
  await settings.onBegin();
  emit({ kind: "backup-started", database: database.name });
  const start = clock.elapsed();
  const restorePoint = await untilFree(lockWait(settings, database.name), database.name, () =>
    makeRestorePoint(points, database.name, {
      now: clock.now(),
      onProgress: (progress) => emit({ kind: "backup-progress", ...progress }),
    }),
  );
  emit({ kind: "backup-created", restorePoint, durationMs: Math.round(clock.elapsed() - start) });
  bestEffort(() => points.prune(settings.backup, [restorePoint.id]));
  return restorePoint;
}

/** What is no database, or cannot be read, is told as every command tells it, and nothing is made beside it. */
function requireReadable({ database, settings }: BackupSubject): Promise<unknown> {
  return withConnection(database, "read", (connection) =>
    untilFree(lockWait(settings, database.name), database.name, () =>
      connection!.all("SELECT 1 FROM main.sqlite_schema LIMIT 1"),
    ),
  );
}
