import { Database } from "bun:sqlite";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { CliProject } from "../support/cli-project.ts";
import type { Sample } from "./sample.ts";

/** Databases that are not there, not SQLite's, not godwit's, or in no state to be worked on. */
export const DATABASE_SAMPLES = {
  HISTORY_FOREIGN: (project) => {
    project.tables(1);
    project.exec("CREATE TABLE schema_migrations (version bigint, dirty boolean)");
    return project.migrate();
  },
  HISTORY_INVALID: async (project) => {
    project.tables(1);
    await project.migrate();
    project.exec("INSERT INTO schema_migrations (version, description) VALUES (x'00', 'by hand')");
    return project.status();
  },

  DATABASE_NOT_FOUND: (project) => {
    project.tables(1);
    return project.migrate("--must-exist");
  },
  BACKUP_FAILED: (project) => {
    project.sql(1, "UPDATE present SET id = 2;");
    project.exec("CREATE TABLE present (id)");
    writeFileSync(`${project.path}.godwit`, "in the way");
    return project.migrate();
  },
  RESTORE_POINT_UNKNOWN: async (project) => {
    project.tables(1);
    await project.migrate();
    return project.godwit("restore", "20260214T120000Z", "--yes", "--db", "app.db");
  },
  RESTORE_POINT_DAMAGED: async (project) => {
    project.tables(1);
    await project.migrate();
    const file = project.root.write(
      "copy.db",
      "these bytes are no database, whoever calls them one\n".repeat(20),
    );
    return project.godwit("restore", file, "--yes", "--db", "app.db");
  },
  DATABASE_BUSY: async (project) => {
    project.tables(1);
    project.exec("CREATE TABLE present (id)");
    using other = new Database(project.path);
    other.run("BEGIN IMMEDIATE");
    return await project.migrate("--lock-timeout", "0");
  },
  /** The write version in the header is from a future SQLite: this one may only read (https://sqlite.org/fileformat.html#file_format_version_numbers). */
  DATABASE_READONLY: async (project) => {
    project.tables(1, 2);
    await project.migrate("--steps", "1");
    overwrite(project, 18, Uint8Array.of(3));
    return project.migrate();
  },
  DATABASE_REPLACED: (project) => {
    project.tables(1);
    project.write(
      2,
      `import { renameSync } from "node:fs";
export function up(db) {
  db.run("CREATE TABLE t2 (id)");
  renameSync("app.db", "elsewhere.db");
}`,
      "ts",
    );
    return project.migrate();
  },
  DATABASE_CORRUPT: async (project) => {
    project.tables(1);
    await project.migrate();
    overwrite(project, 4096, new Uint8Array(readFileSync(project.path).length - 4096).fill(0xff));
    return project.status();
  },
  NOT_A_DATABASE: (project) => {
    project.root.write(
      "app.db",
      "these bytes are no database, and long enough not to be an empty file\n".repeat(20),
    );
    return project.status();
  },
  /** SQLite cannot make its journal where a folder has the name. */
  DATABASE_FAILED: async (project) => {
    project.tables(1, 2);
    await project.migrate("--steps", "1");
    mkdirSync(`${project.path}-journal`);
    return project.migrate();
  },
} as const satisfies Record<string, Sample>;

function overwrite({ path }: CliProject, offset: number, bytes: Uint8Array): void {
  const content = readFileSync(path);
  content.set(bytes, offset);
  writeFileSync(path, content);
}
