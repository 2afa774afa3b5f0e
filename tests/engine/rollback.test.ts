import { describe, expect, test } from "bun:test";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";

async function applied(...numbers: readonly number[]): Promise<Project> {
  const project = new Project();
  project.tables(...numbers);
  await project.run();
  project.events.length = 0;
  return project;
}

describe("rollback", () => {
  test("undoes the newest and forgets it", async () => {
    using project = await applied(1, 2, 3);
    const { done, created } = await project.run({ kind: "rollback" });
    expect(created).toBe(false);
    expect(done).toEqual([
      { version: v(3), description: "Step 3", file: project.file(3), direction: "down", executionTimeMs: 0 },
    ]);
    expect(project.applied()).toEqual([1, 2]);
    expect(project.tableNames()).toEqual(["t1", "t2"]);
    expect(project.told()).toEqual([
      "plan-ready",
      "backup-started",
      "backup-created",
      "migration-started 3",
      "migration-rolled-back 3",
      "run-finished",
    ]);
  });

  test("of several goes from the newest down", async () => {
    using project = await applied(1, 2, 3);
    const { done } = await project.run({ kind: "rollback", to: v(1) });
    expect(done.map(({ version }) => version)).toEqual([v(3), v(2)]);
    expect(project.applied()).toEqual([1]);
  });

  test("of all leaves an empty history table", async () => {
    using project = await applied(1, 2, 3);
    await project.run({ kind: "rollback", all: true });
    expect(project.applied()).toEqual([]);
    expect(project.tableNames()).toEqual([]);
    expect(project.column("SELECT count(*) FROM schema_migrations")).toEqual([0]);
  });

  test("and migrate again gives the same database", async () => {
    using project = await applied(1, 2, 3);
    const schema = "SELECT sql FROM sqlite_schema ORDER BY name";
    const before = project.column(schema);
    await project.run({ kind: "rollback", all: true });
    await project.run();
    expect(project.column(schema)).toEqual(before);
    expect(project.applied()).toEqual([1, 2, 3]);
  });

  test("uses the present way down of a changed file, and says so", async () => {
    using project = await applied(1);
    project.sql(1, "CREATE TABLE t1 (id INTEGER, more TEXT);", "DROP TABLE t1;\nCREATE TABLE undone (id);");
    await project.run({ kind: "rollback" });
    expect(project.tableNames()).toEqual(["undone"]);
    expect(project.notes()).toEqual([
      { line: null, message: "changed since it was applied; its present down is used" },
    ]);
  });

  test("takes a corrected way down without a word: only `up` is hashed", async () => {
    using project = await applied(1);
    project.sql(1, "CREATE TABLE t1 (id INTEGER PRIMARY KEY);", "DROP TABLE IF EXISTS t1;");
    await project.run({ kind: "rollback" });
    expect(project.notes()).toEqual([]);
    expect(project.tableNames()).toEqual([]);
  });

  test("that fails keeps the steps before it and what is left applied", async () => {
    using project = new Project();
    project.tables(1, 3);
    const file = project.sql(2, "CREATE TABLE t2 (id);", "DROP TABLE nowhere;");
    await project.run();
    const failure = await failureOf(project.run({ kind: "rollback", all: true }));
    expect(failure).toMatchObject({
      code: "MIGRATION_FAILED",
      message: "no such table: nowhere",
      state: `rolled back: the database is at ${v(2)} (1 earlier migration of this run stays done)`,
      hint: `mend ${file} and run again`,
    });
    expect(project.applied()).toEqual([1, 2]);
    expect(project.tableNames()).toEqual(["t1", "t2"]);
  });
});

describe("rollback is refused, before anything is undone,", () => {
  test("where one of several has no way down", async () => {
    using project = new Project();
    const file = project.sql(1, "CREATE TABLE t1 (id);");
    project.tables(2);
    await project.run();
    const failure = await failureOf(project.run({ kind: "rollback", steps: 2 }));
    expect(failure).toMatchObject({
      code: "DOWN_MISSING",
      exitCode: 3,
      message: `${v(1)} cannot be undone: it has no way down`,
      hint: 'write the SQL under "-- down"',
    });
    expect(failure.location).toMatchObject({ file, line: null });
    expect(project.applied()).toEqual([1, 2]);
  });

  test("where the way down holds only a comment, at its marker", async () => {
    using project = new Project();
    project.sql(1, "CREATE TABLE t1 (id);", "-- cannot drop a column");
    await project.run();
    const failure = await failureOf(project.run({ kind: "rollback" }));
    expect(failure.code).toBe("DOWN_MISSING");
    expect(failure.location).toMatchObject({ line: 4, column: 1 });
  });

  test("where a file is gone", async () => {
    using project = await applied(1, 2);
    project.remove(2);
    const failure = await failureOf(project.run({ kind: "rollback" }));
    expect(failure).toMatchObject({ code: "MIGRATION_MISSING", exitCode: 3 });
    expect(project.applied()).toEqual([1, 2]);
  });

  test("where the file is the older runner's", async () => {
    using project = new Project();
    project.write(1, "def up(conn):\n    pass\n", "py");
    project.exec(
      `CREATE TABLE schema_migrations (id INTEGER PRIMARY KEY, version TEXT UNIQUE NOT NULL, description TEXT NOT NULL, applied_at TIMESTAMP, execution_time_ms INTEGER);
       INSERT INTO schema_migrations (version, description) VALUES ('${v(1)}', 'old');`,
    );
    const failure = await failureOf(project.run({ kind: "rollback" }));
    expect(failure).toMatchObject({
      code: "DOWN_MISSING",
      message: `${v(1)} cannot be undone: it is a Python migration, which godwit cannot run`,
    });
  });

  test("where the file can no longer be read, which stops only what needs it", async () => {
    using project = await applied(1, 2);
    project.write(1, "-- up\nSELECT 'open");
    expect((await project.run({ kind: "rollback" })).done).toHaveLength(1);
    const failure = await failureOf(project.run({ kind: "rollback" }));
    expect(failure).toMatchObject({ code: "SQL_UNTERMINATED", exitCode: 3 });
    expect(project.applied()).toEqual([1]);
  });
});

describe("rollback of many over several commits", () => {
  test("is refused to go on where another run has applied something newer", async () => {
    using project = await applied(1, 2, 3);
    project.onEvent = (event) => {
      if (event.kind !== "migration-rolled-back" || event.migration.version !== v(3)) return;
      project.exec(
        `INSERT INTO schema_migrations (version, description) VALUES ('${v(9)}', 'from elsewhere')`,
      );
    };
    const failure = await failureOf(project.run({ kind: "rollback", all: true }, { commit: "each" }));
    expect(failure).toMatchObject({
      code: "HISTORY_MOVED",
      exitCode: 4,
      message: `another run changed the history in between (${v(9)})`,
      hint: "look at `godwit status`, then run again",
      outcome: "rolled_back",
      state: `rolled back: the database is at ${v(9)} (1 earlier migration of this run stays done)`,
    });
    expect(project.applied()).toEqual([1, 2, 9]);
  });

  test("is refused to go on where another run has undone the next, or applied the last again", async () => {
    for (const change of [
      `DELETE FROM schema_migrations WHERE version = '${v(1)}'`,
      `INSERT INTO schema_migrations (version, description) VALUES ('${v(3)}', 'again')`,
    ]) {
      using project = await applied(1, 2, 3);
      project.onEvent = (event) => {
        if (event.kind === "migration-rolled-back" && event.migration.version === v(3)) project.exec(change);
      };
      const failure = await failureOf(project.run({ kind: "rollback", all: true }, { commit: "each" }));
      expect(failure).toMatchObject({ code: "HISTORY_MOVED", exitCode: 4 });
      expect(project.tableNames()).toEqual(["t1", "t2"]);
    }
  });
});
