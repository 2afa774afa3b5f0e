import { GodwitError } from "../base/failure.ts";
import { DatabaseError } from "../databases/database-error.ts";
import { accessTarget } from "../databases/open-database.ts";
import { HistoryTable } from "../history/history-table.ts";
import { type RestorePoint, RestorePoints } from "../history/restore-points.ts";
import { restoreCommand } from "./restore-command.ts";
import type { RunSubject } from "./run-subject.ts";

/** Adds to the refusal of a rollback whose file is gone how to get to before it: the newest restore point that does not have it applied. */
export async function nameWayBack(
  { database, settings }: RunSubject,
  error: GodwitError,
): Promise<GodwitError> {
  const version = /^\d{14}/.exec(error.message)?.[0];
  if (version === undefined) return error;
  for (const point of listOf(new RestorePoints(database.name, settings.backup.parent))) {
    if (await isFrom(point.file, settings.table, version))
      return error.with({
        hint: `${error.hint}, or go back to before it: ${restoreCommand(point, database.name)}`,
      });
  }
  return error;
}

/** Empty also where they cannot be read: the refusal stands without them. */
function listOf(points: RestorePoints): readonly RestorePoint[] {
  try {
    return points.list();
  } catch (error) {
    if (error instanceof GodwitError) return [];
    throw error;
  }
}

/** Whether a restore point is from before a migration was applied. */
async function isFrom(file: string, table: string, version: string): Promise<boolean> {
  try {
    const connection = await accessTarget({ kind: "sqlite", path: file }).open("read");
    try {
      const { applied } = await new HistoryTable(connection, table).read();
      return applied.every((record) => record.version !== version);
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (error instanceof DatabaseError || error instanceof GodwitError) return false;
    throw error;
  }
}
