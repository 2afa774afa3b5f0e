import type { Database } from "bun:sqlite";
import type { SessionSettings, Value } from "../connection.ts";

/** PRAGMAs that hold for the connection, not the file, and that change what later statements do (https://sqlite.org/pragma.html). */
const NAMES = [
  "automatic_index",
  "busy_timeout",
  "cell_size_check",
  "defer_foreign_keys",
  "ignore_check_constraints",
  "legacy_alter_table",
  "max_page_count",
  "query_only",
  "recursive_triggers",
  "reverse_unordered_selects",
  "secure_delete",
  "temp_store",
  "trusted_schema",
  "writable_schema",
];

export function readSessionSettings(db: Database): SessionSettings {
  return Object.fromEntries(NAMES.map((name) => [name, read(db, name)]));
}

export function restoreSessionSettings(db: Database, settings: SessionSettings): void {
  // The one that cannot be read: SQLite has it off.
  db.run("PRAGMA case_sensitive_like = 0");
  for (const [name, value] of Object.entries(settings)) {
    if (read(db, name) !== value) db.run(`PRAGMA ${name} = ${value}`);
  }
}

function read(db: Database, name: string): Value {
  const [row] = db.query(`PRAGMA ${name}`).values() as Value[][];
  return row?.[0] ?? null;
}
