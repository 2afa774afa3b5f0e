import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { runPlan } from "../../src/engine/run-plan.ts";
import { beforeExecute } from "../support/access.ts";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";

const OFF = "-- Transaction: off\n";

describe("a `Transaction: off` migration that another run", () => {
  test("has ended since the plan was made is not run a second time", async () => {
    using project = new Project();
    project.exec("CREATE TABLE counter (n); INSERT INTO counter VALUES (0)");
    project.sql(1, "UPDATE counter SET n = n + 1;", null, OFF);
    let isFirst = true;
    project.onEvent = ({ kind }) => {
      if (kind !== "migration-started" || !isFirst) return;
      isFirst = false;
      project.exec(
        `CREATE TABLE schema_migrations (id INTEGER PRIMARY KEY, version TEXT UNIQUE NOT NULL, description TEXT NOT NULL,
           applied_at TIMESTAMP, execution_time_ms INTEGER);
         UPDATE counter SET n = n + 1;
         INSERT INTO schema_migrations (version, description) VALUES ('${v(1)}', 'Step 1');`,
      );
    };
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "HISTORY_MOVED",
      exitCode: 4,
      message: `another run changed the history in between (${v(1)})`,
      hint: "look at `godwit status`, then run again",
    });
    expect(project.column("SELECT n FROM counter")).toEqual([1]);
  });

  test("has begun since is left to it", async () => {
    using project = new Project();
    project.exec("CREATE TABLE counter (n); INSERT INTO counter VALUES (0)");
    project.sql(1, "UPDATE counter SET n = n + 1;", null, OFF);
    project.onEvent = ({ kind }) => {
      if (kind !== "migration-started") return;
      project.exec(
        `CREATE TABLE schema_migrations_incomplete (version TEXT PRIMARY KEY NOT NULL, statement INTEGER NOT NULL, started_at TIMESTAMP NOT NULL);
         INSERT INTO schema_migrations_incomplete VALUES ('${v(1)}', 1, '2026-02-14 12:00:00');`,
      );
    };
    expect((await failureOf(project.run())).code).toBe("HISTORY_MOVED");
    expect(project.column("SELECT n FROM counter")).toEqual([0]);
    expect(project.column("SELECT version FROM schema_migrations_incomplete")).toEqual([v(1)]);
  });
});

describe("a `Transaction: off` migration whose end cannot be recorded", () => {
  test("is left changed and noted, with the database's own reason", async () => {
    using project = new Project();
    project.exec("CREATE TABLE present (id)");
    project.write(
      1,
      `// Transaction: off
export function up(db, { log }) { db.run("CREATE TABLE a (id)"); log("done"); }`,
      "ts",
    );
    using other = new Database(project.path);
    project.onEvent = ({ kind }) => {
      if (kind === "migration-log") other.run("BEGIN IMMEDIATE");
    };
    const failure = await failureOf(project.run({ kind: "migrate" }, { lockTimeoutMs: 20 }));
    other.run("ROLLBACK");
    expect(failure).toMatchObject({
      code: "DATABASE_BUSY",
      exitCode: 5,
      outcome: "left_changed",
      state: "left changed: what the code did before it failed stays",
    });
    expect(project.tableNames()).toEqual(["a", "present"]);
    expect((await project.manager().getStatus()).map(({ state }) => state)).toEqual(["incomplete"]);
  });

  test("in SQL too: the note of its third statement meets a lock", async () => {
    using project = new Project();
    project.exec("CREATE TABLE present (id)");
    project.sql(1, "CREATE TABLE a (id);\nCREATE TABLE b (id);\nCREATE TABLE c (id);", null, OFF);
    using other = new Database(project.path);
    const database = beforeExecute(project.subject().database, (sql, values) => {
      if (sql.includes("_incomplete") && values[1] === 3) other.run("BEGIN IMMEDIATE");
    });
    const subject = { ...project.subject({ lockTimeoutMs: 20 }), database };
    const failure = await failureOf(runPlan(subject, { plan: { kind: "migrate" } }));
    other.run("ROLLBACK");
    expect(failure).toMatchObject({
      code: "DATABASE_BUSY",
      exitCode: 5,
      state: "left changed: 2 of 3 statements ran and stay",
    });
    expect(project.tableNames()).toEqual(["a", "b", "present"]);
    expect(project.column("SELECT statement FROM schema_migrations_incomplete")).toEqual([2]);
  });
});
