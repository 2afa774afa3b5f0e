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
    const long = `INSERT INTO t VALUES (500, '${"x".repeat(200_000)}');`;
    many(project, { 10: "-- none; here\n/* nor; here */", 500: long });
    await project.run();
    expect(project.column("SELECT count(*), max(length(name)) FROM t")).toEqual([MANY - 1]);
    expect(project.column("SELECT max(length(name)) FROM t")).toEqual([200_000]);
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
      location: { file },
    });
    expect(project.column("SELECT count(*) FROM old")).toEqual([0]);
    expect(project.tableNames()).toEqual(["old"]);
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
