import { describe, expect, test } from "bun:test";
import { failureOf } from "../support/failures.ts";
import { Project } from "../support/project.ts";

interface Refused {
  readonly name: string;
  readonly up: string;
  readonly message: string;
  readonly hint: string;
  readonly line: number;
  readonly column: number;
}

const SPLITS = "would end or split the transaction that keeps the migration whole";
const TAKE_OUT = "take it out: each migration already is one transaction";
const SWITCH_OFF = 'take it out, or put "-- Transaction: off" at the head of the file';

const REFUSED: readonly Refused[] = [
  {
    name: "COMMIT",
    up: "CREATE TABLE a (id);\nCOMMIT;",
    message: `COMMIT ${SPLITS}`,
    hint: TAKE_OUT,
    line: 3,
    column: 1,
  },
  { name: "END", up: "SELECT 1; END;", message: `END ${SPLITS}`, hint: TAKE_OUT, line: 2, column: 11 },
  { name: "ROLLBACK", up: "ROLLBACK;", message: `ROLLBACK ${SPLITS}`, hint: TAKE_OUT, line: 2, column: 1 },
  {
    name: "SAVEPOINT",
    up: "SAVEPOINT s;",
    message: `SAVEPOINT ${SPLITS}`,
    hint: TAKE_OUT,
    line: 2,
    column: 1,
  },
  { name: "RELEASE", up: "RELEASE s;", message: `RELEASE ${SPLITS}`, hint: TAKE_OUT, line: 2, column: 1 },
  {
    name: "a BEGIN in the middle",
    up: "CREATE TABLE a (id);\nBEGIN;\nCREATE TABLE b (id);\nCOMMIT;",
    message: `BEGIN ${SPLITS}`,
    hint: TAKE_OUT,
    line: 3,
    column: 1,
  },
  {
    name: "VACUUM",
    up: "VACUUM;",
    message: "VACUUM cannot run inside a transaction",
    hint: SWITCH_OFF,
    line: 2,
    column: 1,
  },
  {
    name: "ATTACH",
    up: "ATTACH 'other.db' AS other;",
    message: "ATTACH cannot be undone by the transaction",
    hint: SWITCH_OFF,
    line: 2,
    column: 1,
  },
  {
    name: "DETACH",
    up: "DETACH other;",
    message: "DETACH cannot run inside a transaction",
    hint: SWITCH_OFF,
    line: 2,
    column: 1,
  },
  {
    name: "the journal mode",
    up: "PRAGMA journal_mode = WAL;",
    message: "the journal mode cannot change inside a transaction",
    hint: SWITCH_OFF,
    line: 2,
    column: 1,
  },
  {
    name: "a parameter",
    up: "CREATE TABLE a (id);\nINSERT INTO a VALUES (:id);",
    message: "a parameter has no value in a migration; SQLite would take it for NULL",
    hint: "write the value itself",
    line: 3,
    column: 23,
  },
  {
    name: "a command of the sqlite3 shell",
    up: ".mode csv\nCREATE TABLE a (id);",
    message: "a line that begins with a dot is a command of the sqlite3 shell",
    hint: "take it out; the file is SQL only",
    line: 2,
    column: 1,
  },
];

describe("a statement that is not allowed is refused before anything runs", () => {
  test.each(REFUSED)("$name", async ({ up, message, hint, line, column }) => {
    using project = new Project();
    project.tables(1);
    const file = project.sql(2, up);
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({ code: "STATEMENT_NOT_ALLOWED", exitCode: 3, message, hint });
    expect(failure.location).toMatchObject({ file, line, column });
    expect(project.exists()).toBe(false);
  });

  test("in verify too, also where the migration itself runs without a transaction", async () => {
    using project = new Project();
    project.write(1, "-- Transaction: off\n-- up\nVACUUM;\n-- verify\nVACUUM;\n");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "STATEMENT_NOT_ALLOWED",
      message: "VACUUM cannot run inside a transaction",
    });
    expect(failure.location).toMatchObject({ line: 5 });
  });

  test("in the way down only when it is to run", async () => {
    using project = new Project();
    project.sql(1, "CREATE TABLE a (id);", "DROP TABLE a;\nVACUUM;");
    await project.run();
    const failure = await failureOf(project.run({ kind: "rollback" }));
    expect(failure).toMatchObject({ code: "STATEMENT_NOT_ALLOWED", exitCode: 3 });
    expect(project.tableNames()).toEqual(["a"]);
  });
});

describe("a frame of BEGIN and COMMIT around everything", () => {
  test("is taken off with a note each", async () => {
    using project = new Project();
    project.sql(1, "PRAGMA defer_foreign_keys = ON;\nBEGIN   TRANSACTION;\nCREATE TABLE a (id);\nCOMMIT;");
    await project.run();
    expect(project.tableNames()).toEqual(["a"]);
    expect(project.notes()).toEqual([
      { line: 3, message: "left out BEGIN TRANSACTION; the transaction is godwit's" },
      { line: 5, message: "left out COMMIT; the transaction is godwit's" },
    ]);
  });

  test("does not commit when what it holds fails", async () => {
    using project = new Project();
    project.sql(1, "BEGIN;\nCREATE TABLE a (id);\nSELECT nope;\nCOMMIT;");
    expect((await failureOf(project.run())).location).toMatchObject({ line: 4, column: 8 });
    expect(project.tableNames()).toEqual([]);
  });

  test("around nothing leaves no statement to apply", async () => {
    using project = new Project();
    const file = project.sql(1, "BEGIN;\nCOMMIT;");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "SECTION_EMPTY",
      exitCode: 3,
      message: "20260101000001 has no statement to apply",
      hint: 'write the SQL under "-- up"',
    });
    expect(failure.location?.file).toBe(file);
  });
});

describe("a way up that holds nothing", () => {
  test.each(["", "-- only a comment", "/* one */ ;", ";\v"])("is refused: %j", async (up) => {
    using project = new Project();
    project.sql(1, up, "SELECT 1;");
    expect((await failureOf(project.run())).code).toBe("SECTION_EMPTY");
    expect(project.exists()).toBe(false);
  });
});

test("words in strings, names and triggers are no transaction control", async () => {
  using project = new Project();
  project.sql(
    1,
    `CREATE TABLE "commit" (id INTEGER, note TEXT DEFAULT 'a ; COMMIT; -- up');
CREATE TRIGGER audit AFTER INSERT ON "commit" BEGIN
  UPDATE "commit" SET note = CASE WHEN id > 1 THEN 'big' ELSE 'small' END;
END;
INSERT INTO "commit" (id) VALUES (2);`,
  );
  await project.run();
  expect(project.column('SELECT note FROM "commit"')).toEqual(["big"]);
});

describe("a vertical tab between statements", () => {
  test.each([
    "ALTER TABLE users ADD COLUMN email TEXT;\v",
    "ALTER TABLE users ADD COLUMN email TEXT;\v\n",
    "\vALTER TABLE users ADD COLUMN email TEXT;\n\v",
    "/* x */\vALTER TABLE users ADD COLUMN email TEXT;",
  ])("is no part of one, and hides no marker: %j", async (up) => {
    using project = new Project();
    project.exec("CREATE TABLE users (name); INSERT INTO users VALUES ('Ada'), ('Bob')");
    project.sql(1, up, "DELETE FROM users;");
    await project.run();
    expect(project.column("SELECT count(*) FROM users WHERE email IS NULL")).toEqual([2]);
  });

  test("hides no transaction control", async () => {
    using project = new Project();
    project.sql(1, "CREATE TABLE a (id);\vCOMMIT;");
    expect(await failureOf(project.run())).toMatchObject({ code: "STATEMENT_NOT_ALLOWED" });
    expect(project.exists()).toBe(false);
  });

  test("within a statement is refused by SQLite", async () => {
    using project = new Project();
    project.sql(1, "CREATE TABLE a (id)\v;");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({ code: "MIGRATION_FAILED", location: { line: 2, column: 20 } });
    expect(failure.message).toContain("unrecognized token");
  });
});

describe("what is left out takes nothing along", () => {
  test.each([
    "BEGIN TRANSACTION\nINSERT INTO log VALUES (1);\nCOMMIT;",
    "BEGIN;\nINSERT INTO log VALUES (1);\nCOMMIT\nINSERT INTO log VALUES (2);",
    "PRAGMA foreign_keys = OFF\nINSERT INTO log VALUES (1);",
    "PRAGMA foreign_keys(1) INSERT INTO log VALUES (1);",
    "BEGIN TRANSACTION\nVACUUM;\nEND;",
    "PRAGMA foreign_keys = -1 garbage;",
    "EXPLAIN PRAGMA foreign_keys = OFF;",
  ])("and is refused where more follows than belongs to it: %j", async (up) => {
    using project = new Project();
    project.exec("CREATE TABLE log (n)");
    project.sql(1, up);
    expect(await failureOf(project.run())).toMatchObject({
      code: "STATEMENT_NOT_ALLOWED",
      exitCode: 3,
      message: expect.stringContaining("than belongs to it"),
      hint: "is a semicolon missing after it?",
      location: { line: expect.any(Number) },
    });
    expect(project.column("SELECT count(*) FROM log")).toEqual([0]);
  });

  test.each([
    "BEGIN;\nINSERT INTO log VALUES (1);\nCOMMIT;",
    "begin /* x */ immediate transaction;\nINSERT INTO log VALUES (1);\nEnd Transaction",
    "PRAGMA foreign_keys;\nBEGIN EXCLUSIVE;\nINSERT INTO log VALUES (1);\nCOMMIT TRANSACTION;\nPRAGMA main.foreign_keys = -1;",
    "PRAGMA foreign_keys = 'off';\nINSERT INTO log VALUES (1);\nPRAGMA \"foreign_keys\"(on); -- and on",
  ])("where it is whole: %j", async (up) => {
    using project = new Project();
    project.exec("CREATE TABLE log (n)");
    project.sql(1, up);
    await project.run();
    expect(project.column("SELECT n FROM log")).toEqual([1]);
  });
});

describe("a marker behind a statement without its semicolon", () => {
  test.each([
    "ALTER TABLE users ADD COLUMN email TEXT\n-- down\nANALYZE;\nDELETE FROM users;",
    "INSERT INTO archive SELECT name FROM users\n\n-- down\nVACUUM;\nDELETE FROM users;",
    "INSERT INTO archive\n-- down\nSELECT name FROM users;\nDELETE FROM users;",
    "WITH keep AS (SELECT 1)\n  --DOWN\nDELETE FROM users;",
    "BEGIN;\nINSERT INTO archive VALUES (1);\nCOMMIT\n-- down\nDELETE FROM users;",
    "INSERT INTO archive VALUES (1)\n-- verify\nRETURNING 1;",
  ])("is refused, since the way down would run with the way up: %j", async (text) => {
    using project = new Project();
    project.exec("CREATE TABLE users (name); CREATE TABLE archive (name); INSERT INTO users VALUES ('Ada')");
    project.write(1, `-- up\n${text}\n`);
    expect(await failureOf(project.run())).toMatchObject({ code: "MARKER_INVALID", exitCode: 3 });
    expect(project.column("SELECT name FROM users")).toEqual(["Ada"]);
  });
});

describe("a switch that is only to be explained is carried out", () => {
  test.each(["EXPLAIN QUERY PLAN PRAGMA query_only = 0;", "explain /**/ pragma main . [query_only] (0);"])(
    "and so refused in verify: %s",
    async (sql) => {
      using project = new Project();
      project.exec("CREATE TABLE log (n); INSERT INTO log VALUES (1)");
      project.write(1, `-- up\nCREATE TABLE a (b);\n-- verify\n${sql}\nDELETE FROM log;\n`);
      expect(await failureOf(project.run())).toMatchObject({ code: "STATEMENT_NOT_ALLOWED" });
      project.write(
        1,
        `export function up() {}\nexport function verify(db) { db.run(${JSON.stringify(sql)}); db.run("DELETE FROM log"); return []; }`,
        "ts",
      );
      project.remove(1);
      expect(await failureOf(project.run())).toMatchObject({ code: "STATEMENT_NOT_ALLOWED" });
      expect(project.column("SELECT n FROM log")).toEqual([1]);
    },
  );
});

test("among hundreds of statements a vertical tab behind a comment is what it is among few", async () => {
  using project = new Project();
  project.sql(1, `CREATE TABLE a (b);\n${"INSERT INTO a VALUES (1);/* x */\v\n".repeat(300)}`);
  await project.run();
  expect(project.column("SELECT count(*) FROM a")).toEqual([300]);
});
