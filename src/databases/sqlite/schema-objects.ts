import type { Database } from "bun:sqlite";
import type { SchemaObject } from "../connection.ts";

/** Every table, and every index, trigger and view that somebody made; those that SQLite makes for itself have no text of their own. */
export function schemaObjects(db: Database): SchemaObject[] {
  return db
    .query(
      "SELECT type, name, tbl_name, sql, rowid || ' ' || rootpage FROM main.sqlite_schema WHERE sql IS NOT NULL",
    )
    .values()
    .map(([type, name, table, sql, identity]) => ({
      type: String(type),
      name: String(name),
      table: String(table),
      sql: String(sql),
      identity: String(identity),
    }));
}
