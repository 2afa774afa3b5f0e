import { Database } from "bun:sqlite";
import { describe, expect, spyOn, test } from "bun:test";
import { SqliteConnection } from "../../src/databases/sqlite/sqlite-connection.ts";
import { HistoryTable } from "../../src/history/history-table.ts";
import { readTableShape } from "../../src/history/table-shape.ts";
import { quoteIdentifier } from "../../src/sql/identifier.ts";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";

interface Foreign {
  readonly name: string;
  readonly schema: string;
  readonly owner: string;
  readonly columns: string;
}

const FOREIGN: readonly Foreign[] = [
  {
    name: "dbmate's",
    schema: 'CREATE TABLE "schema_migrations" (version varchar(128) primary key)',
    owner: "it looks like dbmate's",
    columns: "version",
  },
  {
    name: "golang-migrate's",
    schema: "CREATE TABLE schema_migrations (version uint64, dirty bool)",
    owner: "it looks like golang-migrate's",
    columns: "version, dirty",
  },
  {
    name: "the one of Rails",
    schema: 'CREATE TABLE "schema_migrations" ("version" varchar NOT NULL PRIMARY KEY)',
    owner: "it looks like the one of Rails (or dbmate)",
    columns: "version",
  },
  {
    name: "Ecto's",
    schema: 'CREATE TABLE "schema_migrations" ("version" INTEGER PRIMARY KEY, "inserted_at" TEXT)',
    owner: "it looks like Ecto's",
    columns: "version, inserted_at",
  },
  {
    name: "a view",
    schema:
      "CREATE VIEW schema_migrations AS SELECT '1' AS version, '' AS description, '' AS applied_at, 1 AS execution_time_ms",
    owner: "it is a view",
    columns: "version, description, applied_at, execution_time_ms",
  },
  {
    name: "one with a column that must be filled",
    schema:
      "CREATE TABLE schema_migrations (version TEXT, description TEXT, applied_at TEXT, execution_time_ms INTEGER, batch INTEGER NOT NULL)",
    owner: "its columns are not the history's",
    columns: "version, description, applied_at, execution_time_ms, batch",
  },
  {
    name: "one that lacks a column",
    schema: "CREATE TABLE Schema_Migrations (version TEXT, description TEXT, applied_at TEXT)",
    owner: "its columns are not the history's",
    columns: "version, description, applied_at",
  },
];

describe("a table of the same name that is not godwit's", () => {
  test.each(FOREIGN)("is refused and untouched: $name", async ({ schema, owner, columns }) => {
    using project = new Project();
    project.tables(1);
    project.exec(schema);
    const before = await Bun.file(project.path).bytes();
    const actions = [
      () => project.run(),
      () => project.run({ kind: "rollback" }),
      () => project.manager().getStatus(),
      () => project.manager().mark(v(1), "applied"),
    ];
    for (const action of actions) {
      const failure = await failureOf(action);
      expect(failure).toMatchObject({
        code: "HISTORY_FOREIGN",
        exitCode: 3,
        message: `the table schema_migrations is not godwit's: ${owner}`,
        details: [`columns: ${columns}`],
        hint: "keep it, and name another table for godwit with --table",
      });
    }
    expect(await Bun.file(project.path).bytes()).toEqual(before);
  });

  test("stays beside the one that --table names", async () => {
    using project = new Project();
    project.tables(1);
    project.exec("CREATE TABLE schema_migrations (version varchar(128) primary key)");
    await project.run({ kind: "migrate" }, { table: "godwit" });
    expect(
      project.column("SELECT count(*) FROM godwit UNION ALL SELECT count(*) FROM schema_migrations"),
    ).toEqual([1, 0]);
  });
});

describe("a table of the history's shape", () => {
  test.each([
    ["with a checksum", "checksum TEXT", true],
    ["without one", "note TEXT", false],
    ["in any case of letters", "CHECKSUM TEXT", true],
  ])("%s is taken", async (_name, column, hasChecksum) => {
    using db = new Database(":memory:");
    db.run(
      `CREATE TABLE "Schema_Migrations" (ID INTEGER PRIMARY KEY, Version TEXT UNIQUE NOT NULL, description TEXT NOT NULL, applied_at, execution_time_ms, ${column})`,
    );
    const shape = await readTableShape(SqliteConnection.over(db), "schema_migrations");
    expect(shape).toEqual({ exists: true, hasChecksum, hasIncomplete: false });
  });

  test("is known by a handle that gives integers as bigints", async () => {
    using db = new Database(":memory:", { safeIntegers: true });
    db.run("CREATE TABLE h (version TEXT NOT NULL PRIMARY KEY, description, applied_at, execution_time_ms)");
    const shape = await readTableShape(SqliteConnection.over(db), "h");
    expect(shape).toEqual({ exists: true, hasChecksum: false, hasIncomplete: false });
  });

  test.each(["schema_migrations", 'an "odd" name'])(
    "is known at one look where godwit has made it: %s",
    async (table) => {
      using db = new Database(":memory:");
      const connection = SqliteConnection.over(db);
      await new HistoryTable(connection, table).ensure();
      const all = spyOn(connection, "all");
      expect(await readTableShape(connection, table)).toEqual({
        exists: true,
        hasChecksum: true,
        hasIncomplete: false,
      });
      expect(all).toHaveBeenCalledTimes(1);
      db.run(`CREATE TRIGGER t AFTER INSERT ON ${quoteIdentifier(table)} BEGIN SELECT 1; END`);
      expect(await failureOf(readTableShape(connection, table))).toMatchObject({ code: "HISTORY_FOREIGN" });
    },
  );

  test("may have a companion, which is a table", async () => {
    using db = new Database(":memory:");
    const connection = SqliteConnection.over(db);
    db.run("CREATE VIEW H_incomplete AS SELECT 1");
    expect(await readTableShape(connection, "h")).toMatchObject({ exists: false, hasIncomplete: false });
    db.run("DROP VIEW H_incomplete; CREATE TABLE H_incomplete (version)");
    expect(await readTableShape(connection, "h")).toMatchObject({ exists: false, hasIncomplete: true });
  });

  test("may be absent", async () => {
    using db = new Database(":memory:");
    db.run("CREATE TABLE other (id); CREATE INDEX schema_migrations ON other (id)");
    expect(await readTableShape(SqliteConnection.over(db), "schema_migrations")).toEqual({
      exists: false,
      hasChecksum: false,
      hasIncomplete: false,
    });
  });
});
