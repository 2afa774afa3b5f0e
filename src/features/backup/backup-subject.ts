import { GodwitError } from "../../base/failure.ts";
import type { Connection } from "../../databases/connection.ts";
import { DatabaseError } from "../../databases/database-error.ts";
import { accessTarget } from "../../databases/open-database.ts";
import type { RunSubject } from "../../engine/run-subject.ts";
import { newestApplied } from "../../engine/state.ts";
import type { History } from "../../history/history.ts";
import { HistoryTable } from "../../history/history-table.ts";
import { RestorePoints } from "../../history/restore-points.ts";

/** The database whose restore points are meant, and how to work on it; migrations play no part. */
export type BackupSubject = Pick<RunSubject, "database" | "settings">;

export function restorePointsOf({ database, settings }: BackupSubject): RestorePoints {
  return new RestorePoints(database.name, settings.backup.parent);
}

/** What a file says of itself. */
export interface Contents {
  readonly history: History;
  readonly newestVersion: string | null;
  /** Rows by table. */
  readonly rows: ReadonlyMap<string, number>;
}

/** Reads a database file; null where it is damaged, or its history is not one. */
export async function readContents(path: string, table: string): Promise<Contents | null> {
  return withFile(path, async (connection) => {
    const history = await new HistoryTable(connection, table).read();
    return { history, newestVersion: newestApplied(history), rows: await connection.countRows() };
  });
}

/** The newest version in a database file; null where there is none that can be read. */
export async function readNewestVersion(path: string, table: string): Promise<string | null> {
  return withFile(path, async (connection) =>
    newestApplied(await new HistoryTable(connection, table).read()),
  );
}

const BUSY_MS = 5000;

async function withFile<T>(path: string, action: (connection: Connection) => Promise<T>): Promise<T | null> {
  try {
    const connection = await accessTarget({ kind: "sqlite", path }).open("read");
    try {
      // A writer that commits keeps readers out for a moment.
      await connection.setBusyTimeout(BUSY_MS);
      return await action(connection);
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (error instanceof DatabaseError || error instanceof GodwitError) return null;
    throw error;
  }
}
