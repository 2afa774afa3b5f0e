import { Database } from "bun:sqlite";
import { closeSync, copyFileSync, fsyncSync, mkdirSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";

/** What tools leave beside a database. */
const COMPANIONS = ["", "-journal", "-wal", "-shm", ".godwit"];

/** The working directory of a contender, with the database `app.db` in it. */
export class Project {
  readonly path: string;
  readonly database: string;

  constructor(path: string) {
    this.path = path;
    this.database = join(path, "app.db");
  }

  /** As before the first run: there is no database. */
  clear(): void {
    mkdirSync(this.path, { recursive: true });
    for (const companion of COMPANIONS)
      rmSync(`${this.database}${companion}`, { recursive: true, force: true });
  }

  /** Puts a copy of a prepared database in place. It is synced here, or the timed run would have to write it out with its own first sync. */
  put(prepared: string): void {
    this.clear();
    copyFileSync(prepared, this.database);
    const file = openSync(this.database, "r+");
    fsyncSync(file);
    closeSync(file);
  }

  /** The one number that a query gives. */
  number(sql: string): number {
    using db = new Database(this.database, { readonly: true });
    return Number(db.query(sql).values()[0]![0]);
  }

  countTables(): number {
    return this.number("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name GLOB 'table_*'");
  }

  countRows(table: string): number {
    return this.number(`SELECT count(*) FROM ${table}`);
  }
}

/** @throws Error where a contender has not done what its time stands for */
export function mustBe(what: string, actual: number | string, expected: number | string): void {
  if (actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}`);
}
