import { describe, expect, test } from "bun:test";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";

describe("redo", () => {
  test("rolls the newest back and applies them as their files are now", async () => {
    using project = new Project();
    project.tables(1, 2, 3);
    await project.run();
    project.exec("INSERT INTO t2 VALUES (1); INSERT INTO t1 VALUES (1)");
    project.sql(3, "CREATE TABLE t3 (id INTEGER, name TEXT);", "DROP TABLE t3;");
    const { done } = await project.run({ kind: "redo", steps: 2 });
    expect(done.map(({ direction, version }) => [direction, version])).toEqual([
      ["down", v(3)],
      ["down", v(2)],
      ["up", v(2)],
      ["up", v(3)],
    ]);
    expect(project.column("SELECT name FROM pragma_table_info('t3')")).toEqual(["id", "name"]);
    expect(project.column("SELECT count(*) FROM t2")).toEqual([0]);
    expect(project.column("SELECT count(*) FROM t1")).toEqual([1]);
    expect((await project.manager().getStatus()).map(({ state }) => state)).toEqual([
      "applied",
      "applied",
      "applied",
    ]);
  });

  test("is all or nothing: a failing way up leaves the database as it was", async () => {
    using project = new Project();
    project.tables(1, 2);
    await project.run();
    project.exec("INSERT INTO t1 VALUES (7); INSERT INTO t2 VALUES (8)");
    project.events.length = 0;
    project.sql(2, "CREATE TABLE t2 (id);\nSELECT nope;", "DROP TABLE t2;");
    const failure = await failureOf(project.run({ kind: "redo", steps: 2 }));
    expect(failure).toMatchObject({
      code: "MIGRATION_FAILED",
      outcome: "rolled_back",
      state: `rolled back: the database is at ${v(2)} (3 earlier migrations of this run are undone again)`,
    });
    expect(project.applied()).toEqual([1, 2]);
    expect(project.column("SELECT id FROM t1 UNION ALL SELECT id FROM t2")).toEqual([7, 8]);
    expect(project.told("migration-applied", "migration-rolled-back")).toEqual([]);
  });

  test("stays in one commit however long it takes", async () => {
    using project = new Project();
    project.tables(1, 2);
    await project.run();
    project.events.length = 0;
    project.onEvent = ({ kind }) => {
      if (kind === "migration-started") project.clock.advance(1000);
    };
    await project.run({ kind: "redo", steps: 2 }, { commit: "each" });
    expect(
      project.told("migration-started", "migration-applied", "migration-rolled-back").slice(0, 5),
    ).toEqual([
      "migration-started 2",
      "migration-started 1",
      "migration-started 1",
      "migration-started 2",
      "migration-rolled-back 2",
    ]);
  });

  test.each([
    ["enforces foreign keys", "-- Foreign keys: on\n", "SELECT nope;"],
    ["may roll everything back", "", "INSERT OR ROLLBACK INTO t1 VALUES (1), (1);"],
  ])("of a migration that %s is all or nothing too", async (_name, head, failing) => {
    using project = new Project();
    const create = "CREATE TABLE t1 (id INTEGER PRIMARY KEY);";
    const harmless = "INSERT OR ROLLBACK INTO t1 VALUES (5);";
    project.sql(1, `${create}\n${harmless}`, "DROP TABLE t1;", head);
    await project.run();
    await project.run({ kind: "redo" });
    expect(project.applied()).toEqual([1]);

    project.exec("INSERT INTO t1 VALUES (7)");
    project.sql(1, `${create}\n${failing}`, "DROP TABLE t1;", head);
    expect(await failureOf(project.run({ kind: "redo" }))).toMatchObject({ outcome: "rolled_back" });
    expect(project.applied()).toEqual([1]);
    expect(project.column("SELECT id FROM t1")).toEqual([5, 7]);
  });

  test("is refused without a database and without a way down", async () => {
    using project = new Project();
    project.sql(1, "CREATE TABLE t1 (id);");
    expect((await failureOf(project.run({ kind: "redo" }))).code).toBe("DATABASE_NOT_FOUND");
    await project.run();
    expect((await failureOf(project.run({ kind: "redo" }))).code).toBe("DOWN_MISSING");
    expect(project.applied()).toEqual([1]);
  });
});
