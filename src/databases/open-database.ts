import { statSync } from "node:fs";
import type { Connection, OpenMode } from "./connection.ts";
import type { DatabaseTarget } from "./database-target.ts";
import { type Database, SqliteConnection } from "./sqlite/sqlite-connection.ts";
import { requireSqlite } from "./sqlite/sqlite-version.ts";

/** A database that can be opened, now or later. */
export interface DatabaseAccess {
  /** The resolved path, for messages. */
  readonly name: string;
  /** The file; null for a database in memory. */
  readonly file: string | null;
  exists(): boolean;
  /** @throws DatabaseError, and GodwitError for a SQLite that is too old */
  open(mode: OpenMode): Promise<Connection>;
}

/**
 * The database that a target names.
 * @param name how messages name it, if not by its path
 */
export function accessTarget(target: DatabaseTarget, name: string = target.path): DatabaseAccess {
  return {
    name,
    file: target.path === ":memory:" ? null : target.path,
    exists: () => target.path === ":memory:" || isThere(target.path),
    open: async (mode) => {
      await requireSqlite();
      return SqliteConnection.open(target.path, mode, name);
    },
  };
}

/** True also where the system does not tell: opening it then says what is wrong. */
function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOTDIR";
  }
}

/** A handle that the caller opened and will close. */
export function accessHandle(db: Database): DatabaseAccess {
  const connection = SqliteConnection.over(db);
  return { name: connection.name, file: connection.file, exists: () => true, open: async () => connection };
}
