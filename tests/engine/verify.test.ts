import { describe, expect, test } from "bun:test";
import { failureOf } from "../support/failures.ts";
import { pastHandle } from "../support/past-handle.ts";
import { Project } from "../support/project.ts";

const HEAD = "-- up\nCREATE TABLE t (id INTEGER, name TEXT);\n";

describe("verify in SQL", () => {
  test("that returns nothing lets the migration pass", async () => {
    using project = new Project();
    project.write(1, `${HEAD}-- verify\nSELECT id FROM t;\nSELECT 1 WHERE 0;\n`);
    await project.run();
    expect(project.applied()).toEqual([1]);
  });

  test("that returns a row rolls the migration back and shows the row", async () => {
    using project = new Project();
    const file = project.write(
      1,
      `${HEAD}INSERT INTO t VALUES (7, NULL);\n-- verify\nSELECT 1 WHERE 0;\nSELECT id, name, x'00ff' AS raw FROM t;\n`,
    );
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "VERIFY_FAILED",
      exitCode: 4,
      message: "verify found a row in violation",
      details: ["id=7 name=NULL raw=x'00ff'"],
      outcome: "rolled_back",
    });
    expect(failure.location).toMatchObject({ file, line: 6, column: 1 });
    expect(project.tableNames()).toEqual([]);
  });

  test("that returns many rows shows ten of them", async () => {
    using project = new Project();
    project.write(
      1,
      `${HEAD}-- verify\nWITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 12) SELECT x FROM c;\n`,
    );
    const failure = await failureOf(project.run());
    expect(failure.message).toBe("verify found 12 rows in violation");
    expect(failure.details).toHaveLength(11);
    expect(failure.details[0]).toBe("x=1");
    expect(failure.details[10]).toBe("and 2 more");
  });

  test("shows control characters as escapes and cuts long values", async () => {
    using project = new Project();
    project.write(1, `${HEAD}-- verify\nSELECT char(27) || '[2J' AS a, printf('%.200c', 'x') AS b;\n`);
    const failure = await failureOf(project.run());
    expect(failure.details).toEqual([`a=\\u001b[2J b=${"x".repeat(79)}…`]);
  });

  test("that cannot be run fails the migration at its line", async () => {
    using project = new Project();
    project.write(1, `${HEAD}-- verify\nSELECT nope FROM t;\n`);
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({ code: "MIGRATION_FAILED", message: "no such column: nope" });
    expect(failure.location).toMatchObject({ line: 4, column: 8 });
    expect(project.tableNames()).toEqual([]);
  });

  test("may not write, and says what is wrong with it", async () => {
    using project = new Project();
    project.write(1, `${HEAD}-- verify\nDELETE FROM t;\n`);
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({ code: "MIGRATION_FAILED", message: "verify may only read" });
    expect(failure.location).toMatchObject({ line: 4, column: 1 });
    expect(project.tableNames()).toEqual([]);
  });

  test("does not keep the next migration from writing", async () => {
    using project = new Project();
    project.write(1, `${HEAD}-- verify\nSELECT id FROM t;\n`);
    project.sql(2, "INSERT INTO t VALUES (1, 'a');");
    await project.run();
    expect(project.column("SELECT id FROM t")).toEqual([1]);
  });

  test("is not run on the way down", async () => {
    using project = new Project();
    project.write(1, `${HEAD}-- down\nDROP TABLE t;\n-- verify\nSELECT id FROM t;\n`);
    await project.run();
    await project.run({ kind: "rollback" });
    expect(project.tableNames()).toEqual([]);
  });
});

const UP = "export function up(db) { db.run('CREATE TABLE t (id)'); }\n";

interface CodeRow {
  readonly name: string;
  readonly verify: string;
  readonly message: string;
  readonly details: readonly string[];
}

const FAILING: readonly CodeRow[] = [
  {
    name: "rows",
    verify: "return [{ id: 1, name: 'a' }, { id: 2, name: 'b' }]",
    message: "verify found 2 rows in violation",
    details: ["id=1 name=a", "id=2 name=b"],
  },
  {
    name: "one row",
    verify: "return { id: 1 }",
    message: "verify found a row in violation",
    details: ["id=1"],
  },
  { name: "false", verify: "return false", message: "verify found a row in violation", details: ["false"] },
  {
    name: "a list of words",
    verify: "return ['too many']",
    message: "verify found a row in violation",
    details: ["too many"],
  },
  { name: "an error that it throws", verify: "throw new Error('no good')", message: "no good", details: [] },
  { name: "a word that it throws", verify: "throw 'no good'", message: "no good", details: [] },
  {
    name: "an attempt to write",
    verify: "db.run('DELETE FROM t')",
    message: "attempt to write a readonly database",
    details: [],
  },
];

describe("verify in code", () => {
  test.each(FAILING)("fails the migration by $name", async ({ verify, message, details }) => {
    using project = new Project();
    const file = project.write(1, `${UP}export async function verify(db) { ${verify} }`, "ts");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "VERIFY_FAILED",
      message,
      details: [...details],
      outcome: "rolled_back",
    });
    expect(failure.location?.file).toBe(file);
    expect(project.tableNames()).toEqual([]);
  });

  test.each(["", "return null", "return true", "return []", "return db.query('SELECT id FROM t').all()"])(
    "passes with '%s'",
    async (verify) => {
      using project = new Project();
      project.write(1, `${UP}export function verify(db) { ${verify} }`, "ts");
      await project.run();
      expect(project.applied()).toEqual([1]);
    },
  );

  test.each(["ROLLBACK", "COMMIT"])("cannot end the transaction unseen by %s", async (sql) => {
    using project = new Project();
    project.tables(1);
    project.write(
      2,
      pastHandle("globalThis.real = real; real.run('CREATE TABLE u (id)');") +
        `export function verify() { real.run('${sql}'); }`,
      "ts",
    );
    const failure = await failureOf(project.run());
    expect(failure.code).toBe("TRANSACTION_LOST");
    expect(project.applied()).toEqual(sql === "COMMIT" ? [1] : []);
  });
});

describe("verify cannot switch writes on again", () => {
  test("in SQL, which is refused before anything runs", async () => {
    using project = new Project();
    project.tables(1);
    const file = project.write(2, "-- up\nSELECT 1;\n-- verify\nPRAGMA query_only = 0;\nDELETE FROM t1;\n");
    expect(await failureOf(project.run())).toMatchObject({
      code: "STATEMENT_NOT_ALLOWED",
      exitCode: 3,
      location: { file, line: 4 },
    });
  });

  test("in code", async () => {
    using project = new Project();
    project.tables(1);
    project.write(
      2,
      'export function up(db) { db.run("INSERT INTO t1 VALUES (1)"); }\nexport function verify(db) { db.run("PRAGMA query_only = 0"); db.run("DELETE FROM t1"); }',
      "ts",
    );
    expect(await failureOf(project.run())).toMatchObject({
      code: "STATEMENT_NOT_ALLOWED",
      exitCode: 4,
      outcome: "rolled_back",
    });
    expect(project.applied()).toEqual([1]);
  });
});
