import type { Database } from "bun:sqlite";
import { quoteIdentifier } from "../../sql/identifier.ts";
import type { ForeignKeyReport, ForeignKeyViolation } from "../foreign-key-report.ts";

interface CheckRow {
  readonly table: string;
  readonly rowid: number | null;
  readonly parent: string;
  readonly fkid: number;
}

/**
 * `PRAGMA foreign_key_check`, table by table: over the whole database one old mismatched key makes it throw and hides
 * every other table (https://sqlite.org/pragma.html#pragma_foreign_key_check).
 */
export function checkForeignKeys(db: Database, tables: readonly string[] | "all"): ForeignKeyReport {
  const violations: ForeignKeyViolation[] = [];
  const errors: string[] = [];
  for (const table of tables === "all" ? tablesWithForeignKeys(db) : tables) {
    try {
      for (const row of db.query<CheckRow, [string]>(CHECK).all(table)) violations.push(describe(db, row));
    } catch (error) {
      errors.push(`${table}: ${(error as Error).message}`);
    }
  }
  return { violations, errors };
}

const CHECK = `SELECT "table", rowid, parent, fkid FROM pragma_foreign_key_check(?)`;

function tablesWithForeignKeys(db: Database): string[] {
  const rows = db
    .query<{ name: string }, []>(
      `SELECT name FROM sqlite_schema AS t WHERE type = 'table' AND sql LIKE '%REFERENCES%'
       AND EXISTS (SELECT 1 FROM pragma_foreign_key_list(t.name)) ORDER BY name`,
    )
    .all();
  return rows.map(({ name }) => name);
}

function describe(db: Database, { table, rowid, parent, fkid }: CheckRow): ForeignKeyViolation {
  const columns = db
    .query<{ from: string }, [string, number]>(
      `SELECT "from" FROM pragma_foreign_key_list(?) WHERE id = ? ORDER BY seq`,
    )
    .all(table, fkid)
    .map((row) => row.from);
  return {
    table,
    parent,
    columns,
    values: rowid === null ? [] : valuesOf(db, table, rowid, columns),
    rowid: rowid === null ? null : String(rowid),
  };
}

function valuesOf(db: Database, table: string, rowid: number, columns: readonly string[]): string[] {
  const shown = columns.map((column) => `quote(${quoteIdentifier(column)})`).join(", ");
  const sql = `SELECT ${shown} FROM ${quoteIdentifier(table)} WHERE rowid = ?`;
  return (db.query(sql).values(rowid)[0] ?? []).map(String);
}
