import { Database } from "bun:sqlite";
import { join } from "node:path";
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

/** Which numbers of each writer a file holds, and what in it does not agree. */
export interface LedgerState {
  readonly problems: readonly string[];
  readonly numbers: readonly ReadonlySet<number>[];
}

export function readLedger(path: string): LedgerState {
  using db = new Database(path, { readonly: true });
  const integrity = db.query("PRAGMA integrity_check(5)").values().flat().map(String);
  const entries = db.query("SELECT writer, number FROM entries").values() as [number, number][];
  const counters = db.query("SELECT number FROM counters ORDER BY writer").values().flat().map(Number);
  const [total] = db.query("SELECT number FROM totals").values().flat().map(Number);
  const numbers = counters.map(
    (_, writer) => new Set(entries.filter(([by]) => by === writer).map(([, number]) => number)),
  );
  const problems = integrity.filter((line) => line !== "ok").map((line) => `integrity_check: ${line}`);
  for (const [writer, counter] of counters.entries()) {
    if (Math.max(0, ...numbers[writer]!) !== counter)
      problems.push(
        `writer ${writer} counts ${counter}, and its last entry is ${Math.max(0, ...numbers[writer]!)}`,
      );
  }
  if (total !== entries.length)
    problems.push(`the total is ${total}, and there are ${entries.length} entries`);
  return { problems, numbers };
}

/** A writing program, and what it was told is committed. */
export class LedgerWriter {
  readonly told: number[] = [];
  private readonly child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  private readonly reading: Promise<void>;
  private wake = () => {};

  constructor(path: string, number: number) {
    this.child = Bun.spawn(
      [process.execPath, join(import.meta.dir, "ledger-writer.ts"), path, String(number)],
      {
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      },
    );
    this.reading = this.read();
  }

  /** Until it has committed so many more. */
  async work(commits: number): Promise<void> {
    const until = this.told.length + commits;
    while (this.told.length < until && this.child.exitCode === null)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
  }

  /** @returns what it complained of */
  async end(): Promise<string[]> {
    this.child.kill("SIGTERM");
    await this.reading;
    const code = await this.child.exited;
    return code === 0 ? [] : [`a writer ended with ${code}: ${(await this.child.stderr.text()).trim()}`];
  }

  private async read(): Promise<void> {
    let rest = "";
    for await (const chunk of this.child.stdout) {
      const lines = (rest + new TextDecoder().decode(chunk)).split("\n");
      rest = lines.pop()!;
      this.told.push(...lines.map(Number));
      this.wake();
    }
    this.wake();
  }
}
