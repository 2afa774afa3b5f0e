import { describe, expect, test } from "bun:test";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";

const MANY = 1000;

/** A migration of many statements, one in each line from the third on; some are replaced by others. */
function many(project: Project, replaced: Readonly<Record<number, string>> = {}): string {
  const lines = Array.from(
    { length: MANY },
    (_, index) => replaced[index] ?? `INSERT INTO t VALUES (${index}, 'a; -- b');`,
  );
  return project.sql(1, `CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT);\n${lines.join("\n")}`);
}

/** The line of a statement by its index. */
const lineOf = (index: number) => index + 3;

describe("many statements", () => {
  test("all run, also where comments and a long one stand between them", async () => {
    using project = new Project();
    const long = `INSERT INTO t VALUES (500, '${"x".repeat(400_000)}');`;
    many(project, { 10: "-- none; here\n/* nor; here */", 500: long });
    await project.run();
    expect(project.column("SELECT count(*), max(length(name)) FROM t")).toEqual([MANY - 1]);
    expect(project.column("SELECT max(length(name)) FROM t")).toEqual([400_000]);
  });

  test.each([0, 1, 197, 198, 500, MANY - 1])("one that fails is named: %i", async (index) => {
    using project = new Project();
    const file = many(project, { [index]: `INSERT INTO t (id) VALUES ('no number');` });
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "MIGRATION_FAILED",
      message: "datatype mismatch",
      outcome: "rolled_back",
      location: { file, line: lineOf(index), column: 1 },
    });
    expect(project.tableNames()).toEqual([]);
  });

  test("a mistake is shown where it stands in its statement", async () => {
    using project = new Project();
    many(project, { 700: "INSERT INTO t VALEUS (700, 'x');" });
    expect((await failureOf(project.run())).location).toMatchObject({ line: lineOf(700), column: 15 });
  });

  test("what ran in a batch that failed runs once", async () => {
    using project = new Project();
    project.exec(
      "CREATE TABLE kept (n); CREATE TABLE t0 (id INTEGER PRIMARY KEY); INSERT INTO t0 VALUES (1), (3);",
    );
    const lines = Array.from({ length: MANY }, (_, index) => `INSERT INTO kept VALUES (${index});`);
    project.sql(1, `${lines.join("\n")}\nINSERT INTO t0 VALUES (3);`);
    await failureOf(project.run());
    expect(project.column("SELECT count(*) FROM kept")).toEqual([0]);
    project.sql(1, lines.join("\n"));
    await project.run();
    expect(project.column("SELECT count(*) || ' ' || count(DISTINCT n) FROM kept")).toEqual([
      `${MANY} ${MANY}`,
    ]);
  });

  test("a frame and a PRAGMA are left out of them", async () => {
    using project = new Project();
    many(project, { 0: "PRAGMA foreign_keys = ON;", 500: "PRAGMA foreign_keys = OFF;" });
    await project.run();
    expect(project.column("SELECT count(*) FROM t")).toEqual([MANY - 2]);
  });

  test("where a trigger undoes the transaction, nothing stays", async () => {
    using project = new Project();
    project.exec(
      "CREATE TABLE old (id INTEGER); CREATE TRIGGER no BEFORE INSERT ON old WHEN new.id = 7 BEGIN SELECT RAISE(ROLLBACK, 'not seven'); END;",
    );
    project.tables(1);
    const lines = Array.from({ length: MANY }, (_, index) => `INSERT INTO old VALUES (${index});`);
    const file = project.sql(2, lines.join("\n"));
    expect(await failureOf(project.run())).toMatchObject({
      code: "MIGRATION_FAILED",
      message: "not seven",
      outcome: "rolled_back",
      location: { file, line: 2 },
      // Of those that were run together.
      details: [expect.stringMatching(/^it is one of the statements in lines 2 to [56]\d\d$/)],
    });
    expect(project.column("SELECT count(*) FROM old")).toEqual([0]);
    expect(project.tableNames()).toEqual(["old"]);
  });

  test("one that may undo the transaction itself is named", async () => {
    using project = new Project();
    const file = many(project, { 400: "INSERT OR ROLLBACK INTO t VALUES (1, 'again');" });
    expect(await failureOf(project.run())).toMatchObject({
      message: "UNIQUE constraint failed: t.id",
      location: { file, line: lineOf(400) },
    });
  });

  test.each([
    {
      name: "a setting of the connection",
      sql: "DELETE FROM t WHERE name LIKE 'A; %'; PRAGMA case_sensitive_like = ON; INSERT INTO u SELECT count(*) FROM t; INSERT INTO u VALUES (1);",
    },
    {
      name: "the last row's number",
      sql: "INSERT INTO u VALUES (last_insert_rowid()); INSERT INTO u VALUES (last_insert_rowid()); INSERT INTO u VALUES (1999);",
    },
  ])("what a savepoint does not undo is run one by one: $name", async ({ sql }) => {
    using project = new Project();
    const inserts = Array.from({ length: MANY }, (_, id) => `INSERT INTO t VALUES (${id}, 'a; b');`).join(
      "\n",
    );
    project.sql(
      1,
      `CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE u (n UNIQUE);\n${inserts}\nINSERT INTO t VALUES (1999, 'x');\n${sql}`,
    );
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({ message: "UNIQUE constraint failed: u.n", location: { line: MANY + 4 } });
    expect(project.tableNames()).toEqual([]);
  });

  test("what fails together has failed, also where it does not one by one", async () => {
    using project = new Project();
    project.exec(`CREATE TABLE t (id);
      CREATE TRIGGER fails AFTER INSERT ON t WHEN new.id = 500 AND total_changes() < 900 BEGIN SELECT RAISE(ABORT, 'the first time'); END;`);
    project.sql(1, Array.from({ length: MANY }, (_, id) => `INSERT INTO t VALUES (${id});`).join("\n"));
    expect(await failureOf(project.run())).toMatchObject({
      code: "MIGRATION_FAILED",
      message: "the first time",
    });
    expect(project.column("SELECT count(*) FROM t")).toEqual([0]);
  });

  test("without a transaction each is noted before it runs", async () => {
    using project = new Project();
    const lines = Array.from({ length: 300 }, (_, index) => `INSERT INTO t VALUES (${index});`);
    lines[250] = "INSERT INTO t VALUES (0);";
    project.sql(
      1,
      `CREATE TABLE t (id INTEGER PRIMARY KEY);\n${lines.join("\n")}`,
      null,
      "-- Transaction: off\n",
    );
    await failureOf(project.run());
    expect(project.query("SELECT version, statement FROM schema_migrations_incomplete")).toEqual([
      { version: v(1), statement: 252 },
    ]);
    expect(project.column("SELECT count(*) FROM t")).toEqual([250]);
  });
});
