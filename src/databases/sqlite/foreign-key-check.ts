import { type Database, SQLiteError } from "bun:sqlite";
import { quoteIdentifier } from "../../sql/identifier.ts";
import {
  type ForeignKeyMismatch,
  type ForeignKeyReport,
  type ForeignKeyViolation,
  isSound,
  NO_VIOLATIONS,
} from "../foreign-key-report.ts";
import { type DeclaredKey, declaredKeys, resolveParent, tableColumns } from "./foreign-key-declarations.ts";

/**
 * `PRAGMA foreign_key_check`, table by table: over the whole database one old mismatched key makes it throw and hides
 * every other table (https://sqlite.org/pragma.html#pragma_foreign_key_check).
 */
export function checkForeignKeys(db: Database): ForeignKeyReport {
  const violations: ForeignKeyViolation[][] = [];
  const mismatches: ForeignKeyMismatch[] = [];
  for (const [table, keys] of declaredKeys(db)) {
    const mismatch = mismatchOf(db, table);
    if (mismatch !== null) mismatches.push(mismatch);
    try {
      // The table's other keys may be sound, and a mismatched one may become so: what is broken then was broken before.
      const isChecked = mismatch === null;
      violations.push(isChecked ? violationsIn(db, table, keys) : keys.flatMap((key) => orphansOf(db, key)));
    } catch (error) {
      // A collation that is not loaded, say: nothing can be known of this table's rows.
      const failure = mismatchFrom(error, table);
      if (mismatch === null) mismatches.push(failure);
    }
  }
  return reportOf(db, violations.flat(), mismatches);
}

/** Of the tables named, the keys that cannot be checked; no row is read. */
export function checkDeclarations(db: Database, tables: readonly string[]): ForeignKeyReport {
  return reportOf(
    db,
    [],
    tables.flatMap((table) => mismatchOf(db, table) ?? []),
  );
}

function reportOf(
  db: Database,
  violations: readonly ForeignKeyViolation[],
  mismatches: readonly ForeignKeyMismatch[],
): ForeignKeyReport {
  const report = { ...NO_VIOLATIONS, violations, mismatches };
  return isSound(report) ? NO_VIOLATIONS : { ...report, tables: tableColumns(db) };
}

/**
 * To compile its check, SQLite looks for a unique index on each parent's key, and fails where there is none
 * (https://sqlite.org/foreignkeys.html#fk_indexes). Nothing is run.
 */
function mismatchOf(db: Database, table: string): ForeignKeyMismatch | null {
  try {
    db.prepare(`PRAGMA main.foreign_key_check(${quoteIdentifier(table)})`).finalize();
    return null;
  } catch (error) {
    if (error instanceof SQLiteError && error.message.startsWith("no such table: ")) return null;
    return mismatchFrom(error, table);
  }
}

/** @throws what is no answer of the check: a damaged file, say. */
function mismatchFrom(error: unknown, table: string): ForeignKeyMismatch {
  if (!(error instanceof SQLiteError) || error.code !== "SQLITE_ERROR") throw error;
  const parent = / referencing "(.*)"$/s.exec(error.message)?.[1]?.replaceAll('""', '"');
  return { table, parent: parent ?? "", message: error.message };
}

/** One row of SQLite's check, its rowid as text: above 2^53 a JavaScript number is rounded. */
type CheckRow = [rowid: string | null, fkid: number | bigint];

function violationsIn(db: Database, table: string, keys: readonly DeclaredKey[]): ForeignKeyViolation[] {
  const rows = db
    .query("SELECT CAST(rowid AS TEXT), fkid FROM pragma_foreign_key_check(?, 'main')")
    .values(table) as CheckRow[];
  if (rows.length === 0) return [];
  const rowidName = rows[0]![0] === null ? null : rowidNameOf(db, table);
  if (rowidName === null) return keys.flatMap((key) => orphansOf(db, key));
  const byId = new Map(keys.map((key) => [key.id, key]));
  return rows.map(([rowid, fkid]) => {
    const { parent, columns } = byId.get(Number(fkid))!;
    const shown = columns.map((column) => `quote(${quoteIdentifier(column)})`).join(", ");
    const sql = `SELECT ${shown} FROM main.${quoteIdentifier(table)} WHERE ${rowidName} = CAST(? AS INTEGER)`;
    const values = (db.query(sql).values(rowid)[0] ?? []).map(String);
    return { table, parent, columns, values, rowid };
  });
}

/** A name for the rowid that no column has taken; null if there is none (https://sqlite.org/lang_createtable.html#rowid). */
function rowidNameOf(db: Database, table: string): string | null {
  const columns = db.query("SELECT lower(name) FROM pragma_table_xinfo(?, 'main')").values(table).flat();
  return ["rowid", "_rowid_", "oid"].find((name) => !columns.includes(name)) ?? null;
}

/**
 * The rows of one key that point nowhere, for tables whose rows SQLite's check does not name, or which it does not check at all. Compared
 * as SQLite does it, with the affinity and the collation of the parent's column: `+` takes the child's affinity away, and the collation of
 * the left side counts (https://sqlite.org/datatype3.html#affinity_of_operators). A join, since SQLite makes an index for one where there
 * is none.
 */
function orphansOf(db: Database, key: DeclaredKey): ForeignKeyViolation[] {
  const { table, parent, columns } = key;
  const meant = resolveParent(db, key);
  if (meant === "unusable") return [];
  const child = columns.map((column) => `c.${quoteIdentifier(column)}`);
  const conditions = child.map((column) => `${column} IS NOT NULL`);
  let from = `main.${quoteIdentifier(table)} AS c`;
  if (meant !== null) {
    const pairs = meant.map((column, index) => `p.${quoteIdentifier(column)} = +${child[index]}`);
    from += ` LEFT JOIN main.${quoteIdentifier(parent)} AS p ON ${pairs.join(" AND ")}`;
    conditions.push(`p.${quoteIdentifier(meant[0]!)} IS NULL`);
  }
  const shown = child.map((column) => `quote(${column})`).join(", ");
  const rows = db.query(`SELECT ${shown} FROM ${from} WHERE ${conditions.join(" AND ")}`).values();
  return rows.map((row) => ({ table, parent, columns, values: row.map(String), rowid: null }));
}
