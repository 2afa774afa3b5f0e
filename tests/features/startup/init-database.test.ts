import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { type InitOptions, initDatabase } from "../../../src/features/startup/init-database.ts";
import { failureOf } from "../../support/failures.ts";
import { v } from "../../support/intent.ts";
import { Project } from "../../support/project.ts";

function init(project: Project, options: InitOptions = {}): Promise<Database> {
  return initDatabase(project.path, { migrations: project.folder, ...options });
}

function pragma(db: Database, name: string): unknown {
  return db.query(`PRAGMA ${name}`).values()[0]?.[0];
}

const SETTINGS = ["journal_mode", "synchronous", "foreign_keys", "busy_timeout", "cache_size"];

describe("initDatabase", () => {
  test("makes, migrates and hands back a ready database", async () => {
    using project = new Project();
    project.tables(1, 2);
    using db = await init(project);
    db.run("INSERT INTO t1 VALUES (1)");
    expect(db.query("SELECT count(*) FROM schema_migrations").values()).toEqual([[2]]);
    expect(SETTINGS.map((name) => pragma(db, name))).toEqual(["wal", 1, 1, 5000, -16_384]);
  });

  test("takes other settings", async () => {
    using project = new Project();
    project.tables(1);
    using db = await init(project, {
      pragmas: {
        journalMode: "TRUNCATE",
        synchronous: "EXTRA",
        foreignKeys: false,
        busyTimeoutMs: 77,
        cacheSizeKib: 100,
      },
    });
    expect(SETTINGS.map((name) => pragma(db, name))).toEqual(["truncate", 3, 0, 77, -100]);
  });

  test("leaves as SQLite has it what is null", async () => {
    using project = new Project();
    project.tables(1);
    using plain = new Database(":memory:");
    const own = SETTINGS.slice(1).map((name) => pragma(plain, name));
    const nothing = {
      journalMode: null,
      synchronous: null,
      foreignKeys: null,
      busyTimeoutMs: null,
      cacheSizeKib: null,
    };
    using db = await init(project, { pragmas: nothing });
    expect(SETTINGS.map((name) => pragma(db, name))).toEqual(["delete", ...own]);
  });

  test("keeps WAL where it is on already, and applies only what is pending", async () => {
    using project = new Project();
    project.tables(1);
    (await init(project)).close();
    project.tables(2);
    const events: string[] = [];
    using db = await init(project, { onEvent: ({ kind }) => void events.push(kind) });
    expect(events).toEqual(["plan-ready", "migration-started", "migration-applied", "run-finished"]);
    expect(db.query("SELECT version FROM schema_migrations").values()).toEqual([[v(1)], [v(2)]]);
  });

  test("gives a database in memory that lives as long as its handle", async () => {
    using project = new Project();
    project.tables(1);
    using db = await initDatabase(":memory:", { migrations: project.folder });
    expect(db.query("SELECT count(*) FROM t1").values()).toEqual([[0]]);
    expect(pragma(db, "foreign_keys")).toBe(1);
  });

  test("takes a URL, another table and what is allowed", async () => {
    using project = new Project();
    project.tables(2);
    const options = { migrations: project.folder, table: "steps" };
    (await initDatabase(`sqlite:${project.path}`, options)).close();
    project.tables(1);
    expect(await failureOf(initDatabase(project.path, options))).toMatchObject({ code: "OUT_OF_ORDER" });
    using db = await initDatabase(project.path, { ...options, allow: { outOfOrder: true } });
    expect(db.query("SELECT count(*) FROM steps").values()).toEqual([[2]]);
  });

  test("opens a database although there is nothing to apply", async () => {
    using project = new Project();
    using db = await init(project);
    expect(pragma(db, "journal_mode")).toBe("wal");
  });
});

describe("initDatabase that fails", () => {
  test("in a migration closes the database and tells the failure", async () => {
    using project = new Project();
    project.tables(1);
    const file = project.sql(2, "SELECT nope;");
    const failure = await failureOf(init(project));
    expect(failure).toMatchObject({ code: "MIGRATION_FAILED", exitCode: 4 });
    expect(failure.location?.file).toBe(file);
    expect(existsSync(`${project.path}-wal`)).toBe(false);
    expect(project.applied()).toEqual([1]);
  });

  test("in the plan makes no file", async () => {
    using project = new Project();
    project.sql(1, "SELECT 1;", null, `-- Requires: ${v(9)}\n`);
    expect((await failureOf(init(project))).code).toBe("REQUIREMENT_MISSING");
    expect(project.exists()).toBe(false);
  });

  test.each([
    ["a statement that is not allowed", "-- up\nCOMMIT;", "sql", "STATEMENT_NOT_ALLOWED"],
    ["code that cannot be imported", "export const up = 1;", "ts", "CODE_INVALID"],
  ])("for %s makes no file", async (_name, text, kind, code) => {
    using project = new Project();
    project.write(1, text, kind);
    expect(String((await failureOf(init(project))).code)).toBe(code);
    expect(project.exists()).toBe(false);
  });

  test("for want of the folder makes no file", async () => {
    using project = new Project();
    expect((await failureOf(init(project, { migrations: `${project.folder}-none` }))).code).toBe(
      "MIGRATIONS_NOT_FOUND",
    );
    expect(project.exists()).toBe(false);
  });

  test("on a file that is no database says so", async () => {
    using project = new Project();
    project.tables(1);
    await Bun.write(project.path, "x".repeat(4096));
    expect(await failureOf(init(project))).toMatchObject({ code: "NOT_A_DATABASE", exitCode: 4 });
  });

  test("on a folder says so", async () => {
    using project = new Project();
    expect(await failureOf(initDatabase(project.root.path, { migrations: project.folder }))).toMatchObject({
      code: "NOT_A_DATABASE",
    });
  });

  test("on a database that stays locked says so, and waits no longer than told", async () => {
    using project = new Project();
    project.tables(1);
    project.exec("CREATE TABLE present (id)");
    using other = new Database(project.path);
    other.run("BEGIN EXCLUSIVE");
    const failure = await failureOf(init(project, { lockTimeoutMs: 30 }));
    expect(failure).toMatchObject({ code: "DATABASE_BUSY", exitCode: 4 });
    other.run("ROLLBACK");
    (await init(project)).close();
    expect(project.applied()).toEqual([1]);
  });

  test("refuses what is no name of a database", async () => {
    expect((await failureOf(initDatabase("mysql://host/db"))).code).toBe("DATABASE_URL_INVALID");
  });
});
