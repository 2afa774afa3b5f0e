import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";

/** The two ways in which SQLite keeps a transaction whole. */
export const JOURNAL_MODES = ["delete", "wal"] as const;
export type JournalMode = (typeof JOURNAL_MODES)[number];

/** Rows that no test's migration may touch. */
export const KEPT = ["one", "two", "three"];

/** The bytes of such a database, made once for each mode. */
const made = new Map<JournalMode, Uint8Array>();

/** A project whose database has a table `kept` with rows, and the first migration applied. */
export async function standing(mode: JournalMode = "delete"): Promise<CliProject> {
  const project = new CliProject();
  project.tables(1);
  const bytes = made.get(mode) ?? (await make(mode));
  made.set(mode, bytes);
  writeFileSync(project.path, bytes);
  return project;
}

async function make(mode: JournalMode): Promise<Uint8Array> {
  using project = new CliProject();
  project.exec(
    `PRAGMA journal_mode = ${mode};
     CREATE TABLE kept (id INTEGER PRIMARY KEY, word TEXT NOT NULL);
     INSERT INTO kept (word) VALUES ${KEPT.map((word) => `('${word}')`).join(", ")};`,
  );
  project.tables(1);
  const { stderr, exitCode } = await project.migrate();
  if (exitCode !== 0) throw new Error(stderr);
  // Nothing is left in the log once the last connection is closed (https://sqlite.org/wal.html#persistence_of_wal_mode).
  if (existsSync(`${project.path}-wal`)) throw new Error("the log was not checkpointed");
  return readFileSync(project.path);
}

/** What must be true after whatever happened: the invariants that hold for every case. */
export function soundness(project: CliProject): Record<string, unknown> {
  return {
    integrity: project.column("PRAGMA integrity_check"),
    foreignKeys: project.column("PRAGMA foreign_key_check"),
    kept: project.column("SELECT word FROM kept ORDER BY id"),
  };
}

export const SOUND = { integrity: ["ok"], foreignKeys: [], kept: KEPT };
