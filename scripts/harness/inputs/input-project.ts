import { Database } from "bun:sqlite";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type GodwitRun, runGodwit } from "../godwit-process.ts";
import type { JournalMode } from "../journal-mode.ts";
import type { InputCase } from "./input-case.ts";

const SQLITE_HEADER = "SQLite format 3\0";

/** A folder of migrations and a database, `app.db`, in a folder of their own. */
export class InputProject {
  readonly migrations: string;
  private readonly folder: string;
  private readonly path: string;
  private readonly binary: string;

  constructor(folder: string, binary: string) {
    this.folder = folder;
    this.binary = binary;
    this.migrations = join(folder, "migrations");
    this.path = join(folder, "app.db");
    mkdirSync(this.migrations, { recursive: true });
  }

  writeFiles(files: InputCase["files"]): void {
    for (const [name, content] of Object.entries(files)) {
      const file = join(this.migrations, name);
      if (content === null) mkdirSync(file);
      else if (typeof content !== "string") writeFileSync(file, content);
      else if (content.startsWith("->")) symlinkSync(content.slice(2), file);
      else
        writeFileSync(file, content.replaceAll("{{db}}", this.path).replaceAll("{{dir}}", this.migrations));
    }
  }

  changeFiles(files: NonNullable<InputCase["changes"]>): void {
    for (const [name, text] of Object.entries(files)) {
      if (text === undefined) rmSync(join(this.migrations, name));
      else writeFileSync(join(this.migrations, name), text);
    }
  }

  makeDatabase(seed: string | Uint8Array | null, mode: JournalMode): void {
    if (seed === null) return;
    if (typeof seed !== "string") return writeFileSync(this.path, seed);
    using db = new Database(this.path);
    db.run(`PRAGMA journal_mode = ${mode}`);
    db.run(seed);
  }

  /** @param onStderr told of all that the run has said there, each time that it says something */
  godwit(words: readonly string[], onStderr?: (text: string) => void): Promise<GodwitRun> {
    return runGodwit([this.binary, ...words, "--db", this.path, "--dir", this.migrations], {}, onStderr);
  }

  /** With a lock that a connection of this process holds meanwhile: to the end, or until the run says that it waits. */
  async whileHeld(held: NonNullable<InputCase["held"]>, words: readonly string[]): Promise<GodwitRun> {
    const db = new Database(this.path, { readwrite: true, create: false });
    db.run(held.sql);
    try {
      if (!held.endsInTime) return await this.godwit(words);
      return await this.godwit(words, (stderr) => {
        if (stderr.includes("waiting for the lock")) db.close();
      });
    } finally {
      db.close();
    }
  }

  /** The bytes of the database, and the names of all that lies beside it. */
  fingerprint(): string {
    const bytes = existsSync(this.path) ? Bun.hash(readFileSync(this.path)).toString(16) : "none";
    // The log of a run that failed is beside the database, and no part of it.
    const names = readdirSync(this.folder).filter((name) => !name.endsWith(".godwit"));
    return `${bytes} ${names.sort().join(" ")} ${readdirSync(this.migrations).sort().join(" ")}`;
  }

  isDatabase(): boolean {
    return (
      existsSync(this.path) && readFileSync(this.path).subarray(0, 16).toString("latin1") === SQLITE_HEADER
    );
  }

  /** What a history says, or the list of incomplete ones; empty where there is none. */
  versions(table: string): string[] {
    if (!this.isDatabase()) return [];
    using db = this.open();
    const columns = db.query("SELECT name FROM pragma_table_info(?)").values(table);
    if (!columns.some(([name]) => name === "description" || name === "statement")) return [];
    return db
      .query(`SELECT version FROM ${table} WHERE version IS NOT NULL ORDER BY version`)
      .values()
      .map(([version]) => String(version));
  }

  /** The first column of every row, joined by commas. */
  ask(sql: string): string {
    using db = this.open();
    try {
      return db
        .query(sql)
        .values()
        .map(([value]) => String(value))
        .join();
    } catch (error) {
      return `${error}`;
    }
  }

  private open(): Database {
    return new Database(this.path, { readwrite: true, create: false });
  }
}

/** What a run said of itself. */
export interface Told {
  readonly code: string | null;
  readonly outcome: string | null;
  /** Versions that it said are applied. */
  readonly applied: readonly string[];
}

/** Null where stdout is not exactly one document. */
export function toldInJson({ stdout }: GodwitRun): Told | null {
  if (!/^[^\n]+\n$/.test(stdout)) return null;
  try {
    const document = JSON.parse(stdout) as {
      error?: { code: string; outcome: string };
      applied?: { version: string }[];
    };
    const { error, applied = [] } = document;
    return {
      code: error?.code ?? null,
      outcome: error?.outcome ?? null,
      applied: applied.map(({ version }) => version),
    };
  } catch {
    return null;
  }
}

export function toldInWords({ stdout, stderr }: GodwitRun): Told {
  return {
    code: /^error\[(\w+)\]/m.exec(stderr)?.[1] ?? null,
    outcome: null,
    applied: [...stdout.matchAll(/^applied +(\d{14})/gm)].map(([, version]) => version!),
  };
}
