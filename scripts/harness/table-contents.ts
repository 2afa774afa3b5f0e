import { Database } from "bun:sqlite";

/** What is in a database, table by table, as far as somebody would miss it. */
export interface TableContents {
  /** Hashes of the rows in order, by table; virtual tables and their shadows included. */
  readonly tables: ReadonlyMap<string, string>;
  /** Everything else that the schema holds, and foreign_key_check and integrity_check. */
  readonly facts: ReadonlyMap<string, string>;
}

/** @param projected the columns that are looked at of some tables, in place of all */
export function contentsOf(
  path: string,
  projected: ReadonlyMap<string, readonly string[]> = new Map(),
): TableContents {
  using db = new Database(path, { readwrite: true, create: false });
  db.run("PRAGMA foreign_keys = ON");
  const tables = new Map<string, string>();
  for (const name of namesOf(db)) {
    const columns = projected.get(name)?.join(", ") ?? "*";
    tables.set(name, rowsOf(db, `SELECT ${columns} FROM "${name}"`));
  }
  return {
    tables,
    facts: new Map([
      [
        "objects",
        rowsOf(
          db,
          "SELECT type, name, tbl_name FROM sqlite_schema WHERE name NOT LIKE 'schema_migrations%' AND name NOT LIKE 'sqlite_%'",
        ),
      ],
      [
        "triggers, views and indexes",
        rowsOf(
          db,
          "SELECT name, sql FROM sqlite_schema WHERE type <> 'table' AND tbl_name NOT LIKE 'schema_migrations%'",
        ),
      ],
      [
        "foreign keys",
        rowsOf(
          db,
          `SELECT t.name, k."from", k."table", k."to", k.on_delete FROM sqlite_schema t, pragma_foreign_key_list(t.name) k WHERE t.type = 'table'`,
        ),
      ],
      ["foreign_key_check", rowsOf(db, "PRAGMA foreign_key_check")],
      ["integrity_check", rowsOf(db, "PRAGMA integrity_check")],
    ]),
  };
}

/** What differs, in few words; empty where nothing does. */
export function differences(before: TableContents, after: TableContents): string[] {
  return [
    ...compare(before.tables, after.tables).map((name) => `the rows of ${name} are others`),
    ...compare(before.facts, after.facts).map((name) => `${name}: others than before`),
  ];
}

function compare(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name));
}

function namesOf(db: Database): string[] {
  const sql =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'schema_migrations%' AND name <> 'sqlite_sequence' ORDER BY name";
  return db
    .query(sql)
    .values()
    .map(([name]) => String(name));
}

/** Rows as a set: a table without an order of its own may give them in any. */
function rowsOf(db: Database, sql: string): string {
  const rows = db
    .query(sql)
    .values()
    .map((row) => JSON.stringify(row, asText))
    .sort();
  return `${rows.length} ${Bun.hash(rows.join("\n"))}`;
}

function asText(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
}
