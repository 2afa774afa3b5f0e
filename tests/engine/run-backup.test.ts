import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { MigrationManager } from "../../src/engine/migration-manager.ts";
import { RestorePoints } from "../../src/history/restore-points.ts";
import { digestOf } from "../support/digest.ts";
import { failureOf } from "../support/failures.ts";
import { Project } from "../support/project.ts";

const FILL = "INSERT INTO t1 VALUES (7);";
const FAIL = "UPDATE t1 SET id = 8;\nSELECT nope;";

/** A database with a table and a row of somebody's, and the first migration applied. */
async function used(mode = "delete"): Promise<Project> {
  const project = new Project();
  project.exec(
    `PRAGMA journal_mode = ${mode}; CREATE TABLE kept (id INTEGER PRIMARY KEY); INSERT INTO kept VALUES (1)`,
  );
  project.tables(1);
  await project.run();
  project.events.length = 0;
  return project;
}

function points(project: Project) {
  return new RestorePoints(project.path).list();
}

function valuesIn(file: string, sql: string): unknown[] {
  using db = new Database(file, { readonly: true });
  return db.query(sql).values().flat();
}

describe.each(["delete", "wal"])("a run on a database with tables (%s)", (mode) => {
  test("that changes rows makes a restore point of what was there", async () => {
    using project = await used(mode);
    project.sql(2, FILL);
    await project.run();
    const [point, ...more] = points(project);
    expect(more).toEqual([]);
    expect(valuesIn(point!.file, "SELECT count(*) FROM t1")).toEqual([0]);
    expect(valuesIn(point!.file, "SELECT count(*) FROM schema_migrations")).toEqual([1]);
    expect(project.column("SELECT id FROM t1")).toEqual([7]);
    expect(project.told()).toEqual([
      "plan-ready",
      "backup-started",
      "backup-created",
      "migration-started 2",
      "migration-applied 2",
      "run-finished",
    ]);
  });

  test("that fails leaves no restore point, however often", async () => {
    using project = await used(mode);
    project.sql(2, FILL);
    await project.run();
    const before = points(project);
    project.sql(3, FAIL);
    for (let start = 0; start < 20; start++) await failureOf(() => project.run());
    expect(points(project)).toEqual(before);
    expect(readdirSync(`${project.path}.godwit`).sort()).toEqual([
      ".gitignore",
      `${before[0]!.id}.db`,
      "last-run-unsettled",
      "runs.ndjson",
    ]);
    expect(project.told("backup-removed").length).toBe(20);
  });

  test("that fails after others were committed keeps it", async () => {
    using project = await used(mode);
    project.sql(2, FILL);
    project.sql(3, FAIL);
    await failureOf(() => project.run());
    expect(points(project).length).toBe(1);
    expect(project.applied()).toEqual([1, 2]);
  });

  test("without a transaction makes it too, keeps it when half of it stays, and names the way back", async () => {
    using project = await used(mode);
    project.sql(
      2,
      FAIL.replace("UPDATE t1 SET id = 8", "INSERT INTO t1 VALUES (9)"),
      null,
      "-- Transaction: off\n",
    );
    const failure = await failureOf(() => project.run());
    const [point] = points(project);
    expect(failure).toMatchObject({ outcome: "left_changed", exitCode: 5 });
    expect(failure.hint).toEndWith(`godwit restore ${point!.id} --db ${project.path}`);
    expect(valuesIn(point!.file, "SELECT count(*) FROM t1")).toEqual([0]);
  });

  test("makes one for all its transactions", async () => {
    using project = await used(mode);
    for (const n of [2, 3, 4]) project.sql(n, `INSERT INTO t1 VALUES (${n});`);
    await project.run({ kind: "migrate" }, { commit: "each" });
    expect(points(project).length).toBe(1);
  });
});

describe("no restore point is made", () => {
  test.each([
    [
      "where all only adds",
      "CREATE TABLE t2 (id); ALTER TABLE t1 ADD COLUMN more TEXT; CREATE INDEX i ON t1 (more);",
    ],
    [
      "where a view and a trigger are made",
      "CREATE VIEW w AS SELECT 1; CREATE TRIGGER g AFTER INSERT ON t1 BEGIN SELECT 1; END;",
    ],
  ])("%s", async (_, sql) => {
    using project = await used();
    project.sql(2, sql);
    await project.run();
    expect(points(project)).toEqual([]);
  });

  test("where the database has no tables", async () => {
    using project = new Project();
    project.sql(1, "CREATE TABLE t1 (id);\nINSERT INTO t1 VALUES (1);");
    await project.run();
    expect(points(project)).toEqual([]);
  });

  test("where nothing is pending", async () => {
    using project = await used();
    await project.run();
    expect(points(project)).toEqual([]);
  });

  test("where it is not wanted", async () => {
    using project = await used();
    project.sql(2, FILL);
    await project.run({ kind: "migrate" }, { backup: { when: "never" } });
    expect(points(project)).toEqual([]);
  });

  test("of a database in memory", async () => {
    using project = await used();
    using db = new Database(":memory:");
    db.run("CREATE TABLE kept (id)");
    project.sql(2, FILL);
    expect((await new MigrationManager(db, project.folder).migrate()).length).toBe(2);
  });

  test("of more than it may take, which a note says", async () => {
    using project = await used();
    project.sql(2, FILL);
    await project.run({ kind: "migrate" }, { backup: { maxBytes: 5000 } });
    expect(points(project)).toEqual([]);
    expect(project.notes().map(({ message }) => message)).toEqual([
      expect.stringMatching(/^no restore point: the database has \d+ KB, and backup.max_size is 5 KB$/),
    ]);
  });
});

describe("a restore point is made", () => {
  test.each([
    ["code", "ts", "export function up() {}\n"],
    ["a constraint added", "sql", "ALTER TABLE t1 ADD CONSTRAINT c CHECK (id > 0);"],
    ["a column renamed", "sql", "ALTER TABLE t1 RENAME COLUMN id TO key;"],
    ["a pragma", "sql", "PRAGMA user_version = 3;"],
  ])("for %s", async (_, kind, text) => {
    using project = await used();
    project.write(2, text, kind);
    await project.run();
    expect(points(project).length).toBe(1);
  });

  test("for additions, where it is always wanted", async () => {
    using project = await used();
    project.tables(2);
    await project.run({ kind: "migrate" }, { backup: { when: "always" } });
    expect(points(project).length).toBe(1);
  });

  test("before a rollback and a redo", async () => {
    using project = await used();
    await project.run({ kind: "redo" });
    await project.run({ kind: "rollback" });
    expect(points(project).length).toBe(2);
  });

  test("over a handle of the caller's, and where it is told to", async () => {
    using project = await used();
    project.sql(2, FILL);
    using db = new Database(project.path);
    const dir = project.root.join("copies");
    await new MigrationManager(db, project.folder, { backup: { dir } }).migrate();
    expect(points(project)).toEqual([]);
    expect(new RestorePoints(project.path, dir).list().length).toBe(1);
  });
});

describe("the newest stay", () => {
  test("five, or as many as is said; the oldest go after a success only", async () => {
    using project = await used();
    for (let n = 2; n <= 8; n++) {
      project.sql(n, `INSERT INTO t1 VALUES (${n});`);
      await project.run();
    }
    expect(points(project).length).toBe(5);
    const before = points(project).map(({ id }) => id);
    project.sql(9, FAIL);
    await failureOf(() => project.run({ kind: "migrate" }, { backup: { keep: 2 } }));
    expect(points(project).map(({ id }) => id)).toEqual(before);
    project.sql(9, "INSERT INTO t1 VALUES (9);");
    await project.run({ kind: "migrate" }, { backup: { keep: 2 } });
    expect(points(project).length).toBe(2);
  });
});

describe("a run that was killed", () => {
  /** As if a process had been killed that made the restore point. */
  function leave(project: Project): void {
    const [point] = points(project);
    writeFileSync(`${project.path}.godwit/${point!.id}.${hostname()}-5000000.unfinished`, "");
  }

  test("before it had recorded anything leaves a restore point that the next one takes the place of", async () => {
    using project = await used();
    project.sql(2, FILL);
    await project.run();
    project.exec("DELETE FROM t1; DELETE FROM schema_migrations WHERE version LIKE '%2'");
    leave(project);
    await project.run();
    expect(points(project).length).toBe(1);
    expect(readdirSync(`${project.path}.godwit`).filter((name) => name.endsWith(".unfinished"))).toEqual([]);
  });

  test("after it had recorded something leaves one that stays", async () => {
    using project = await used();
    project.sql(2, FILL);
    await project.run();
    leave(project);
    project.sql(3, "DELETE FROM t1;");
    await project.run();
    expect(points(project).length).toBe(2);
  });
});

test("what cannot be copied is not migrated", async () => {
  using project = await used();
  project.sql(2, FILL);
  rmSync(`${project.path}.godwit`, { recursive: true });
  writeFileSync(`${project.path}.godwit`, "in the way");
  const before = digestOf(project.path);
  expect(await failureOf(() => project.run())).toMatchObject({
    code: "BACKUP_FAILED",
    exitCode: 4,
    outcome: "unchanged",
  });
  expect(digestOf(project.path)).toBe(before);
});
