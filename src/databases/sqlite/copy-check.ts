import { Database } from "bun:sqlite";
import { DatabaseError } from "../database-error.ts";
import { countRows, type RowCounts } from "./database-copy.ts";
import { toDatabaseError } from "./driver-error.ts";

/**
 * Rows that break a constraint, or hold a value of another type than their column, are somebody's work, and pages that nothing uses hold nothing: the
 * file is whole all the same.
 */
const NO_DAMAGE =
  /^(CHECK constraint failed in|(NULL|NUMERIC|TEXT|non-\w+) value in|Page \d+: never used$|\*\*\* in database )/;

/**
 * Makes a copy fit to be kept, and looks through all of it: in a rollback journal mode, so that reading it makes no file beside it; whole by SQLite's
 * integrity_check; with all rows.
 * @throws DatabaseError of kind corrupt, or that of reading or writing it
 */
export function settleCopy(path: string, rows: RowCounts): void {
  let db: Database | undefined;
  try {
    db = new Database(path, { readwrite: true, create: false });
    db.run("PRAGMA journal_mode = DELETE");
    requireIntact(db);
    requireRows(db, rows);
  } catch (thrown) {
    throw toDatabaseError(thrown) ?? thrown;
  } finally {
    db?.close();
  }
}

/** @throws DatabaseError of kind corrupt */
function requireIntact(db: Database): void {
  const problem = db
    .query("PRAGMA integrity_check(100)")
    .values()
    .flatMap(([lines]) => String(lines).split("\n"))
    .find((line) => line !== "ok" && !NO_DAMAGE.test(line));
  if (problem !== undefined) throw damaged(problem);
}

function requireRows(db: Database, expected: RowCounts): void {
  const found = countRows((sql) => db.query(sql).values());
  for (const table of new Set([...expected.keys(), ...found.keys()])) {
    const [was, is] = [expected.get(table) ?? 0, found.get(table) ?? 0];
    if (was !== is) throw damaged(`the copy has ${is} of ${was} rows of ${table}`);
  }
}

function damaged(message: string): DatabaseError {
  return new DatabaseError(message, { kind: "corrupt", databaseCode: "SQLITE_CORRUPT" });
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

/** What is looked at before a copy takes a database's place. */
export interface CopyFacts {
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
    return { pageSize: Number(db.query("PRAGMA page_size").values()[0]?.[0]), isWal };
  } catch (thrown) {
    throw toDatabaseError(thrown) ?? thrown;
  } finally {
    db?.close();
  }
}
