import { Database } from "bun:sqlite";
import { existsSync, statSync } from "node:fs";

/** What stands in a database, as far as the harness judges it. */
export interface DatabaseState {
  /** The versions in the history, in order. */
  readonly applied: readonly string[];
  /** The largest id of the history: a version that is applied again gets a larger one. */
  readonly lastId: number;
  readonly incomplete: { readonly version: string; readonly statement: number } | null;
  /** A hash of the schema and of all rows, the history left out. */
  readonly contents: string;
  /** What integrity_check and foreign_key_check complain of. */
  readonly complaints: readonly string[];
}

/** Opens read-write, which recovers a hot journal, and closes again. A file that is missing or empty is an empty database. */
export function inspectDatabase(path: string): DatabaseState {
  if (isEmpty(path)) return inspectOpen(new Database(":memory:"));
  return inspectOpen(new Database(path, { readwrite: true, create: false }));
}

/** A file without a byte can still have a journal or a WAL that says more. */
function isEmpty(path: string): boolean {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) return true;
  return size === 0 && !["-wal", "-journal"].some((end) => existsSync(path + end));
}

function inspectOpen(db: Database): DatabaseState {
  try {
    const tables = new Set(db.query("SELECT name FROM sqlite_schema WHERE type = 'table'").values().flat());
    const history = tables.has("schema_migrations")
      ? db
          .query<{ id: number; version: string }, []>(
            "SELECT id, version FROM schema_migrations ORDER BY version",
          )
          .all()
      : [];
    const incomplete = tables.has("schema_migrations_incomplete")
      ? db
          .query<{ version: string; statement: number }, []>(
            "SELECT version, statement FROM schema_migrations_incomplete",
          )
          .get()
      : null;
    return {
      applied: history.map(({ version }) => version),
      lastId: Math.max(0, ...history.map(({ id }) => id)),
      incomplete,
      contents: contentsOf(db),
      complaints: complaintsOf(db),
    };
  } finally {
    db.close();
  }
}

function complaintsOf(db: Database): string[] {
  const integrity = db.query("PRAGMA integrity_check(5)").values().flat().map(String);
  const violations = db.query("PRAGMA foreign_key_check").values().length;
  return [
    ...integrity.filter((line) => line !== "ok").map((line) => `integrity_check: ${line}`),
    ...(violations > 0 ? [`foreign_key_check: ${violations} rows`] : []),
  ];
}

interface SchemaRow {
  readonly type: string;
  readonly name: string;
  readonly tbl_name: string;
  readonly sql: string | null;
}

/** The same for two databases with the same objects and rows. A rebuilt table differs in quotes only, which do not count. */
export function contentsOf(db: Database): string {
  const schema = db
    .query<SchemaRow, []>(
      "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE tbl_name NOT LIKE 'schema_migrations%' AND name NOT LIKE 'sqlite_%' ORDER BY type, name",
    )
    .all()
    .map((row) => [row.type, row.name, row.tbl_name, row.sql?.replace(/"(\w+)"/g, "$1")]);
  const rows = schema
    .filter(([type]) => type === "table")
    .map(([, name]) => db.query(`SELECT * FROM "${name}" ORDER BY 1`).values());
  return Bun.hash(JSON.stringify([schema, rows])).toString(36);
}
