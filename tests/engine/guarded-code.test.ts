import { describe, expect, test } from "bun:test";
import { failureOf } from "../support/failures.ts";
import { Project } from "../support/project.ts";

interface Refused {
  readonly name: string;
  readonly body: string;
  readonly code: string;
  readonly message: string;
}

const ENDS = "would end or split the transaction that keeps the migration whole";
const OVER = "the migration is over, but its code still uses the database";

const REFUSED: readonly Refused[] = [
  { name: "COMMIT", body: 'db.run("COMMIT")', code: "STATEMENT_NOT_ALLOWED", message: `COMMIT ${ENDS}` },
  {
    name: "a prepared COMMIT",
    body: 'db.query("COMMIT").run()',
    code: "STATEMENT_NOT_ALLOWED",
    message: `COMMIT ${ENDS}`,
  },
  {
    name: "COMMIT among others",
    body: 'db.exec("SELECT 1; commit; BEGIN")',
    code: "STATEMENT_NOT_ALLOWED",
    message: `COMMIT ${ENDS}`,
  },
  { name: "END", body: 'db.run("end transaction")', code: "STATEMENT_NOT_ALLOWED", message: `END ${ENDS}` },
  {
    name: "ROLLBACK",
    body: 'db.prepare("ROLLBACK").run()',
    code: "STATEMENT_NOT_ALLOWED",
    message: `ROLLBACK ${ENDS}`,
  },
  { name: "BEGIN", body: 'db.run("BEGIN")', code: "STATEMENT_NOT_ALLOWED", message: `BEGIN ${ENDS}` },
  {
    name: "ATTACH",
    body: `db.run("ATTACH ':memory:' AS other")`,
    code: "STATEMENT_NOT_ALLOWED",
    message: "ATTACH cannot be undone by the transaction",
  },
  {
    name: "VACUUM",
    body: 'db.run("VACUUM")',
    code: "STATEMENT_NOT_ALLOWED",
    message: "VACUUM cannot run inside a transaction",
  },
  {
    name: "another journal mode",
    body: 'db.run("PRAGMA journal_mode = WAL")',
    code: "STATEMENT_NOT_ALLOWED",
    message: "the journal mode cannot change inside a transaction",
  },
  {
    name: "two statements in query",
    body: 'db.query("DELETE FROM t1; DELETE FROM t1").run()',
    code: "STATEMENT_NOT_ALLOWED",
    message: "only the first of these 2 statements would run",
  },
  {
    name: "three statements in prepare",
    body: 'db.prepare("SELECT 1; SELECT 2; SELECT 3")',
    code: "STATEMENT_NOT_ALLOWED",
    message: "only the first of these 3 statements would run",
  },
  {
    name: "a NUL byte",
    body: 'db.run("INSERT INTO t1 VALUES (5);\\0 DELETE FROM t1")',
    code: "STATEMENT_NOT_ALLOWED",
    message: "this SQL holds a NUL byte; SQLite would stop reading there",
  },
  {
    name: "an open comment",
    body: 'db.run("INSERT INTO t1 VALUES (5); /* DELETE FROM t1")',
    code: "SQL_UNTERMINATED",
    message: "a block comment in this SQL is never closed",
  },
  {
    name: "close",
    body: "db.close()",
    code: "MIGRATION_FAILED",
    message: "the migration closes the database, which is godwit's to close",
  },
  {
    name: "an async transaction",
    body: "await db.transaction(async () => {})()",
    code: "MIGRATION_FAILED",
    message: "db.transaction takes no async function: it would commit at the first await",
  },
];

describe.each(["DELETE", "WAL"])("code is refused before anything is lost, journal mode %s", (mode) => {
  test.each(REFUSED)("$name", async ({ body, code, message }) => {
    using project = new Project();
    project.exec(`PRAGMA journal_mode = ${mode}`);
    project.tables(1, 3);
    const file = project.write(
      2,
      `export async function up(db) {\n  db.run("INSERT INTO t1 VALUES (1)");\n  ${body};\n}`,
      "ts",
    );
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({ code, message, outcome: "rolled_back", exitCode: 4 });
    expect(failure.location).toMatchObject({ file, line: 3 });
    expect(failure.hint).toBeString();
    expect(project.applied()).toEqual([1]);
    expect(project.column("SELECT count(*) FROM t1")).toEqual([0]);
  });
});

describe("code may", () => {
  test("use savepoints of its own, and read the journal mode", async () => {
    using project = new Project();
    project.tables(1);
    project.write(
      2,
      `export function up(db) {
  db.query("PRAGMA journal_mode").get();
  db.run("SAVEPOINT mine; INSERT INTO t1 VALUES (1); ROLLBACK TO mine; RELEASE mine; INSERT INTO t1 VALUES (2)");
  db.transaction((id) => db.run("INSERT INTO t1 VALUES (?)", [id]))(3);
}`,
      "ts",
    );
    await project.run();
    expect(project.column("SELECT id FROM t1")).toEqual([2, 3]);
  });

  test("begin and commit where it has no transaction", async () => {
    using project = new Project();
    project.tables(1);
    project.write(
      2,
      `// Transaction: off
export function up(db) { db.run("BEGIN; INSERT INTO t1 VALUES (1); COMMIT; VACUUM"); }`,
      "ts",
    );
    await project.run();
    expect(project.column("SELECT id FROM t1")).toEqual([1]);
  });

  test("leave iterators and prepared statements unfinished", async () => {
    using project = new Project();
    project.tables(1, 3);
    project.write(
      2,
      `export function up(db) {
  db.run("INSERT INTO t1 VALUES (1), (2), (3)");
  globalThis.rows = db.query("SELECT id FROM t1").iterate();
  globalThis.rows.next();
  globalThis.insert = db.prepare("INSERT INTO t1 VALUES (?)");
}`,
      "ts",
    );
    await project.run();
    expect(project.applied()).toEqual([1, 2, 3]);
    expect(() => (globalThis as unknown as { insert: { run(id: number): void } }).insert.run(9)).toThrow(
      OVER,
    );
  });
});

describe("work that goes on after up returned", () => {
  test("writes nothing into the next migration, nor anywhere else", async () => {
    using project = new Project();
    project.tables(1);
    project.write(
      2,
      `export function up(db) {
  setTimeout(() => { try { db.run("INSERT INTO t1 VALUES (99)"); } catch (error) { globalThis.late = error.message; } }, 1);
}`,
      "ts",
    );
    project.write(3, "export async function up(db) { await Bun.sleep(30); }", "ts");
    await project.run();
    expect((globalThis as unknown as { late: string }).late).toBe(OVER);
    expect(project.column("SELECT count(*) FROM t1")).toEqual([0]);
  });

  test("cannot use a handle that it kept for later", async () => {
    using project = new Project();
    project.tables(1);
    project.write(2, "export function up(db) { globalThis.kept = db; }", "ts");
    project.write(3, 'export function up() { kept.run("INSERT INTO t1 VALUES (1)"); }', "ts");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({ message: OVER, location: { file: project.file(3, "ts"), line: 1 } });
    expect(project.applied()).toEqual([1, 2]);
  });
});

describe("a second connection of the code's own", () => {
  test.each(["DELETE", "WAL"])(
    "that writes meets godwit's lock, which the hint says, journal mode %s",
    async (mode) => {
      using project = new Project();
      project.exec(`PRAGMA journal_mode = ${mode}`);
      project.tables(1);
      project.write(
        2,
        `import { Database } from "bun:sqlite";
export function up(db) {
  const other = new Database(${JSON.stringify(project.path)});
  try { other.run("CREATE TABLE mine (id)"); } finally { other.close(); }
}`,
        "ts",
      );
      const failure = await failureOf(project.run());
      expect(failure).toMatchObject({
        code: "MIGRATION_FAILED",
        message: "database is locked",
        hint: "godwit holds the lock: write through the handle that the migration is given",
        location: { line: 4 },
      });
      expect(project.tableNames()).toEqual(["t1"]);
      expect(project.applied()).toEqual([1]);
    },
  );
});

test("code that goes on after its transaction was rolled back writes nothing", async () => {
  using project = new Project();
  project.sql(1, "CREATE TABLE keep (x UNIQUE); INSERT INTO keep VALUES (1);");
  await project.run();
  project.write(
    2,
    `export function up(db) {
  try { db.run("INSERT OR ROLLBACK INTO keep VALUES (1)"); } catch {}
  db.run("DELETE FROM keep");
}`,
    "ts",
  );
  expect(await failureOf(project.run())).toMatchObject({
    code: "TRANSACTION_LOST",
    outcome: "rolled_back",
    location: { line: 3 },
  });
  expect(project.column("SELECT x FROM keep")).toEqual([1]);
});
