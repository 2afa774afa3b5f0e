import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { copyFileSync, renameSync } from "node:fs";
import type { RunEvent } from "../../src/engine/events.ts";
import { MigrationManager } from "../../src/engine/migration-manager.ts";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";

const THIRD = `INSERT INTO schema_migrations (version, description) VALUES ('${v(3)}', 'by another'); CREATE TABLE t3 (id INTEGER PRIMARY KEY);`;

/** Migrates with a commit for each step; `action` comes after the second of them. */
async function disturbed(
  database: string | Database,
  project: Project,
  action: () => void,
): Promise<readonly string[]> {
  let isDone = false;
  const onEvent = (event: RunEvent) => {
    if (isDone || event.kind !== "migration-applied" || event.migration.version !== v(2)) return;
    isDone = true;
    action();
  };
  const done = await new MigrationManager(database, project.folder, { commit: "each", onEvent }).migrate();
  return done.map(({ version }) => version);
}

function inOtherProcess(path: string, sql: string): void {
  const script = `new (require("bun:sqlite").Database)(${JSON.stringify(path)}).run(${JSON.stringify(sql)})`;
  const { exitCode } = Bun.spawnSync([process.execPath, "-e", script], { timeout: 30_000 });
  expect(exitCode).toBe(0);
}

describe("what is committed between two commits of a run is seen,", () => {
  for (const mode of ["wal", "delete"]) {
    test.each(["a path", "a handle"])(`in ${mode} mode, by another process, over %s`, async (how) => {
      using project = new Project();
      project.exec(`PRAGMA journal_mode = ${mode}`);
      project.tables(1, 2, 3, 4);
      using handle = new Database(project.path);
      const applied = await disturbed(how === "a path" ? project.path : handle, project, () =>
        inOtherProcess(project.path, THIRD),
      );
      expect(applied).toEqual([v(1), v(2), v(4)]);
    });
  }

  test.each([":memory:", "file"])("over the caller's own handle: %s", async (where) => {
    using project = new Project();
    project.tables(1, 2, 3, 4);
    using handle = new Database(where === "file" ? project.path : where);
    expect(await disturbed(handle, project, () => handle.run(THIRD))).toEqual([v(1), v(2), v(4)]);
  });

  test.each(["another connection", "the same handle"])("foreign keys too, over %s", async (who) => {
    using project = new Project();
    project.exec("CREATE TABLE parent (id INTEGER PRIMARY KEY)");
    project.sql(1, "INSERT INTO parent VALUES (1);");
    project.sql(2, "INSERT INTO parent VALUES (2);");
    project.sql(3, "DELETE FROM parent;");
    using handle = new Database(project.path);
    const keys = "CREATE TABLE child (p REFERENCES parent (id)); INSERT INTO child VALUES (1);";
    const run = disturbed(handle, project, () =>
      who === "the same handle" ? handle.run(keys) : project.exec(keys),
    );
    expect(await failureOf(run)).toMatchObject({ code: "FOREIGN_KEY_VIOLATION", outcome: "rolled_back" });
    expect(project.applied()).toEqual([1, 2]);
  });
});

/** A history in which the number of a row comes again. */
const WITHOUT_AUTOINCREMENT = `CREATE TABLE schema_migrations (id INTEGER PRIMARY KEY, version TEXT UNIQUE NOT NULL,
  description TEXT NOT NULL, applied_at TIMESTAMP, execution_time_ms INTEGER, checksum TEXT);`;

/** Puts another file in the database's place, so that COMMIT is refused. */
function replace(project: Project): void {
  copyFileSync(project.path, `${project.path}.copy`);
  renameSync(project.path, `${project.path}.old`);
  renameSync(`${project.path}.copy`, project.path);
}

describe("a commit that was refused is not told of as done", () => {
  test.each(["", WITHOUT_AUTOINCREMENT])("of a redo, over the history %j", async (history) => {
    using project = new Project();
    if (history !== "") project.exec(history);
    project.tables(1);
    await project.run();
    project.events.length = 0;
    project.onEvent = (event) => {
      if (event.kind === "migration-started" && event.migration.direction === "up") replace(project);
    };
    const failure = await failureOf(project.run({ kind: "redo" }));
    expect(failure).toMatchObject({ code: "DATABASE_REPLACED", outcome: "rolled_back" });
    expect(project.told("migration-applied", "migration-rolled-back")).toEqual([]);
  });

  test("where the record of the step after it could not be written", async () => {
    using project = new Project();
    project.tables(1, 2);
    project.sql(
      3,
      "CREATE TRIGGER stop BEFORE INSERT ON schema_migrations BEGIN SELECT RAISE(ABORT, 'no'); END;",
    );
    project.onEvent = (event) => {
      if (event.kind === "migration-started" && event.migration.version === v(3)) replace(project);
    };
    await failureOf(project.run());
    expect(project.told("migration-applied")).toEqual([]);
  });
});
