import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { NO_VIOLATIONS } from "../../../src/databases/foreign-key-report.ts";
import { checkDeclarations, checkForeignKeys } from "../../../src/databases/sqlite/foreign-key-check.ts";
import { foreignKeyLinks } from "../../../src/databases/sqlite/foreign-key-declarations.ts";

function memory(sql: string): Database {
  const db = new Database(":memory:");
  db.run("PRAGMA foreign_keys = OFF");
  db.run(sql);
  return db;
}

describe("checkForeignKeys", () => {
  test("finds nothing where there are no keys, or all point somewhere", () => {
    using db = memory(
      `CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p(id));
       INSERT INTO p VALUES (1); INSERT INTO c VALUES (1), (NULL);`,
    );
    expect(checkForeignKeys(db)).toEqual(NO_VIOLATIONS);
  });

  test("names table, parent, columns, values and row", () => {
    using db = memory(
      `CREATE TABLE p (a, b, PRIMARY KEY (a, b));
       CREATE TABLE c (id INTEGER PRIMARY KEY, "odd ""name" TEXT, y, FOREIGN KEY ("odd ""name", y) REFERENCES p (a, b));
       INSERT INTO c VALUES (7, 'it''s', 2);`,
    );
    expect(checkForeignKeys(db)).toEqual({
      violations: [
        { table: "c", parent: "p", columns: ['odd "name', "y"], values: ["'it''s'", "2"], rowid: "7" },
      ],
      mismatches: [],
      tables: new Map([
        ["c", ["id", 'odd "name', "y"]],
        ["p", ["a", "b"]],
      ]),
    });
  });

  test("tells two keys of one table apart", () => {
    using db = memory(
      `CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE q (id INTEGER PRIMARY KEY);
       CREATE TABLE c (p REFERENCES p(id), q REFERENCES q(id)); INSERT INTO c VALUES (1, 2);`,
    );
    const { violations } = checkForeignKeys(db);
    expect(violations.map(({ parent, columns, values }) => [parent, columns, values])).toContainAllValues([
      ["p", ["p"], ["1"]],
      ["q", ["q"], ["2"]],
    ]);
    expect(violations).toHaveLength(2);
  });

  test("goes on past a key that cannot be checked", () => {
    using db = memory(
      `CREATE TABLE loose (x); CREATE TABLE a (x REFERENCES loose(x)); INSERT INTO a VALUES (1);
       CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE z (p REFERENCES p(id)); INSERT INTO z VALUES (5);`,
    );
    const report = checkForeignKeys(db);
    expect(report.mismatches).toEqual([
      { table: "a", parent: "loose", message: 'foreign key mismatch - "a" referencing "loose"' },
    ]);
    expect(report.violations.map(({ table }) => table)).toEqual(["a", "z"]);
  });

  test("names the values, not the row, in a table without rowids", () => {
    using db = memory(
      `CREATE TABLE p (id TEXT PRIMARY KEY); CREATE TABLE c (id TEXT PRIMARY KEY REFERENCES p(id)) WITHOUT ROWID;
       INSERT INTO c VALUES ('x');`,
    );
    expect(checkForeignKeys(db).violations).toEqual([
      { table: "c", parent: "p", columns: ["id"], values: ["'x'"], rowid: null },
    ]);
  });

  test("finds the sound keys of a table beside one that cannot be checked", () => {
    using db = memory(
      `CREATE TABLE loose (x); CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1);
       CREATE TABLE c (x REFERENCES loose(x), y REFERENCES loose(nope), v REFERENCES p(none), p REFERENCES p(id));
       INSERT INTO loose VALUES (3), (3); INSERT INTO c VALUES (3, 1, 1, 1), (4, 1, 1, 2);`,
    );
    const { mismatches, violations } = checkForeignKeys(db);
    expect(mismatches).toHaveLength(1);
    expect(violations.map(({ columns, values }) => [columns[0], values[0]])).toContainAllValues([
      ["x", "4"],
      ["p", "2"],
    ]);
  });

  test("does not take a column of that name for the rowid", () => {
    using db = memory(
      `CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (rowid TEXT, p REFERENCES p(id));
       CREATE TABLE d (rowid TEXT, _rowid_, oid, p REFERENCES p(id));
       INSERT INTO c VALUES ('x', 8); INSERT INTO d VALUES (1, 2, 3, 9);`,
    );
    expect(checkForeignKeys(db).violations.map(({ table, values, rowid }) => [table, values, rowid])).toEqual(
      [
        ["c", ["8"], "1"],
        ["d", ["9"], null],
      ],
    );
  });

  test("is not misled by LIKE made case-sensitive, nor by a temporary table of the same name", () => {
    using db = memory(
      `CREATE TABLE p (id INTEGER PRIMARY KEY); create table c (p references p(id)); INSERT INTO c VALUES (1);
       CREATE TEMP TABLE c (x); CREATE TEMP TABLE p (x UNIQUE); INSERT INTO temp.p VALUES (1); PRAGMA case_sensitive_like = 1;`,
    );
    expect(checkForeignKeys(db).violations).toHaveLength(1);
  });

  test.each([false, true])("reads rowids above 2^53 exactly, integers as bigints: %p", (safeIntegers) => {
    using db = new Database(":memory:", { safeIntegers });
    db.run(`PRAGMA foreign_keys = OFF; CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE loose (x);
       CREATE TABLE c (id INTEGER PRIMARY KEY, q REFERENCES p(id), p REFERENCES p(id)); INSERT INTO p VALUES (1);
       CREATE TABLE w (id INTEGER PRIMARY KEY, p REFERENCES p) WITHOUT ROWID; INSERT INTO w VALUES (1, 1), (2, 9007199254740995);
       INSERT INTO c VALUES (9007199254740993, 1, 77), (9007199254740992, 1, 1);`);
    expect(checkForeignKeys(db).violations).toEqual([
      { table: "c", parent: "p", columns: ["p"], values: ["77"], rowid: "9007199254740993" },
      { table: "w", parent: "p", columns: ["p"], values: ["9007199254740995"], rowid: null },
    ]);
  });

  test("lets damage through: it is no mismatch", () => {
    using db = memory("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p(id));");
    // The third page: after the schema's and the parent's.
    using copy = Database.deserialize(Buffer.from(db.serialize()).fill(0xff, 2 * 4096));
    expect(() => checkForeignKeys(copy)).toThrow(/malformed|corrupt/);
  });
});

const VALUES = [
  "NULL",
  "1",
  "'1'",
  "1.0",
  "'1.0'",
  "'a'",
  "'A'",
  "'a '",
  "x'61'",
  "2",
  "'02'",
  "''",
  "9007199254740993",
];

describe("in a table without rowids, as many rows are found as by SQLite's own check", () => {
  test.each([
    ...["INTEGER PRIMARY KEY", "INT PRIMARY KEY", "TEXT UNIQUE", "TEXT COLLATE NOCASE PRIMARY KEY"],
    ...["TEXT COLLATE RTRIM UNIQUE", "BLOB UNIQUE", "REAL UNIQUE", "NUMERIC UNIQUE", "UNIQUE"],
  ])("parent %s", (parent) => {
    for (const child of ["", "INTEGER", "TEXT", "TEXT COLLATE NOCASE", "REAL", "BLOB", "NUMERIC"]) {
      using db = memory(
        `CREATE TABLE p (k ${parent}); CREATE TABLE c (id INTEGER PRIMARY KEY, k ${child} REFERENCES p(k)) WITHOUT ROWID;
         INSERT OR IGNORE INTO p VALUES (1), (9007199254740992);
         ${parent.startsWith("INT") ? "" : "INSERT OR IGNORE INTO p VALUES (NULL), ('a'), ('02');"}`,
      );
      for (const value of VALUES) db.run(`INSERT INTO c SELECT count(*), ${value} FROM c`);
      expect(checkForeignKeys(db).violations.map(({ values }) => values)).toHaveLength(
        db.query("PRAGMA foreign_key_check").all().length,
      );
    }
  });

  test("keys of many columns, keys that name none, self-references and parents that are not there included", () => {
    using db = memory(
      `CREATE TABLE p (a, b COLLATE NOCASE, PRIMARY KEY (b, a)) WITHOUT ROWID; INSERT INTO p VALUES (1, 'x');
       CREATE TABLE c (id INTEGER PRIMARY KEY, b, a, up REFERENCES c, n REFERENCES none, FOREIGN KEY (b, a) REFERENCES p) WITHOUT ROWID;
       INSERT INTO c VALUES (1, 'X', 1, 1, NULL), (2, 'y', 1, 3, 5), (3, 'x', NULL, 2, NULL), (4, NULL, 7, 9, NULL);`,
    );
    const found = checkForeignKeys(db).violations.map(({ columns, values }) => [
      columns.join(),
      values.join(),
    ]);
    expect(found).toContainAllValues([
      ["b,a", "'y',1"],
      ["up", "9"],
      ["n", "5"],
    ]);
    expect(db.query("PRAGMA foreign_key_check").all()).toHaveLength(found.length);
  });
});

describe("checkDeclarations", () => {
  test("finds the mismatches of the tables named, and reads no rows", () => {
    using db = memory(
      `CREATE TABLE loose (x); CREATE TABLE a (x REFERENCES loose(x)); CREATE TABLE b (x REFERENCES loose(x));
       CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p(id)); INSERT INTO c VALUES (1);`,
    );
    expect(checkDeclarations(db, ["a", "c", "none"])).toMatchObject({
      violations: [],
      mismatches: [{ table: "a" }],
    });
    expect(checkDeclarations(db, ["c", "none"])).toEqual(NO_VIOLATIONS);
  });
});

test("links name what each table points at, there or not", () => {
  using db = memory(
    "CREATE TABLE a (x REFERENCES none(x), y REFERENCES none(y)); CREATE TABLE b (x REFERENCES a)",
  );
  const named = (tables: readonly string[] | "all") =>
    new Set(foreignKeyLinks(db, tables).map(({ table, parent }) => `${table} ${parent}`));
  expect(named("all")).toEqual(new Set(["a none", "b a"]));
  expect(named(["b", "c"])).toEqual(new Set(["b a"]));
});
