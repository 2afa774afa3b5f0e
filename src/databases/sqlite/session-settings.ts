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
  "synchronous",
  "temp_store",
  "trusted_schema",
  "writable_schema",
];

/** The one that can only be set; what it does can be seen. */
const CASE_SENSITIVE_LIKE = "case_sensitive_like";

/**
 * Journal modes that a commit may not survive: kept in memory, or not at all. They hold for the connection
 * (https://sqlite.org/pragma.html#pragma_journal_mode).
 */
const UNSAFE_JOURNALS = new Set(["memory", "off"]);

export function readSessionSettings(db: Database): SessionSettings {
  return Object.fromEntries([...NAMES, CASE_SENSITIVE_LIKE].map((name) => [name, read(db, name)]));
}

export function restoreSessionSettings(db: Database, settings: SessionSettings): void {
  for (const [name, value] of Object.entries(settings)) {
    if (read(db, name) !== value) db.run(`PRAGMA ${name} = ${value}`);
  }
  if (UNSAFE_JOURNALS.has(String(read(db, "journal_mode"))) && !db.inTransaction)
    db.run("PRAGMA journal_mode = DELETE");
  if (read(db, "locking_mode") === "exclusive") leaveExclusiveMode(db);
}

/** The lock is given up by the next statement that reads (https://sqlite.org/pragma.html#pragma_locking_mode). */
function leaveExclusiveMode(db: Database): void {
  db.run("PRAGMA locking_mode = NORMAL");
  if (!db.inTransaction) db.query("SELECT 1 FROM main.sqlite_schema LIMIT 1").values();
}

function read(db: Database, name: string): Value {
  const sql = name === CASE_SENSITIVE_LIKE ? "SELECT 'a' NOT LIKE 'A'" : `PRAGMA ${name}`;
  const [row] = db.query(sql).values() as Value[][];
  return row?.[0] ?? null;
}
