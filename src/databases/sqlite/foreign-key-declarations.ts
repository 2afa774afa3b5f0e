import type { Database } from "bun:sqlite";
import { foldName } from "../../sql/identifier.ts";
import type { ForeignKeyLink, TableColumns } from "../foreign-key-report.ts";

/** A foreign key as a table declares it. */
export interface DeclaredKey extends ForeignKeyLink {
  /** Unique within its table; SQLite's check calls it fkid. */
  readonly id: number;
  readonly columns: readonly string[];
  /** Null for each one that the declaration leaves out: the parent's primary key is meant. */
  readonly parentColumns: readonly (string | null)[];
}

type KeyRow = [
  table: string,
  id: number | bigint,
  parent: string,
  column: string,
  parentColumn: string | null,
];

/** What most tables fail stands first. */
const MAY_HAVE_KEYS = "instr(lower(t.sql), 'references') > 0 AND t.type = 'table' AND t.rootpage > 0";

/**
 * The keys of all tables that have any. Asks for nothing that a migration could have switched, as LIKE can be. A table without the word
 * REFERENCES has no key: to look into every table would take most of a run where many migrations in code meet many tables.
 */
export function declaredKeys(db: Database): ReadonlyMap<string, readonly DeclaredKey[]> {
  // Asked first: after each change of the schema it is prepared anew, and what follows takes twice as long to prepare.
  if (db.query(`SELECT 1 FROM main.sqlite_schema AS t WHERE ${MAY_HAVE_KEYS} LIMIT 1`).values().length === 0)
    return new Map();
  const rows = db
    .query(
      `SELECT t.name, k.id, k."table", k."from", k."to" FROM main.sqlite_schema AS t, pragma_foreign_key_list(t.name, 'main') AS k
       WHERE ${MAY_HAVE_KEYS} ORDER BY t.name, k.id, k.seq`,
    )
    .values() as KeyRow[];
  const tables = new Map<string, Map<number, DeclaredKey>>();
  for (const [table, bigId, parent, column, parentColumn] of rows) {
    const keys = tables.get(table) ?? new Map<number, DeclaredKey>();
    tables.set(table, keys);
    const id = Number(bigId);
    const { columns = [], parentColumns = [] } = keys.get(id) ?? {};
    keys.set(id, {
      ...{ id, table, parent },
      columns: [...columns, column],
      parentColumns: [...parentColumns, parentColumn],
    });
  }
  return new Map([...tables].map(([table, keys]) => [table, [...keys.values()]]));
}

/** What the tables named, or all, point at. */
export function foreignKeyLinks(db: Database, tables: readonly string[] | "all"): ForeignKeyLink[] {
  if (tables === "all") return [...declaredKeys(db).values()].flat();
  return tables.flatMap((table) =>
    db
      .query(`SELECT DISTINCT "table" FROM pragma_foreign_key_list(?, 'main')`)
      .values(table)
      .map(([parent]) => ({ table, parent: String(parent) })),
  );
}

/** The columns of all tables, in lower case; virtual ones are left out, since their module may not be here. */
export function tableColumns(db: Database): TableColumns {
  const rows = db
    .query(
      `SELECT t.name, c.name FROM main.sqlite_schema AS t, pragma_table_xinfo(t.name, 'main') AS c
       WHERE t.type = 'table' AND t.rootpage > 0 ORDER BY t.name, c.cid`,
    )
    .values() as [string, string][];
  const tables = new Map<string, string[]>();
  for (const [table, column] of rows) {
    const columns = tables.get(table.toLowerCase()) ?? [];
    tables.set(table.toLowerCase(), columns);
    columns.push(column.toLowerCase());
  }
  return tables;
}

/** The parent's columns that a key means; null if there is no such table, "unusable" if it has no such columns or no rows of its own. */
export function resolveParent(
  db: Database,
  { parent, columns, parentColumns }: DeclaredKey,
): readonly string[] | "unusable" | null {
  const [object] = db
    .query(
      "SELECT rootpage > 0 FROM main.sqlite_schema WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')",
    )
    .values(parent);
  if (object === undefined) return null;
  if (Number(object[0]) === 0) return "unusable";
  const present = db
    .query("SELECT lower(name), pk FROM pragma_table_xinfo(?, 'main') ORDER BY pk")
    .values(parent) as [string, number | bigint][];
  const primary = present.filter(([, pk]) => Number(pk) > 0).map(([name]) => name);
  const named = parentColumns.flatMap((column) => column ?? []);
  const meant = named.length > 0 ? named : primary;
  const names = new Set(present.map(([name]) => name));
  // Folded by SQLite, for ASCII only, on both sides.
  const isThere = meant.every((column) => names.has(foldName(column)));
  return isThere && meant.length === columns.length ? meant : "unusable";
}
