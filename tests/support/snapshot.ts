import { Database } from "bun:sqlite";

interface SchemaObject {
  readonly type: string;
  readonly name: string;
  readonly tbl_name: string;
  readonly sql: string | null;
}

const WITHOUT_HISTORY = "tbl_name NOT IN ('schema_migrations', 'sqlite_sequence')";

/** Every object of a database with its text as SQLite keeps it, the history left out. */
export function schemaOf(path: string): SchemaObject[] {
  using db = new Database(path, { readwrite: true, create: false });
  return db
    .query<SchemaObject, []>(
      `SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE ${WITHOUT_HISTORY} ORDER BY type, name`,
    )
    .all();
}

/** The same without what a table's rebuild does to the text: a quoted name, and the line breaks of an added column. */
export function schemaInEssence(path: string): SchemaObject[] {
  return schemaOf(path).map((object) => ({ ...object, sql: essenceOf(object.sql) }));
}

function essenceOf(sql: string | null): string | null {
  if (sql === null) return null;
  return sql
    .replace(/"(\w+)"/g, "$1")
    .replace(/\s+/g, " ")
    .replace(/ ?([(),]) ?/g, "$1");
}

export type Rows = Record<string, unknown>[];

/** All rows of all tables, the history left out. */
export function rowsOf(path: string): Record<string, Rows> {
  using db = new Database(path, { readwrite: true, create: false });
  const tables = schemaOf(path).filter(({ type }) => type === "table");
  return Object.fromEntries(
    tables.map(({ name }) => [
      name,
      db.query<Rows[number], []>(`SELECT * FROM "${name}" ORDER BY rowid`).all(),
    ]),
  );
}
