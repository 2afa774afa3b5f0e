import { Database } from "bun:sqlite";
import { countRows, type RowCounts } from "./database-copy.ts";
import { toDatabaseError } from "./driver-error.ts";
import { damaged, requireIntact, requireNoDamage } from "./integrity.ts";

/**
 * Makes a copy fit to be kept, and looks through all of it: in a rollback journal mode, so that reading it makes no file beside it; whole by SQLite's
 * integrity_check; with all rows.
 * @param said what integrity_check said of what it was copied from, if it was asked; each page of a copy is as there
 * @throws DatabaseError of kind corrupt, or that of reading or writing it
 */
export function settleCopy(path: string, rows: RowCounts, said: readonly string[] | null = null): void {
  let db: Database | undefined;
  try {
    db = new Database(path, { readwrite: true, create: false });
    db.run("PRAGMA journal_mode = DELETE");
    if (said === null) requireIntact(db);
    else requireNoDamage(said);
    requireRows(db, rows);
  } catch (thrown) {
    throw toDatabaseError(thrown) ?? thrown;
  } finally {
    db?.close();
  }
}

function requireRows(db: Database, expected: RowCounts): void {
  const found = countRows((sql) => db.query(sql).values());
  for (const table of new Set([...expected.keys(), ...found.keys()])) {
    const [was, is] = [expected.get(table) ?? 0, found.get(table) ?? 0];
    if (was !== is) throw damaged(`the copy has ${is} of ${was} rows of ${table}`);
  }
}

/**
 * Rewrites a copy with pages of another size.
 * @throws DatabaseError
 */
export function setPageSize(path: string, bytes: number): void {
  const db = new Database(path, { readwrite: true, create: false });
  try {
    // Takes effect when the file is rewritten (https://sqlite.org/pragma.html#pragma_page_size).
    db.run(`PRAGMA page_size = ${bytes}`);
    db.run("VACUUM");
  } catch (thrown) {
    throw toDatabaseError(thrown) ?? thrown;
  } finally {
    db.close();
  }
}

/**
 * Gives a copy that has one page a second one, in which nothing is.
 * @throws DatabaseError
 */
export function addPage(path: string): void {
  const db = new Database(path, { readwrite: true, create: false });
  try {
    db.run("CREATE TABLE spare (x)");
    db.run("DROP TABLE spare");
  } catch (thrown) {
    throw toDatabaseError(thrown) ?? thrown;
  } finally {
    db.close();
  }
}

/** What is looked at before a copy takes a database's place. */
export interface CopyFacts {
  readonly pages: number;
  readonly pageSize: number;
  readonly isWal: boolean;
}

/** Looks through all of a copy. @throws DatabaseError of kind corrupt or not-a-database, or that of reading it */
export function examineCopy(path: string): CopyFacts {
  let db: Database | undefined;
  try {
    db = new Database(path, { readonly: true });
    const isWal = String(db.query("PRAGMA journal_mode").values()[0]?.[0]) === "wal";
    requireIntact(db);
    const [pages, pageSize] = ["page_count", "page_size"].map((pragma) =>
      Number(db!.query(`PRAGMA ${pragma}`).values()[0]?.[0]),
    ) as [number, number];
    return { pages, pageSize, isWal };
  } catch (thrown) {
    throw toDatabaseError(thrown) ?? thrown;
  } finally {
    db?.close();
  }
}
