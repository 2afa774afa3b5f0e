import type { Connection, OpenMode } from "./connection.ts";
import type { DatabaseTarget } from "./database-target.ts";
import { SqliteConnection } from "./sqlite/sqlite-connection.ts";

/** Opens what a target names. @throws DatabaseError */
export async function openDatabase(target: DatabaseTarget, mode: OpenMode): Promise<Connection> {
  return SqliteConnection.open(target.path, mode);
}
