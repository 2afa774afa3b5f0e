import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { checkForeignKeys } from "../../../src/databases/sqlite/foreign-key-check.ts";

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
    expect(checkForeignKeys(db, "all")).toEqual({ violations: [], errors: [] });
  });

  test("names table, parent, columns, values and row", () => {
    using db = memory(
      `CREATE TABLE p (a, b, PRIMARY KEY (a, b));
       CREATE TABLE c (id INTEGER PRIMARY KEY, "odd ""name" TEXT, y, FOREIGN KEY ("odd ""name", y) REFERENCES p (a, b));
       INSERT INTO c VALUES (7, 'it''s', 2);`,
    );
    expect(checkForeignKeys(db, "all")).toEqual({
      violations: [
        { table: "c", parent: "p", columns: ['odd "name', "y"], values: ["'it''s'", "2"], rowid: "7" },
      ],
      errors: [],
    });
  });

  test("tells two keys of one table apart", () => {
    using db = memory(
      `CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE q (id INTEGER PRIMARY KEY);
       CREATE TABLE c (p REFERENCES p(id), q REFERENCES q(id)); INSERT INTO c VALUES (1, 2);`,
    );
    const { violations } = checkForeignKeys(db, "all");
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
    const report = checkForeignKeys(db, "all");
    expect(report.errors).toEqual(['a: foreign key mismatch - "a" referencing "loose"']);
    expect(report.violations.map(({ table }) => table)).toEqual(["z"]);
  });

  test("looks only at the tables that are named", () => {
    using db = memory(
      `CREATE TABLE p (id INTEGER PRIMARY KEY);
       CREATE TABLE c (p REFERENCES p(id)); INSERT INTO c VALUES (1);
       CREATE TABLE d (p REFERENCES p(id)); INSERT INTO d VALUES (2);`,
    );
    expect(checkForeignKeys(db, ["d"]).violations.map(({ values }) => values)).toEqual([["2"]]);
    expect(checkForeignKeys(db, [])).toEqual({ violations: [], errors: [] });
  });

  test("does without values in a table without rowids", () => {
    using db = memory(
      `CREATE TABLE p (id TEXT PRIMARY KEY); CREATE TABLE c (id TEXT PRIMARY KEY REFERENCES p(id)) WITHOUT ROWID;
       INSERT INTO c VALUES ('x');`,
    );
    expect(checkForeignKeys(db, "all").violations).toEqual([
      { table: "c", parent: "p", columns: ["id"], values: [], rowid: null },
    ]);
  });
});
