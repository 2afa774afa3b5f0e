import { describe, expect, test } from "bun:test";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";

describe("a setting that a migration leaves on its connection", () => {
  test("does not reach the next one: renamed tables keep their children", async () => {
    using project = new Project();
    project.sql(
      1,
      `PRAGMA legacy_alter_table = 1;
CREATE TABLE users (id INTEGER PRIMARY KEY);
CREATE TABLE posts (user_id INTEGER REFERENCES users(id));`,
    );
    project.sql(2, "ALTER TABLE users RENAME TO people;");
    await project.run();
    expect(project.column("SELECT \"table\" FROM pragma_foreign_key_list('posts')")).toEqual(["people"]);
  });

  test("does not reach the next one, where code set it", async () => {
    using project = new Project();
    project.sql(1, "CREATE TABLE t (id INTEGER CHECK (id > 0));");
    project.write(2, "export function up(db) { db.run('PRAGMA ignore_check_constraints = 1'); }", "js");
    project.sql(3, "INSERT INTO t VALUES (-1);");
    expect((await failureOf(project.run())).message).toBe("CHECK constraint failed: id > 0");
  });

  test.each(["query_only = 1", "max_page_count = 1", "case_sensitive_like = 1", "busy_timeout = 7"])(
    "does not stop the record: %s",
    async (setting) => {
      using project = new Project();
      project.sql(1, `CREATE TABLE t (id);\nPRAGMA ${setting};`);
      project.sql(2, "CREATE TABLE u (id);");
      await project.run();
      expect(project.applied()).toEqual([1, 2]);
    },
  );

  test("holds for the rest of its own file", async () => {
    using project = new Project();
    project.sql(
      1,
      "CREATE TABLE t (id CHECK (id > 0));\nPRAGMA ignore_check_constraints = 1;\nINSERT INTO t VALUES (-1);",
    );
    await project.run();
    expect(project.column("SELECT id FROM t")).toEqual([-1]);
  });
});

describe("the history is godwit's to write", () => {
  test.each([
    ["drops it", "DROP TABLE schema_migrations;"],
    ["renames it", "ALTER TABLE schema_migrations RENAME TO old_migrations;"],
    ["empties it", "DELETE FROM SCHEMA_MIGRATIONS;"],
    ["adds to it", "INSERT INTO schema_migrations (version, description) VALUES ('20990101000000', 'x');"],
  ])("a migration that %s is rolled back", async (_name, up) => {
    using project = new Project();
    project.tables(1);
    const file = project.sql(2, up);
    for (let attempt = 0; attempt < 2; attempt++) {
      const failure = await failureOf(project.run());
      expect(failure).toMatchObject({
        code: "MIGRATION_FAILED",
        message: `${v(2)} changes the history, which is godwit's to write`,
        outcome: "rolled_back",
      });
      expect(failure.location?.file).toBe(file);
      expect(project.applied()).toEqual([1]);
    }
  });

  test("a migration that only reads it is applied", async () => {
    using project = new Project();
    project.tables(1);
    project.sql(2, "CREATE TABLE seen AS SELECT version FROM schema_migrations;");
    await project.run();
    expect(project.column("SELECT version FROM seen")).toEqual([v(1)]);
  });

  test("a first migration may make it in the older runner's shape", async () => {
    using project = new Project();
    project.sql(
      1,
      `CREATE TABLE schema_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, version TEXT UNIQUE NOT NULL,
  description TEXT NOT NULL, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, execution_time_ms INTEGER);`,
    );
    await project.run();
    expect(project.applied()).toEqual([1]);
  });

  test("a temporary table of its name is not taken for it", async () => {
    using project = new Project();
    project.sql(
      1,
      `CREATE TEMP TABLE schema_migrations (id INTEGER PRIMARY KEY, version TEXT, description TEXT, applied_at TEXT,
  execution_time_ms INTEGER, checksum TEXT);`,
    );
    project.tables(2);
    await project.run();
    expect(project.applied()).toEqual([1, 2]);
  });

  test("what stands in the way of the record is named with the file", async () => {
    using project = new Project();
    project.tables(1);
    await project.run();
    const file = project.write(
      2,
      `export function up(db) {
  db.run("CREATE TRIGGER closed BEFORE INSERT ON schema_" + "migrations BEGIN SELECT RAISE(ABORT, 'closed'); END");
}`,
      "ts",
    );
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "HISTORY_INVALID",
      message:
        "the history cannot be written: the table schema_migrations is not godwit's: it has the trigger closed",
      exitCode: 4,
      outcome: "rolled_back",
    });
    expect(failure.location?.file).toBe(file);
    expect(project.tableNames()).toEqual(["t1"]);
  });

  test("an incomplete table of another shape is refused", async () => {
    using project = new Project();
    project.tables(1);
    project.exec("CREATE TABLE schema_migrations_incomplete (a)");
    expect(await failureOf(project.run())).toMatchObject({
      code: "HISTORY_FOREIGN",
      message: "the table schema_migrations_incomplete is not godwit's: no such column: version",
    });
  });
});
