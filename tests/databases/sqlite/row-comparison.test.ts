import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { compareRows } from "../../../src/databases/sqlite/row-comparison.ts";
import { TempDir } from "../../support/temp-dir.ts";

/** Compares a database with what a script makes of it. */
function changes(make: string, change: string, isLeftOut = (_: string) => false) {
  using folder = new TempDir();
  const [before, after] = [folder.join("a.db"), folder.join("b.db")];
  for (const [path, sql] of [
    [before, make],
    [after, `${make};${change}`],
  ] as const) {
    using db = new Database(path);
    db.run(sql);
  }
  return compareRows(before, after, isLeftOut);
}

const ITEMS =
  "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, size); INSERT INTO items VALUES (1, 'a', 1), (2, 'b', 2), (3, NULL, 3)";

describe("rows of two databases", () => {
  test("that are the same are not told of", () =>
    expect(changes(ITEMS, "UPDATE items SET name = name")).toEqual([]));

  test("are inserted, updated and deleted, with some of them in words", () => {
    expect(
      changes(
        ITEMS,
        "DELETE FROM items WHERE id = 1; UPDATE items SET name = 'x' WHERE id = 3; INSERT INTO items VALUES (9, 'z', 9)",
      ),
    ).toEqual([
      {
        table: "items",
        inserted: 1,
        updated: 1,
        deleted: 1,
        examples: ["items id=1 is gone", "items id=9 is new", "items id=3: name NULL -> 'x'"],
      },
    ]);
  });

  test.each(["'2'", "2.0", "x'32'", "NULL"])("differ where only the type does: 2 and %s", (value) => {
    expect(changes(ITEMS, `UPDATE items SET size = ${value} WHERE id = 2`)).toMatchObject([{ updated: 1 }]);
  });

  test.each([
    [
      "CREATE TABLE k (a TEXT COLLATE NOCASE, b INT, v, PRIMARY KEY (a, b)) WITHOUT ROWID",
      "UPDATE k SET v = 2 WHERE a = 'x'; UPDATE k SET a = 'Y' WHERE a = 'y'",
      2,
    ],
    ["CREATE TABLE k (a TEXT, b INT, v)", "UPDATE k SET v = 2 WHERE a = 'x'", 1],
    ['CREATE TABLE k (a TEXT PRIMARY KEY, "odd ""name""" INT, v)', "UPDATE k SET v = 2 WHERE a = 'x'", 1],
  ])("have keys of every kind: %s", (table, change, updated) => {
    const rows = "INSERT INTO k VALUES ('x', 1, 1), ('y', 1, 1), ('z', 1, 1)";
    expect(changes(`${table}; ${rows}`, change)).toMatchObject([
      { table: "k", inserted: 0, updated, deleted: 0 },
    ]);
  });

  test("of a table that comes or goes are all of them", () => {
    expect(changes(ITEMS, "CREATE TABLE more AS SELECT * FROM items; DROP TABLE items")).toMatchObject([
      { table: "items", deleted: 3 },
      { table: "more", inserted: 3 },
    ]);
  });

  test("of a rebuilt table count for what they hold", () => {
    expect(
      changes(
        ITEMS,
        "CREATE TABLE n (id INTEGER PRIMARY KEY, size, name TEXT); INSERT INTO n SELECT id, size, name FROM items WHERE id > 1; DROP TABLE items; ALTER TABLE n RENAME TO items",
      ),
    ).toMatchObject([{ table: "items", inserted: 0, updated: 0, deleted: 1 }]);
  });

  test("count a new column where it holds more than its default", () => {
    expect(
      changes(
        ITEMS,
        "ALTER TABLE items ADD COLUMN level INT DEFAULT 5; UPDATE items SET level = 6 WHERE id = 2",
      ),
    ).toMatchObject([{ updated: 1 }]);
    expect(changes(ITEMS, "ALTER TABLE items ADD COLUMN level INT DEFAULT 5")).toEqual([]);
  });

  test("in tables without a common key are told apart by what they hold", () => {
    const make = "CREATE TABLE k (a PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO k VALUES (1, 1), (2, 2)";
    const rekeyed =
      "CREATE TABLE n (a, v PRIMARY KEY) WITHOUT ROWID; INSERT INTO n SELECT * FROM k WHERE a = 1; DROP TABLE k; ALTER TABLE n RENAME TO k";
    expect(changes(make, rekeyed)).toMatchObject([{ table: "k", deleted: 1, inserted: 0 }]);
  });

  test("of tables that are left out, of virtual ones and of SQLite's own do not count", () => {
    const make = `${ITEMS}; CREATE TABLE auto (id INTEGER PRIMARY KEY AUTOINCREMENT)`;
    expect(
      changes(
        make,
        "DELETE FROM items; INSERT INTO auto VALUES (NULL); DELETE FROM auto",
        (table) => table === "items",
      ),
    ).toEqual([]);
  });

  test("agree with what was done, whatever it was", () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant("delete" as const), id: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ kind: fc.constant("update" as const), id: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ kind: fc.constant("insert" as const), id: fc.integer({ min: 31, max: 60 }) }),
    );
    fc.assert(
      fc.property(fc.uniqueArray(action, { selector: ({ id }) => id, maxLength: 20 }), (actions) => {
        const make =
          "CREATE TABLE t (id INTEGER PRIMARY KEY, v); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30) INSERT INTO t SELECT i, i FROM n";
        const sql = {
          delete: "DELETE FROM t WHERE id = ",
          update: "UPDATE t SET v = 'x' WHERE id = ",
          insert: "INSERT INTO t (id) SELECT ",
        };
        const [found] = changes(make, actions.map(({ kind, id }) => `${sql[kind]}${id}`).join(";"));
        const number = (kind: string) => actions.filter((one) => one.kind === kind).length;
        const { inserted = 0, updated = 0, deleted = 0 } = found ?? {};
        expect([inserted, updated, deleted]).toEqual([number("insert"), number("update"), number("delete")]);
      }),
      { numRuns: 40 },
    );
  });
});
