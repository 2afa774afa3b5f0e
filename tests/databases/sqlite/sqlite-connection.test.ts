import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync, symlinkSync } from "node:fs";
import { DatabaseError, type DatabaseErrorKind } from "../../../src/databases/database-error.ts";
import { accessHandle, accessTarget } from "../../../src/databases/open-database.ts";
import { SqliteConnection } from "../../../src/databases/sqlite/sqlite-connection.ts";
import { databaseErrorOf } from "../../support/failures.ts";
import { TempDir } from "../../support/temp-dir.ts";

describe("opening", () => {
  test("makes a file only when asked to", async () => {
    using dir = new TempDir();
    const path = dir.join("app.db");
    for (const mode of ["read", "write"] as const) {
      expect(await databaseErrorOf(() => SqliteConnection.open(path, mode))).toMatchObject({
        kind: "not-found",
      });
    }
    expect(existsSync(path)).toBe(false);
    await SqliteConnection.open(path, "create").close();
    expect(existsSync(path)).toBe(true);
  });

  test("does not make the folder", async () => {
    using dir = new TempDir();
    const path = dir.join("none", "app.db");
    expect((await databaseErrorOf(() => SqliteConnection.open(path, "create"))).kind).toBe("not-found");
    expect(existsSync(dir.join("none"))).toBe(false);
  });

  test("refuses a folder, and a path through a file", async () => {
    using dir = new TempDir();
    const file = dir.write("file", "");
    expect((await databaseErrorOf(() => SqliteConnection.open(dir.path, "write"))).message).toBe(
      "is a folder",
    );
    expect((await databaseErrorOf(() => SqliteConnection.open(`${file}/app.db`, "create"))).kind).toBeOneOf([
      "io",
      "not-found",
    ]);
  });

  test("says what is wrong with a path that the system refuses", async () => {
    using dir = new TempDir();
    symlinkSync(dir.join("loop"), dir.join("loop"));
    const paths = [dir.join("loop"), dir.join("loop", "app.db"), dir.join("x".repeat(300))];
    const said = [
      "too many symbolic links encountered",
      "too many symbolic links encountered",
      "name too long",
    ];
    for (const [index, path] of paths.entries()) {
      const access = accessTarget({ kind: "sqlite", path });
      expect(access.exists()).toBe(true);
      const error = await databaseErrorOf(async () => access.open("create"));
      expect([error.kind, error.message]).toEqual(["io", said[index]!]);
    }
  });

  test("for reading lets nothing be written", async () => {
    using dir = new TempDir();
    const path = dir.join("app.db");
    await SqliteConnection.open(path, "create").close();
    const connection = SqliteConnection.open(path, "read");
    expect((await databaseErrorOf(connection.run("CREATE TABLE t (id)"))).kind).toBe("readonly");
    await connection.close();
  });

  test("closes what it opened, and not what it was given", async () => {
    using dir = new TempDir();
    const connection = SqliteConnection.open(dir.join("app.db"), "create");
    await connection.close();
    await expect(connection.all("SELECT 1")).rejects.toThrow();
    using db = new Database(":memory:");
    await SqliteConnection.over(db).close();
    expect(db.query("SELECT 1").values()).toEqual([[1]]);
  });
});

describe("access", () => {
  test("to a target tells whether the file exists", async () => {
    using dir = new TempDir();
    const access = accessTarget({ kind: "sqlite", path: dir.join("app.db") });
    expect([access.name, access.exists()]).toEqual([dir.join("app.db"), false]);
    await (await access.open("create")).close();
    expect(access.exists()).toBe(true);
    expect(accessTarget({ kind: "sqlite", path: ":memory:" }).exists()).toBe(true);
  });

  test("to a handle is that handle", async () => {
    using db = new Database(":memory:");
    const access = accessHandle(db);
    expect([access.name, access.exists()]).toEqual([":memory:", true]);
    await (await access.open("create")).run("CREATE TABLE t (id)");
    expect(db.query("SELECT name FROM sqlite_schema").values()).toEqual([["t"]]);
  });
});

describe("a connection", () => {
  test("runs many statements, changes rows with values, and returns rows", async () => {
    using db = new Database(":memory:");
    const connection = SqliteConnection.over(db);
    await connection.run("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'x');");
    await connection.execute("INSERT INTO t VALUES (?, ?)", 2, null);
    expect(await connection.all("SELECT a, b FROM t WHERE a >= ?", 1)).toEqual([
      { a: 1, b: "x" },
      { a: 2, b: null },
    ]);
  });

  test("runs one command after the other until it is told to stop, or there is no transaction left", async () => {
    using db = new Database(":memory:");
    const connection = SqliteConnection.over(db);
    const commands = ["a", "b", "c"].map((name) => ({ sql: `CREATE TABLE ${name} (id)` }));
    const names = () => db.query("SELECT name FROM sqlite_schema ORDER BY name").values().flat();
    db.run("BEGIN");
    const answers = [true, false, true];
    const stopped = await connection.runEach(commands, () => answers.shift()!);
    expect(stopped).toEqual({ ran: 1, error: null, isInTransaction: true });
    expect(names()).toEqual(["a"]);
    const asked: number[] = [];
    const ended = await connection.runEach(commands.slice(1), (index) => {
      asked.push(index);
      if (index === 1) db.run("ROLLBACK");
      return true;
    });
    expect(ended).toEqual({ ran: 1, error: null, isInTransaction: false });
    expect([asked, names()]).toEqual([[0, 1], []]);
    expect((await connection.runEach(commands, () => true)).ran).toBe(0);
  });

  test("knows whether a transaction is open", async () => {
    using db = new Database(":memory:");
    const connection = SqliteConnection.over(db);
    expect(await connection.isInTransaction()).toBe(false);
    await connection.run("BEGIN");
    expect(await connection.isInTransaction()).toBe(true);
  });

  test("switches foreign keys and the busy timeout, and tells what they were", async () => {
    using db = new Database(":memory:");
    const connection = SqliteConnection.over(db);
    await connection.setForeignKeys(true);
    expect(await connection.foreignKeysEnforced()).toBe(true);
    await connection.setForeignKeys(false);
    expect(await connection.foreignKeysEnforced()).toBe(false);
    await connection.setBusyTimeout(1234.5);
    expect(await connection.setBusyTimeout(0)).toBe(1234);
  });

  test("tells both also where the handle gives integers as bigints", async () => {
    using db = new Database(":memory:", { safeIntegers: true });
    const connection = SqliteConnection.over(db);
    await connection.setForeignKeys(true);
    expect(await connection.foreignKeysEnforced()).toBe(true);
    await connection.setBusyTimeout(1234);
    expect(await connection.setBusyTimeout(0)).toBe(1234);
  });

  test.each([0, 1])("puts back settings that change how names and LIKE read, were they %i", async (value) => {
    using db = new Database(":memory:");
    const connection = SqliteConnection.over(db);
    const set = (to: number) =>
      connection.run(
        `PRAGMA case_sensitive_like = ${to}; PRAGMA full_column_names = ${to}; PRAGMA short_column_names = ${to}`,
      );
    const read = () =>
      ["SELECT 'a' NOT LIKE 'A'", "PRAGMA full_column_names", "PRAGMA short_column_names"].map(
        (sql) => db.query(sql).values()[0]![0],
      );
    await set(value);
    const settings = await connection.sessionSettings();
    await set(1 - value);
    await connection.restoreSettings(settings);
    expect(read()).toEqual([value, value, value]);
  });

  test("stops writes while query-only", async () => {
    using db = new Database(":memory:");
    const connection = SqliteConnection.over(db);
    await connection.setQueryOnly(true);
    expect((await databaseErrorOf(connection.run("CREATE TABLE t (id)"))).kind).toBe("readonly");
    await connection.setQueryOnly(false);
    await connection.run("CREATE TABLE t (id)");
  });

  test.each(["DELETE", "WAL"])(
    "sees by the data version that a commit changed the file, journal mode %s",
    async (mode) => {
      using dir = new TempDir();
      const connection = SqliteConnection.open(dir.join("app.db"), "create");
      await connection.run(`PRAGMA journal_mode = ${mode}; CREATE TABLE t (id)`);
      await connection.run("BEGIN IMMEDIATE");
      const atStart = await connection.dataVersion();
      await connection.run("INSERT INTO t VALUES (1)");
      await connection.run("ROLLBACK");
      expect(await connection.dataVersion()).toBe(atStart);
      await connection.run("INSERT INTO t VALUES (1)");
      const afterOwn = await connection.dataVersion();
      expect(afterOwn).not.toBe(atStart);
      using other = new Database(dir.join("app.db"));
      other.run("INSERT INTO t VALUES (2)");
      await connection.run("BEGIN IMMEDIATE");
      expect(await connection.dataVersion()).not.toBe(afterOwn);
      await connection.close();
    },
  );

  test("gives errors their kind, SQLite's name and the place in bytes", async () => {
    using db = new Database(":memory:");
    const connection = SqliteConnection.over(db);
    expect(await databaseErrorOf(connection.run("SELECT 'ä', nope"))).toMatchObject({
      kind: "statement",
      databaseCode: "SQLITE_ERROR",
      byteOffset: 13,
      message: "no such column: nope",
    });
    expect(await databaseErrorOf(connection.run("INSERT INTO nope VALUES (1)"))).toMatchObject({
      byteOffset: null,
    });
    await connection.run("CREATE TABLE t (id PRIMARY KEY); INSERT INTO t VALUES (1)");
    expect(await databaseErrorOf(connection.execute("INSERT INTO t VALUES (1)"))).toMatchObject({
      kind: "statement",
      databaseCode: "SQLITE_CONSTRAINT_PRIMARYKEY",
    });
  });

  test("recognises its own errors among whatever code throws", () => {
    using db = new Database(":memory:");
    const connection = SqliteConnection.over(db);
    let thrown: unknown;
    try {
      db.run("SELECT nope");
    } catch (error) {
      thrown = error;
    }
    const error = connection.errorOf(thrown);
    expect(error).toBeInstanceOf(DatabaseError);
    expect(connection.errorOf(error)).toBe(error);
    expect(connection.errorOf(new Error("no such column"))).toBeNull();
    expect(connection.errorOf(undefined)).toBeNull();
  });
});

describe("an error of the database is of the kind", () => {
  test("busy, where another connection writes", async () => {
    using dir = new TempDir();
    using other = new Database(dir.join("app.db"));
    other.run("CREATE TABLE t (id); BEGIN IMMEDIATE");
    const connection = SqliteConnection.open(dir.join("app.db"), "write");
    expect((await databaseErrorOf(connection.run("BEGIN IMMEDIATE"))).kind).toBe(
      "busy" satisfies DatabaseErrorKind,
    );
    await connection.close();
  });

  test("open-statement, where one of its own is not finished", async () => {
    using db = new Database(":memory:");
    db.run("CREATE TABLE t (id); CREATE TABLE u (id); INSERT INTO t VALUES (1), (2)");
    const connection = SqliteConnection.over(db);
    using reading = db.prepare("SELECT id FROM t");
    const rows = reading.iterate();
    rows.next();
    expect(await databaseErrorOf(connection.run("DROP TABLE t"))).toMatchObject({
      kind: "open-statement",
      databaseCode: "SQLITE_LOCKED",
    });
    expect((await databaseErrorOf(connection.run("VACUUM"))).kind).toBe("open-statement");
    rows.return?.();
    using writing = db.prepare("INSERT INTO u VALUES (1), (2) RETURNING id");
    await connection.run("BEGIN");
    const written = writing.iterate();
    written.next();
    expect(await databaseErrorOf(connection.run("COMMIT"))).toMatchObject({
      kind: "open-statement",
      databaseCode: "SQLITE_BUSY",
    });
    written.return?.();
  });

  test("full, where no page is left", async () => {
    using db = new Database(":memory:");
    db.run("CREATE TABLE t (data); PRAGMA max_page_count = 2");
    const connection = SqliteConnection.over(db);
    expect((await databaseErrorOf(connection.run("INSERT INTO t VALUES (zeroblob(100000))"))).kind).toBe(
      "full",
    );
  });

  test("not-a-database, where the file holds something else", async () => {
    using dir = new TempDir();
    const connection = SqliteConnection.open(dir.write("app.db", "x".repeat(4096)), "write");
    expect((await databaseErrorOf(connection.all("SELECT * FROM sqlite_schema"))).kind).toBe(
      "not-a-database",
    );
    await connection.close();
  });
});
