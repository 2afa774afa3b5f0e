import type { Database } from "bun:sqlite";
import type { SessionSettings, Value } from "../connection.ts";

/** PRAGMAs that hold for the connection, not the file, and that change what later statements do (https://sqlite.org/pragma.html). */
const NAMES = [
  "automatic_index",
  "busy_timeout",
  "cell_size_check",
  "defer_foreign_keys",
  "full_column_names",
  "ignore_check_constraints",
  "legacy_alter_table",
  "max_page_count",
  "query_only",
  "recursive_triggers",
  "reverse_unordered_selects",
  "secure_delete",
  "short_column_names",
  "temp_store",
  "trusted_schema",
  "writable_schema",
];

/** The one that can only be set; what it does can be seen. */
const CASE_SENSITIVE_LIKE = "case_sensitive_like";

export function readSessionSettings(db: Database): SessionSettings {
  return Object.fromEntries([...NAMES, CASE_SENSITIVE_LIKE].map((name) => [name, read(db, name)]));
}

export function restoreSessionSettings(db: Database, settings: SessionSettings): void {
  for (const [name, value] of Object.entries(settings)) {
    if (read(db, name) !== value) db.run(`PRAGMA ${name} = ${value}`);
  }
}

function read(db: Database, name: string): Value {
  const sql = name === CASE_SENSITIVE_LIKE ? "SELECT 'a' NOT LIKE 'A'" : `PRAGMA ${name}`;
  const [row] = db.query(sql).values() as Value[][];
  return row?.[0] ?? null;
}
