import type { ListedBackup } from "../../features/backup/list-backups.ts";
import type { RestoreResult } from "../../features/backup/restore.ts";
import type { RestorePoint } from "../../history/restore-points.ts";

/** A restore point in JSON. */
export function describeRestorePoint({ id, file, bytes, createdAt }: RestorePoint): Record<string, unknown> {
  return { id, file, bytes, created_at: createdAt };
}

export function describeListed(listed: ListedBackup): Record<string, unknown> {
  return { ...describeRestorePoint(listed), newest_version: listed.newestVersion };
}

export function describeRestore(result: RestoreResult): Record<string, unknown> {
  const { source, newestVersion, backup, rows, undone, redone, openBy, exists, durationMs } = result;
  return {
    created: !exists,
    restored: { id: source.id, file: source.file, bytes: source.bytes, newest_version: newestVersion },
    backup: backup === null ? null : describeRestorePoint(backup),
    rows,
    undone,
    redone,
    open_by: openBy,
    duration_ms: durationMs,
  };
}
