import { describe, expect, test } from "bun:test";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";

const OFF = "-- Transaction: off\n";
const BY_HAND = `finish or undo it by hand, then: godwit mark ${v(1)} --applied (or --pending)`;

function incomplete(project: Project): unknown[] {
  const isThere = project.column("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations_incomplete'");
  return isThere.length === 0
    ? []
    : project.query("SELECT version, statement FROM schema_migrations_incomplete");
}

/** A migration of four statements that stops at its third. */
function stoppedHalfWay(): Project {
  const project = new Project();
  project.sql(
    1,
    "CREATE TABLE a (id INTEGER PRIMARY KEY);\nINSERT INTO a VALUES (1);\nINSERT INTO a VALUES (1);\nCREATE TABLE b (id);",
    "DROP TABLE a;",
    OFF,
  );
  return project;
}

describe("`Transaction: off`", () => {
  test("runs what no transaction can", async () => {
    using project = new Project();
    project.exec("CREATE TABLE old (id)");
    project.sql(1, "PRAGMA journal_mode = WAL;\nVACUUM;\nCREATE TABLE a (id);", null, OFF);
    await project.run();
    expect(project.applied()).toEqual([1]);
    expect(project.column("PRAGMA journal_mode")).toEqual(["wal"]);
    expect(incomplete(project)).toEqual([]);
    expect(project.column("SELECT name FROM sqlite_schema WHERE name LIKE '%_incomplete'")).toEqual([]);
  });

  test("runs apart from the group before and after it", async () => {
    using project = new Project();
    project.tables(1, 3);
    project.sql(2, "VACUUM;", null, OFF);
    await project.run();
    expect(project.told("migration-started", "migration-applied")).toEqual([
      "migration-started 1",
      "migration-applied 1",
      "migration-started 2",
      "migration-applied 2",
      "migration-started 3",
      "migration-applied 3",
    ]);
  });

  test("may frame statements in a transaction of its own", async () => {
    using project = new Project();
    project.sql(1, "CREATE TABLE a (id);\nBEGIN;\nINSERT INTO a VALUES (1);\nCOMMIT;\nVACUUM;", null, OFF);
    await project.run();
    expect(project.column("SELECT id FROM a")).toEqual([1]);
    expect(project.applied()).toEqual([1]);
  });

  test("in code runs in no transaction either, up and down", async () => {
    using project = new Project();
    project.write(
      1,
      `// Transaction: off
export function up(db) { db.run("VACUUM"); db.run("CREATE TABLE a (id)"); }
export function down(db) { db.run("DROP TABLE a"); db.run("VACUUM"); }`,
      "ts",
    );
    await project.run();
    expect(project.applied()).toEqual([1]);
    await project.run({ kind: "rollback" });
    expect(project.applied()).toEqual([]);
    expect(incomplete(project)).toEqual([]);
  });

  test("is rolled back by its way down, in no transaction", async () => {
    using project = new Project();
    project.sql(1, "CREATE TABLE a (id);", "DROP TABLE a;\nVACUUM;", OFF);
    await project.run();
    await project.run({ kind: "rollback" });
    expect(project.tableNames()).toEqual([]);
    expect(project.applied()).toEqual([]);
  });
});

describe("stopped half-way, it", () => {
  test("says what stays, ends with 5, and is noted", async () => {
    using project = stoppedHalfWay();
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "MIGRATION_FAILED",
      message: "UNIQUE constraint failed: a.id",
      outcome: "left_changed",
      exitCode: 5,
      state: "left changed: 2 of 4 statements ran and stay",
      hint: BY_HAND,
    });
    expect(failure.location).toMatchObject({ line: 5, column: 1 });
    expect(project.column("SELECT id FROM a")).toEqual([1]);
    expect(project.applied()).toEqual([]);
    expect(incomplete(project)).toEqual([{ version: v(1), statement: 3 }]);
    expect(project.told("migration-applied", "migration-failed")).toEqual(["migration-failed 1"]);
  });

  test("stops every run until it is decided", async () => {
    using project = stoppedHalfWay();
    await failureOf(project.run());
    for (const kind of ["migrate", "rollback", "redo"] as const) {
      const failure = await failureOf(project.run({ kind }));
      expect(failure).toMatchObject({
        code: "MIGRATION_INCOMPLETE",
        exitCode: 3,
        message: `${v(1)} is running or stopped half-way since 2026-02-14T12:00:00Z, at its statement 3`,
        outcome: "unchanged",
      });
    }
    expect((await project.manager().getStatus()).map(({ state }) => state)).toEqual(["incomplete"]);
  });

  test("is settled by marking it applied", async () => {
    using project = stoppedHalfWay();
    await failureOf(project.run());
    expect(await project.manager().mark(v(1), "applied")).toEqual([
      { version: v(1), description: "Step 1", state: "applied" },
    ]);
    expect(incomplete(project)).toEqual([]);
    expect((await project.manager().getStatus()).map(({ state }) => state)).toEqual(["applied"]);
    expect((await project.run()).done).toEqual([]);
  });

  test("is settled by marking it pending, and runs again", async () => {
    using project = stoppedHalfWay();
    await failureOf(project.run());
    await project.manager().mark(v(1), "pending");
    expect(incomplete(project)).toEqual([]);
    project.exec("DROP TABLE a");
    project.sql(1, "CREATE TABLE a (id);", null, OFF);
    await project.run();
    expect(project.applied()).toEqual([1]);
  });

  test("is told apart from the first statement failing, which changes nothing", async () => {
    using project = new Project();
    project.sql(1, "INSERT INTO nowhere VALUES (1);\nCREATE TABLE a (id);", null, OFF);
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "MIGRATION_FAILED",
      exitCode: 4,
      outcome: "rolled_back",
      state: "rolled back: no migration is applied",
    });
    expect(incomplete(project)).toEqual([]);
    expect((await project.manager().getStatus()).map(({ state }) => state)).toEqual(["pending"]);
  });

  test("counts what its own open transaction undid as not run", async () => {
    using project = new Project();
    project.sql(
      1,
      "CREATE TABLE a (id);\nBEGIN;\nINSERT INTO a VALUES (1);\nSELECT nope;\nCOMMIT;",
      null,
      OFF,
    );
    const failure = await failureOf(project.run());
    expect(failure.state).toBe("left changed: 1 of 5 statements ran and stay");
    expect(incomplete(project)).toEqual([{ version: v(1), statement: 2 }]);
    expect(project.column("SELECT count(*) FROM a")).toEqual([0]);
  });

  test("changes nothing where its own transaction held everything", async () => {
    using project = new Project();
    project.sql(1, "BEGIN;\nCREATE TABLE a (id);\nSELECT nope;\nCOMMIT;", null, OFF);
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({ outcome: "rolled_back", exitCode: 4 });
    expect(incomplete(project)).toEqual([]);
    expect(project.tableNames()).toEqual([]);
  });

  test("in code always counts as changed: nobody knows how far it came", async () => {
    using project = new Project();
    project.write(
      1,
      "// Transaction: off\nexport function up(db) { db.run('CREATE TABLE a (id)'); throw new Error('no good'); }",
      "ts",
    );
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "MIGRATION_FAILED",
      message: "no good",
      exitCode: 5,
      state: "left changed: what the code did before it failed stays",
      hint: BY_HAND,
    });
    expect(incomplete(project)).toEqual([{ version: v(1), statement: 1 }]);
  });

  test("is what a transaction left open makes of it", async () => {
    using project = new Project();
    const file = project.sql(1, "CREATE TABLE a (id);\nBEGIN;\nINSERT INTO a VALUES (1);", null, OFF);
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "TRANSACTION_LOST",
      message: `${v(1)} began a transaction and did not end it`,
      exitCode: 5,
      state: "left changed: 1 of 3 statements ran and stay",
    });
    expect(failure.location?.file).toBe(file);
    expect(project.column("SELECT count(*) FROM a")).toEqual([0]);
  });

  test("is what verify makes of it, with all its statements run", async () => {
    using project = new Project();
    project.write(
      1,
      `${OFF}-- up\nCREATE TABLE a (id);\nINSERT INTO a VALUES (1);\n-- verify\nSELECT id FROM a;\n`,
    );
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "VERIFY_FAILED",
      exitCode: 5,
      state: "left changed: 2 of 2 statements ran and stay",
    });
    expect(project.applied()).toEqual([]);
  });

  test("is what a new violation makes of it", async () => {
    using project = new Project();
    project.exec("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p(id))");
    project.sql(1, "INSERT INTO c VALUES (9);", null, OFF);
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "FOREIGN_KEY_VIOLATION",
      exitCode: 5,
      state: "left changed: 1 of 1 statements ran and stay",
    });
  });

  test("keeps what earlier migrations of the run did", async () => {
    using project = stoppedHalfWay();
    await failureOf(project.run());
    await project.manager().mark(v(1), "applied");
    project.tables(2);
    project.sql(3, "CREATE TABLE c (id);\nSELECT nope;", null, OFF);
    const failure = await failureOf(project.run());
    expect(failure.exitCode).toBe(5);
    expect(project.applied()).toEqual([1, 2]);
  });

  test("on the way down is incomplete too, and stays in the history", async () => {
    using project = new Project();
    project.sql(1, "CREATE TABLE a (id);", "DROP TABLE a;\nSELECT nope;", OFF);
    await project.run();
    const failure = await failureOf(project.run({ kind: "rollback" }));
    expect(failure).toMatchObject({ exitCode: 5, state: "left changed: 1 of 2 statements ran and stay" });
    expect(project.applied()).toEqual([1]);
    await project.manager().mark(v(1), "pending");
    expect(project.applied()).toEqual([]);
    expect(incomplete(project)).toEqual([]);
  });
});
