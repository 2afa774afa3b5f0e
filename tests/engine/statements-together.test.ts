import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MigrationManager } from "../../src/engine/migration-manager.ts";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { type Meddling, meddled } from "../support/meddled.ts";
import { Project } from "../support/project.ts";

const untouched: Meddling = (sql) => sql;
const migrate = (manager: MigrationManager) => manager.migrate();

/** Three migrations; the third makes two tables. */
function twoInTheThird(project: Project): void {
  project.tables(1, 2, 4);
  project.sql(3, "CREATE TABLE t3 (id);\nCREATE TABLE t3b (id);");
}

function timesOf(project: Project): number[] {
  return project
    .query<{ ms: number }>("SELECT execution_time_ms AS ms FROM schema_migrations ORDER BY version")
    .map(({ ms }) => ms);
}

describe("steps of several statements that are run together", () => {
  test("are told of and recorded once each", async () => {
    using project = new Project();
    twoInTheThird(project);
    await meddled(project, untouched, migrate);
    expect(project.tableNames()).toEqual(["t1", "t2", "t3", "t3b", "t4"]);
    expect(project.applied()).toEqual([1, 2, 3, 4]);
    expect(project.told("migration-started")).toEqual([1, 2, 3, 4].map((n) => `migration-started ${n}`));
  });

  test("fail at the statement that takes the transaction along", async () => {
    using project = new Project();
    twoInTheThird(project);
    const meddle: Meddling = (sql, run) => {
      if (!sql.startsWith("CREATE TABLE t3b")) return sql;
      run("ROLLBACK");
      return "CREATE TABLE sqlite_no (id)";
    };
    const failure = await meddled(project, meddle, (manager) => failureOf(manager.migrate()));
    expect(failure).toMatchObject({ code: "MIGRATION_FAILED", location: { line: 3 } });
    expect(failure.location?.file).toContain(v(3));
    expect(project.tableNames()).toEqual([]);
  });

  test("leave nothing outside of a transaction that one of them ends", async () => {
    using project = new Project();
    twoInTheThird(project);
    const meddle: Meddling = (sql) => (sql.startsWith("CREATE TABLE t3 ") ? `${sql}; ROLLBACK` : sql);
    const failure = await meddled(project, meddle, (manager) => failureOf(manager.migrate()));
    expect(failure.code).toBe("TRANSACTION_LOST");
    expect(project.tableNames()).toEqual([]);
  });

  test("nor of one that ends while they are told of", async () => {
    using project = new Project();
    twoInTheThird(project);
    let end = () => {};
    project.onEvent = (event) => {
      if (event.kind === "migration-started" && event.index === 3) end();
    };
    const meddle: Meddling = (sql, run) => {
      end = () => run("ROLLBACK");
      return sql;
    };
    const failure = await meddled(project, meddle, (manager) => failureOf(manager.migrate()));
    expect(failure.code).toBe("TRANSACTION_LOST");
    expect(project.tableNames()).toEqual([]);
  });
});

describe("the time of a step that is run with others", () => {
  test("is its own", async () => {
    using project = new Project();
    project.tables(1, 2, 3, 4);
    const meddle: Meddling = (sql) => {
      if (sql.startsWith("CREATE TABLE t3")) Bun.sleepSync(150);
      return sql;
    };
    await meddled(project, meddle, migrate);
    const [, second = 0, third = 0, fourth = 0] = timesOf(project);
    expect(third).toBeGreaterThanOrEqual(150);
    expect(third).toBeGreaterThan(Math.max(second, fourth));
  });

  test("is without what it takes to tell of them", async () => {
    using project = new Project();
    project.tables(1, 2, 3, 4);
    project.onEvent = ({ kind }) => {
      if (kind === "migration-started") project.clock.advance(30);
    };
    await project.run();
    expect(timesOf(project)).toEqual([0, 0, 0, 0]);
  });
});

test("what comes after so many shares another savepoint", async () => {
  using project = new Project();
  for (let n = 1; n <= 202; n++)
    writeFileSync(join(project.folder, `${20260101000000 + n}_a.sql`), `CREATE TABLE t${n} (id);`);
  let savepoints = 0;
  const meddle: Meddling = (sql) => {
    if (sql.startsWith("SAVEPOINT")) savepoints++;
    return sql;
  };
  await meddled(project, meddle, migrate);
  // The first is by itself, since it makes the history; then 200, and one.
  expect(savepoints).toBe(3);
  expect(project.tableNames()).toHaveLength(202);
  expect(timesOf(project)).toHaveLength(202);
});

test("what waits for the next transaction is not what an end of this one is charged to", async () => {
  using project = new Project();
  project.tables(1, 2, 3, 4);
  let isLate = false;
  const meddle: Meddling = (sql, run) => {
    if (sql.startsWith("CREATE TABLE t3")) {
      Bun.sleepSync(300);
      isLate = true;
    } else if (isLate && sql.startsWith("RELEASE")) run("ROLLBACK");
    return sql;
  };
  const failure = await meddled(project, meddle, (manager) => failureOf(manager.migrate()));
  expect(failure.code).toBe("TRANSACTION_LOST");
  expect(failure.location?.file).toContain(v(3));
});
