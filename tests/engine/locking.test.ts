import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { SYSTEM_CLOCK } from "../../src/base/clock.ts";
import { DatabaseError } from "../../src/databases/database-error.ts";
import { untilFree } from "../../src/engine/lock-wait.ts";
import { failureOf } from "../support/failures.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { Project } from "../support/project.ts";

function lockedBy(project: Project): Database {
  project.exec("CREATE TABLE present (id)");
  const other = new Database(project.path);
  other.run("BEGIN IMMEDIATE");
  return other;
}

describe("a run that finds the database locked", () => {
  test("waits, says so once after a second, and goes on when the lock is gone", async () => {
    using project = new Project();
    project.tables(1);
    using other = lockedBy(project);
    project.clock.onSleep = (elapsed) => {
      if (elapsed >= 5000 && other.inTransaction) other.run("ROLLBACK");
    };
    await project.run();
    expect(project.told()).toEqual([
      "lock-waiting",
      "plan-ready",
      "migration-started 1",
      "migration-applied 1",
      "run-finished",
    ]);
    expect(project.events[0]).toEqual({ kind: "lock-waiting", database: project.path, timeoutMs: 30_000 });
    expect(project.applied()).toEqual([1]);
  });

  test("says nothing where the lock is gone within a second", async () => {
    using project = new Project();
    project.tables(1);
    using other = lockedBy(project);
    project.clock.onSleep = (elapsed) => {
      if (elapsed >= 900 && other.inTransaction) other.run("ROLLBACK");
    };
    await project.run();
    expect(project.told()).not.toContain("lock-waiting");
  });

  test("gives up at the timeout, having changed nothing", async () => {
    using project = new Project();
    project.tables(1);
    using other = lockedBy(project);
    const failure = await failureOf(project.run({ kind: "migrate" }, { lockTimeoutMs: 3000 }));
    expect(other.inTransaction).toBe(true);
    expect(failure).toMatchObject({
      code: "DATABASE_BUSY",
      exitCode: 4,
      message: `${project.path} is locked by another connection`,
      hint: "end what holds the database, or wait longer with --lock-timeout",
      outcome: "unchanged",
    });
    expect(project.clock.elapsed()).toBe(3000);
    expect(project.told()).toEqual(["lock-waiting"]);
  });

  test("tries once where it may not wait at all", async () => {
    using project = new Project();
    project.tables(1);
    using _other = lockedBy(project);
    const failure = await failureOf(project.run({ kind: "migrate" }, { lockTimeoutMs: 0 }));
    expect(failure.code).toBe("DATABASE_BUSY");
    expect(project.clock.sleeps).toEqual([]);
  });

  test("by a connection that keeps readers out too, waits to read", async () => {
    using project = new Project();
    project.tables(1);
    using other = lockedBy(project);
    other.run("ROLLBACK");
    other.run("BEGIN EXCLUSIVE");
    project.clock.onSleep = (elapsed) => {
      if (elapsed >= 2000 && other.inTransaction) other.run("COMMIT");
    };
    await project.run();
    expect(project.told()[0]).toBe("lock-waiting");
    expect(project.applied()).toEqual([1]);
  });

  test("by a reader at its COMMIT, tries the COMMIT again", async () => {
    using project = new Project();
    project.tables(1);
    project.exec("CREATE TABLE present (id); INSERT INTO present VALUES (1)");
    using reader = new Database(project.path);
    reader.run("BEGIN");
    reader.query("SELECT * FROM present").all();
    project.clock.onSleep = (elapsed) => {
      if (elapsed >= 2000 && reader.inTransaction) reader.run("COMMIT");
    };
    await project.run();
    expect(project.told("lock-waiting", "migration-started", "migration-applied")).toEqual([
      "migration-started 1",
      "lock-waiting",
      "migration-applied 1",
    ]);
  });

  test("by a reader that never ends, rolls back and says so", async () => {
    using project = new Project();
    project.tables(1, 2);
    project.exec("CREATE TABLE present (id); INSERT INTO present VALUES (1)");
    using reader = new Database(project.path);
    reader.run("BEGIN");
    reader.query("SELECT * FROM present").all();
    const failure = await failureOf(project.run());
    reader.run("COMMIT");
    expect(failure).toMatchObject({
      code: "DATABASE_BUSY",
      exitCode: 4,
      outcome: "rolled_back",
      state: "rolled back: no migration is applied (2 migrations of this run are undone again)",
    });
    expect(project.tableNames()).toEqual(["present"]);
    expect(project.told("migration-applied")).toEqual([]);
  });

  test("waits to mark as well", async () => {
    using project = new Project();
    project.tables(1);
    using other = lockedBy(project);
    const failure = await failureOf(project.manager({ lockTimeoutMs: 0 }).mark("20260101000001", "applied"));
    expect(failure.code).toBe("DATABASE_BUSY");
    other.run("ROLLBACK");
    expect(await project.manager().mark("20260101000001", "applied")).toHaveLength(1);
  });
});

function busy(): DatabaseError {
  return new DatabaseError("database is locked", {
    kind: "busy",
    databaseCode: "SQLITE_BUSY",
    byteOffset: null,
  });
}

describe("untilFree", () => {
  test("returns what the action returns, without a pause where nothing is busy", async () => {
    const clock = new FakeClock();
    const wait = { clock, timeoutMs: 10, onWaiting: () => {} };
    expect(await untilFree(wait, "app.db", async () => 7)).toBe(7);
    expect(clock.sleeps).toEqual([]);
  });

  test("lets any other error through at once, as it is", async () => {
    const clock = new FakeClock();
    const wait = { clock, timeoutMs: 1000, onWaiting: () => {} };
    const error = new Error("no lock");
    await expect(untilFree(wait, "app.db", () => Promise.reject(error))).rejects.toBe(error);
    expect(clock.sleeps).toEqual([]);
  });

  test("pauses between 5 and 50 ms, and never past the timeout", async () => {
    const clock = new FakeClock();
    const wait = { clock, timeoutMs: 1500, onWaiting: () => {} };
    await failureOf(untilFree(wait, "app.db", () => Promise.reject(busy())));
    expect(clock.elapsed()).toBe(1500);
    expect(Math.max(...clock.sleeps)).toBeLessThanOrEqual(50);
    expect(Math.min(...clock.sleeps.slice(0, -1))).toBeGreaterThanOrEqual(5);
  });
});

test("the system's clock tells time, and sleeping lets it pass", async () => {
  const before = SYSTEM_CLOCK.elapsed();
  await SYSTEM_CLOCK.sleep(2);
  expect(SYSTEM_CLOCK.elapsed()).toBeGreaterThan(before);
  expect(SYSTEM_CLOCK.now()).toBeInstanceOf(Date);
});
