import { Database } from "bun:sqlite";
import { describe, expect, spyOn, test } from "bun:test";
import { DatabaseError } from "../../src/databases/database-error.ts";
import { accessHandle } from "../../src/databases/open-database.ts";
import { SqliteConnection } from "../../src/databases/sqlite/sqlite-connection.ts";
import type { PlanRequest } from "../../src/engine/plan.ts";
import { runPlan } from "../../src/engine/run-plan.ts";
import { failureOf } from "../support/failures.ts";
import { Project } from "../support/project.ts";

interface Row {
  readonly name: string;
  readonly up: string;
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

const INSERTS = Array.from(
  { length: 60 },
  (_, index) => `INSERT INTO t VALUES (${index === 39 ? 1 : index});`,
);

/** The first line of `up` is line 2 of the file. */
const ROWS: readonly Row[] = [
  {
    name: "an unknown column",
    up: "CREATE TABLE t (id);\nSELECT id,\n  nope FROM t;",
    message: "no such column: nope",
    line: 4,
    column: 3,
  },
  {
    name: "a syntax error on the second of two statements in a line",
    up: "CREATE TABLE t (id); SELEC 1;",
    message: 'near "SELEC": syntax error',
    line: 2,
    column: 22,
  },
  {
    name: "a column after letters of two, three and four bytes",
    up: "SELECT 'ä€😀', nope;",
    message: "no such column: nope",
    line: 2,
    column: 15,
  },
  {
    name: "a line after lines that hold such letters",
    up: "-- ä€😀\nCREATE TABLE t (id);\nSELECT 'ä'; SELECT 'ö', nope FROM t;",
    message: "no such column: nope",
    line: 4,
    column: 25,
  },
  {
    name: "INSERT into a missing table, where SQLite names no place",
    up: "CREATE TABLE t (id);\n\n  INSERT INTO missing VALUES (1);",
    message: "no such table: missing",
    line: 4,
    column: 3,
  },
  {
    name: "a constraint in the 40th of 60 statements",
    up: `CREATE TABLE t (id INTEGER PRIMARY KEY);\n${INSERTS.join("\n")}`,
    message: "UNIQUE constraint failed: t.id",
    line: 42,
    column: 1,
  },
  {
    name: "an error raised inside a trigger, at the statement that fired it",
    up: `CREATE TABLE t (id);
CREATE TRIGGER guard BEFORE DELETE ON t BEGIN
  SELECT RAISE(ABORT, 'rows stay');
END;
INSERT INTO t VALUES (1);
DELETE FROM t;`,
    message: "rows stay",
    line: 7,
    column: 1,
  },
  {
    name: "a trigger whose body names a missing table, when it fires",
    up: "CREATE TABLE t (id);\nCREATE TRIGGER go AFTER INSERT ON t BEGIN INSERT INTO gone VALUES (1); END;\nINSERT INTO t VALUES (1);",
    message: "no such table: main.gone",
    line: 4,
    column: 1,
  },
];

describe("a failing statement is located", () => {
  test.each(ROWS)("$name", async ({ up, message, line, column }) => {
    using project = new Project();
    const file = project.sql(1, up);
    const failure = await failureOf(project.run());
    expect({ code: failure.code, message: failure.message, ...failure.location }).toEqual({
      code: "MIGRATION_FAILED",
      message,
      file,
      line,
      column,
      excerpt: `-- up\n${up}`.split("\n")[line - 1],
    });
    expect(project.tableNames()).toEqual([]);
  });

  test("in the way down too", async () => {
    using project = new Project();
    const file = project.sql(1, "CREATE TABLE t (id);", "DROP TABLE t;\nDROP TABLE u;");
    await project.run();
    const failure = await failureOf(project.run({ kind: "rollback" }));
    expect(failure.message).toBe("no such table: u");
    expect(failure.location).toMatchObject({ file, line: 6 });
    expect(project.tableNames()).toEqual(["t"]);
    expect(project.applied()).toEqual([1]);
  });

  test("with Windows line ends as with any other", async () => {
    using project = new Project();
    project.write(1, "-- up\r\nCREATE TABLE t (id);\r\nSELECT nope FROM t;\r\n");
    expect((await failureOf(project.run())).location).toMatchObject({ line: 3, column: 8 });
  });

  test("also when the disk is full, which is the database's failure and not the file's", async () => {
    using project = new Project();
    project.tables(1);
    project.exec("CREATE TABLE big (data);");
    const file = project.sql(2, "SELECT 1;\nINSERT INTO big VALUES (zeroblob(9000000));");
    using db = new Database(project.path);
    db.run("PRAGMA max_page_count = 10");
    const subject = { ...project.subject(), database: accessHandle(db) };
    const failure = await failureOf(runPlan(subject, { plan: { kind: "migrate" } }));
    expect(failure.code).toBe("DATABASE_FAILED");
    expect(failure.message).toBe(`${project.path}: database or disk is full`);
    expect(failure.hint).toBe("make room on the disk and run again");
    expect(failure.location).toMatchObject({ file, line: 3 });
    expect(project.column("SELECT count(*) FROM big")).toEqual([0]);
  });
});

describe("a disk that is full at the commit is told", () => {
  async function failureAtCommit(
    project: Project,
    kind: "full" | "io" = "full",
    plan: PlanRequest = { kind: "migrate" },
  ): Promise<unknown> {
    const run = SqliteConnection.prototype.run;
    let isWriting = false;
    using _run = spyOn(SqliteConnection.prototype, "run").mockImplementation(function (
      this: SqliteConnection,
      sql,
    ) {
      if (sql.startsWith("BEGIN")) isWriting = sql === "BEGIN IMMEDIATE";
      return isWriting && sql === "COMMIT"
        ? Promise.reject(new DatabaseError("it fails", { kind, databaseCode: "SQLITE_ERROR" }))
        : run.call(this, sql);
    });
    return await failureOf(project.run(plan));
  }

  test("with the migration, if there is but one", async () => {
    using project = new Project();
    const file = project.sql(1, "CREATE TABLE t (x);");
    expect(await failureAtCommit(project)).toMatchObject({ code: "DATABASE_FAILED", location: { file } });
  });

  test("with the migration that foreign keys are enforced for, and with the one that is done again", async () => {
    using project = new Project();
    const file = project.sql(1, "CREATE TABLE t (x);", "DROP TABLE t;", "-- Foreign keys: on\n");
    expect(await failureAtCommit(project)).toMatchObject({ location: { file } });
    project.sql(1, "CREATE TABLE t (x);", "DROP TABLE t;");
    await project.run();
    expect(await failureAtCommit(project, "full", { kind: "redo" })).toMatchObject({ location: { file } });
  });

  test("without, if it is another failure of the disk", async () => {
    using project = new Project();
    project.tables(1);
    expect(await failureAtCommit(project, "io")).toMatchObject({
      code: "DATABASE_FAILED",
      location: undefined,
    });
  });

  test("without, if it may be the doing of several", async () => {
    using project = new Project();
    project.tables(1, 2);
    expect(await failureAtCommit(project)).toMatchObject({ code: "DATABASE_FAILED", location: undefined });
  });
});
