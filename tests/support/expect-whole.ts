import { expect } from "bun:test";
import { existsSync } from "node:fs";
import type { CliProject } from "./cli-project.ts";

export const PRESENT_ROWS = 40;

/** A database with rows that no migration names, and the tables t1, t2, … still to be made. */
export function populate(project: CliProject, mode: string, count = 3): void {
  project.exec(
    `PRAGMA journal_mode = ${mode};
     CREATE TABLE present (id INTEGER PRIMARY KEY, body TEXT);
     WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ${PRESENT_ROWS})
     INSERT INTO present SELECT i, hex(zeroblob(100)) || i FROM c;`,
  );
  project.tables(...Array.from({ length: count }, (_, index) => index + 1));
}

/**
 * The database is sound, its history is the first k of the migrations that make t1, t2, …, exactly their tables are there, and the other
 * rows are as they were. @returns k.
 */
export function expectWhole(project: CliProject, context: unknown = null): number {
  const applied = project.applied();
  const prefix = applied.map((_, index) => index + 1);
  expect({
    context,
    applied,
    tables: project.tableNames(),
    integrity: project.column("PRAGMA integrity_check"),
    rows: project.column("SELECT count(*) || ' ' || sum(id) || ' ' || max(length(body)) FROM present"),
  }).toEqual({
    context,
    applied: prefix,
    tables: ["present", ...prefix.map((n) => `t${n}`)],
    integrity: ["ok"],
    rows: [`${PRESENT_ROWS} ${(PRESENT_ROWS * (PRESENT_ROWS + 1)) / 2} ${200 + String(PRESENT_ROWS).length}`],
  });
  return applied.length;
}

/** The same command again ends the job, and leaves no file behind. */
export async function expectRecovery(project: CliProject, count = 3, context: unknown = null): Promise<void> {
  const { stderr, exitCode } = await project.migrate();
  expect({ context, stderr, exitCode }).toEqual({ context, stderr: "", exitCode: 0 });
  expect(expectWhole(project, context)).toBe(count);
  const left = ["-journal", "-wal", "-shm"].filter((end) => existsSync(project.path + end));
  expect({ context, left }).toEqual({ context, left: [] });
}
