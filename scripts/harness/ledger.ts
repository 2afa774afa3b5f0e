import { Database } from "bun:sqlite";
import type { JournalMode } from "./journal-mode.ts";

export const WRITERS = 4;

/** A database whose tables agree after every commit, and at no other moment. */
export function makeLedger(path: string, mode: JournalMode): void {
  using db = new Database(path);
  db.run(`PRAGMA journal_mode = ${mode}`);
  db.run(`CREATE TABLE entries (writer INTEGER, number INTEGER, filler BLOB, PRIMARY KEY (writer, number));
    CREATE TABLE counters (writer INTEGER PRIMARY KEY, number INTEGER NOT NULL);
    CREATE TABLE totals (number INTEGER NOT NULL);
    INSERT INTO totals VALUES (0)`);
  for (let writer = 0; writer < WRITERS; writer++) db.run("INSERT INTO counters VALUES (?, 0)", [writer]);
}

/** In one statement, and so of one moment: what in the tables does not agree. */
const DISAGREEMENTS = `
  SELECT 'writer ' || writer || ' counts ' || number || ', and its last entry is ' || last
  FROM (SELECT c.writer, c.number, (SELECT ifnull(max(number), 0) FROM entries e WHERE e.writer = c.writer) AS last FROM counters c)
  WHERE number <> last
  UNION ALL
  SELECT 'the total is ' || number || ', and there are ' || entries || ' entries'
  FROM (SELECT number, (SELECT count(*) FROM entries) AS entries FROM totals) WHERE number <> entries`;

export function disagreementsIn(db: Database): string[] {
  return db.query(DISAGREEMENTS).values().flat().map(String);
}

/** The same for two connections that see the same rows. */
export function viewOf(db: Database): string {
  const rows = [
    "writer, number, hex(filler) FROM entries ORDER BY writer, number",
    "writer, number FROM counters ORDER BY writer",
    "number FROM totals",
  ].map((columns) => db.query(`SELECT ${columns}`).values());
  return Bun.hash(JSON.stringify(rows)).toString(36);
}

/** Which numbers of each writer a file holds, and what in it is wrong. */
export interface LedgerState {
  readonly problems: readonly string[];
  readonly numbers: readonly ReadonlySet<number>[];
  readonly view: string;
}

/** @param table where the numbers are looked up, if not among the entries */
export function readLedger(path: string, table = "entries"): LedgerState {
  using db = new Database(path, { readonly: true });
  db.run("PRAGMA busy_timeout = 60000");
  const integrity = db.query("PRAGMA integrity_check(5)").values().flat().map(String);
  const numbers = Array.from({ length: WRITERS }, () => new Set<number>());
  for (const [writer, number] of db.query(`SELECT writer, number FROM ${table}`).values())
    numbers[Number(writer)]!.add(Number(number));
  const damage = integrity.filter((line) => line !== "ok").map((line) => `integrity_check: ${line}`);
  return { problems: [...damage, ...disagreementsIn(db)], numbers, view: viewOf(db) };
}
