import type { Database } from "bun:sqlite";
import type { SchemaObject } from "../connection.ts";

/** Every table, and every index, trigger and view that somebody made; those that SQLite makes for itself have no text of their own. */
export function schemaObjects(db: Database): SchemaObject[] {
  return db.query(OBJECTS).values().map(toObject);
}

/** What has the name, or belongs to it. */
export function schemaObjectsOf(db: Database, name: string): SchemaObject[] {
  const related = `${OBJECTS} AND (name = ?1 COLLATE NOCASE OR tbl_name = ?1 COLLATE NOCASE)`;
  return db.query(related).values(name).map(toObject);
}

/** Where pages are moved about to keep the file small, the root of a table says nothing of it (https://sqlite.org/pragma.html#pragma_auto_vacuum). */
const OBJECTS =
  "SELECT type, name, tbl_name, sql, rowid || CASE (SELECT auto_vacuum FROM pragma_auto_vacuum) WHEN 0 THEN ' ' || rootpage ELSE '' END FROM main.sqlite_schema WHERE sql IS NOT NULL";

function toObject([type, name, table, sql, identity]: unknown[]): SchemaObject {
  return {
    type: String(type),
    name: String(name),
    table: String(table),
    sql: String(sql),
    identity: String(identity),
  };
}
