import type { Database } from "bun:sqlite";
import { quoteIdentifier } from "../../sql/identifier.ts";
import { DatabaseError } from "../database-error.ts";
import { withoutStrangers } from "./strangers.ts";

/**
 * Rows that break a constraint, or hold a value of another type than their column, are somebody's work, and pages that nothing uses hold nothing: the
 * file is whole all the same.
 */
const NO_DAMAGE =
  /^(CHECK constraint failed in|(NULL|NUMERIC|TEXT|non-\w+) value in|Page \d+: never used$|\*\*\* in database )/;

/** What SQLite is asked where all of a database can be looked through. */
export const CHECK = "PRAGMA integrity_check(100)";

/** @throws DatabaseError of kind corrupt */
export function requireIntact(db: Database): void {
  requireNoDamage(checkIntegrity(db));
}

/** What integrity_check says. One table after the other is asked where one of them cannot be looked through: the rest can. */
export function checkIntegrity(db: Database): readonly string[] {
  return ask(db, CHECK) ?? tablesOf(db).flatMap((table) => ask(db, checkOf(table)) ?? []);
}

function ask(db: Database, sql: string): string[] | null {
  return withoutStrangers(() => db.query(sql).values().flat().map(String));
}

function tablesOf(db: Database): string[] {
  return db
    .query("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND rootpage > 0")
    .values()
    .map(([name]) => String(name));
}

function checkOf(table: string): string {
  return `PRAGMA main.integrity_check(${quoteIdentifier(table)})`;
}

/** @throws DatabaseError of kind corrupt, if one of what integrity_check says is damage */
export function requireNoDamage(said: readonly string[]): void {
  const problem = said
    .flatMap((lines) => lines.split("\n"))
    .find((line) => line !== "ok" && !NO_DAMAGE.test(line));
  if (problem !== undefined) throw damaged(problem);
}

export function damaged(message: string): DatabaseError {
  return new DatabaseError(message, { kind: "corrupt", databaseCode: "SQLITE_CORRUPT" });
}
