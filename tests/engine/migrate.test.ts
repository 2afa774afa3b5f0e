import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";

const MAKE_AND_RECORD = "SELECT count(*) FROM sqlite_schema WHERE name LIKE 't_'";

describe("migrate", () => {
  test("applies everything in the order of the versions and records it", async () => {
    using project = new Project();
    project.sql(2, "ALTER TABLE notes ADD COLUMN body TEXT;");
    project.write(1, "-- Description: Add notes\n-- up\nCREATE TABLE notes (id INTEGER PRIMARY KEY);");
    const { done, created } = await project.run();
    expect(created).toBe(true);
    expect(done.map(({ version, description, direction }) => [version, description, direction])).toEqual([
      [v(1), "Add notes", "up"],
      [v(2), "Step 2", "up"],
    ]);
    expect(project.column("SELECT name FROM pragma_table_info('notes')")).toEqual(["id", "body"]);
    expect(
      project.query(
        "SELECT version, description, applied_at, execution_time_ms FROM schema_migrations ORDER BY id",
      ),
    ).toEqual([
      { version: v(1), description: "Add notes", applied_at: "2026-02-14 12:00:00", execution_time_ms: 0 },
      { version: v(2), description: "Step 2", applied_at: "2026-02-14 12:00:00", execution_time_ms: 0 },
    ]);
    expect(project.column("SELECT length(checksum) FROM schema_migrations")).toEqual([64, 64]);
  });

  test("a second run has nothing to do and changes no byte", async () => {
    using project = new Project();
    project.tables(1, 2);
    await project.run();
    const before = await Bun.file(project.path).bytes();
    expect((await project.run()).done).toEqual([]);
    expect(await Bun.file(project.path).bytes()).toEqual(before);
  });

  test("tells what it does, and says applied only at the end", async () => {
    using project = new Project();
    project.tables(1, 2);
    await project.run();
    expect(project.told()).toEqual([
      "database-creating",
      "plan-ready",
      "migration-started 1",
      "migration-started 2",
      "migration-applied 1",
      "migration-applied 2",
      "run-finished",
    ]);
    expect(project.events.filter(({ kind }) => kind === "migration-started")).toMatchObject([
      { index: 1, total: 2 },
      { index: 2, total: 2 },
    ]);
  });

  test("measures each migration by the clock it is given", async () => {
    using project = new Project();
    project.write(1, "export function up(db, { log }) { log('working'); }", "js");
    project.onEvent = ({ kind }) => {
      if (kind === "migration-log") project.clock.advance(40);
    };
    const { done, durationMs } = await project.run();
    expect(done[0]?.executionTimeMs).toBe(40);
    expect(durationMs).toBe(40);
    expect(project.column("SELECT execution_time_ms FROM schema_migrations")).toEqual([40]);
  });

  test("--to stops after its version, --steps after its number, and the rest comes later", async () => {
    using project = new Project();
    project.tables(1, 2, 3, 4);
    await project.run({ kind: "migrate", to: v(2) });
    expect(project.applied()).toEqual([1, 2]);
    await project.run({ kind: "migrate", steps: 1 });
    expect(project.applied()).toEqual([1, 2, 3]);
    await project.run({ kind: "migrate" });
    expect(project.applied()).toEqual([1, 2, 3, 4]);
  });

  test("--steps counts over several commits", async () => {
    using project = new Project();
    project.tables(1, 2, 3, 4);
    await project.run({ kind: "migrate", steps: 3 }, { commit: "each" });
    expect(project.applied()).toEqual([1, 2, 3]);
  });

  test("works on another history table where one is named", async () => {
    using project = new Project();
    project.tables(1);
    await project.run({ kind: "migrate" }, { table: 'my "history"' });
    expect(project.column('SELECT version FROM "my ""history"""')).toEqual([v(1)]);
    expect(project.column("SELECT name FROM sqlite_schema WHERE name = 'schema_migrations'")).toEqual([]);
  });
});

describe("commits", () => {
  test("many small migrations share one", async () => {
    using project = new Project();
    project.tables(1, 2, 3);
    project.exec("CREATE TABLE present (id)");
    using watcher = new Database(project.path);
    const seen: unknown[] = [];
    project.onEvent = ({ kind }) => {
      if (kind.startsWith("migration-")) seen.push([kind, watcher.query(MAKE_AND_RECORD).values()[0]?.[0]]);
    };
    await project.run();
    expect(seen).toEqual([
      ["migration-started", 0],
      ["migration-started", 0],
      ["migration-started", 0],
      ["migration-applied", 3],
      ["migration-applied", 3],
      ["migration-applied", 3],
    ]);
  });

  test("`commit: each` commits every one before the next begins", async () => {
    using project = new Project();
    project.tables(1, 2);
    project.exec("CREATE TABLE present (id)");
    using watcher = new Database(project.path);
    const seen: unknown[] = [];
    project.onEvent = ({ kind }) => {
      if (kind.startsWith("migration-")) seen.push([kind, watcher.query(MAKE_AND_RECORD).values()[0]?.[0]]);
    };
    await project.run({ kind: "migrate" }, { commit: "each" });
    expect(seen).toEqual([
      ["migration-started", 0],
      ["migration-applied", 1],
      ["migration-started", 1],
      ["migration-applied", 2],
    ]);
  });

  test("a shared one ends at the first boundary after 250 ms", async () => {
    using project = new Project();
    project.tables(1, 2, 3, 4);
    project.onEvent = ({ kind }) => {
      if (kind === "migration-started") project.clock.advance(130);
    };
    await project.run();
    expect(project.told("migration-started", "migration-applied")).toEqual([
      "migration-started 1",
      "migration-started 2",
      "migration-applied 1",
      "migration-applied 2",
      "migration-started 3",
      "migration-started 4",
      "migration-applied 3",
      "migration-applied 4",
    ]);
  });
});

describe("a failing migration", () => {
  test("leaves those before it applied, those after it pending, and the next run ends the job", async () => {
    using project = new Project();
    project.tables(1, 2, 4, 5);
    const file = project.sql(3, "CREATE TABLE t3 (id);\nINSERT INTO nowhere VALUES (1);");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "MIGRATION_FAILED",
      exitCode: 4,
      message: "no such table: nowhere",
      outcome: "rolled_back",
      state: `rolled back: the database is at ${v(2)} (2 earlier migrations of this run stay done)`,
    });
    expect(failure.location).toMatchObject({ file, line: 3, column: 1 });
    expect(project.applied()).toEqual([1, 2]);
    expect(project.tableNames()).toEqual(["t1", "t2"]);
    expect(project.told("migration-applied", "migration-failed", "run-finished")).toEqual([
      "migration-applied 1",
      "migration-applied 2",
      "migration-failed 3",
    ]);

    project.tables(3);
    await project.run();
    expect(project.applied()).toEqual([1, 2, 3, 4, 5]);
    expect(project.tableNames()).toEqual(["t1", "t2", "t3", "t4", "t5"]);
  });

  test("says so where it is the first, and where one came before it", async () => {
    using first = new Project();
    first.sql(1, "SELECT nothing;");
    expect((await failureOf(first.run())).state).toBe("rolled back: no migration is applied");

    using second = new Project();
    second.tables(1);
    second.sql(2, "SELECT nothing;");
    expect((await failureOf(second.run())).state).toBe(
      `rolled back: the database is at ${v(1)} (1 earlier migration of this run stays done)`,
    );
  });

  test("keeps a committed run of `commit: each`", async () => {
    using project = new Project();
    project.tables(1);
    project.sql(2, "SELECT nothing;");
    const failure = await failureOf(project.run({ kind: "migrate" }, { commit: "each" }));
    expect(failure.state).toBe(
      `rolled back: the database is at ${v(1)} (1 earlier migration of this run stays done)`,
    );
    expect(project.applied()).toEqual([1]);
  });

  test("is told in the event exactly as it is thrown", async () => {
    using project = new Project();
    project.sql(1, "SELECT nothing;");
    const failure = await failureOf(project.run());
    expect(project.events.at(-1)).toMatchObject({ kind: "migration-failed", error: failure });
  });
});
