import type { RestorePoint } from "../../history/restore-points.ts";
import { type BackupSubject, readNewestVersion, restorePointsOf } from "./backup-subject.ts";

/** A restore point and what is in it. */
export interface ListedBackup extends RestorePoint {
  /** The newest version applied in it; null for none, and where it cannot be read. */
  readonly newestVersion: string | null;
}

/** The restore points of a database, newest first, also where the database is gone. */
export async function listBackups(subject: BackupSubject): Promise<readonly ListedBackup[]> {
  const listed: ListedBackup[] = [];
  for (const point of restorePointsOf(subject).list())
    listed.push({ ...point, newestVersion: await readNewestVersion(point.file, subject.settings.table) });
  return listed;
}
