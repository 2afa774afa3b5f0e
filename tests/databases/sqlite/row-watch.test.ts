import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { TriggerWatch } from "../../../src/databases/sqlite/row-watch.ts";

function family(onChange: string, more = ""): Database {
  const db = new Database(":memory:");
  db.run(`PRAGMA foreign_keys = 1;
    CREATE TABLE parent (id INTEGER PRIMARY KEY);
    CREATE TABLE child (id INTEGER PRIMARY KEY, pid INTEGER DEFAULT 3 REFERENCES parent ${onChange});
    INSERT INTO parent VALUES (1), (2), (3);
    INSERT INTO child VALUES (10, 1), (11, 2), (12, 2), (13, NULL);
    ${more}`);
  return db;
}

const nothingExcepted = () => false;

describe("rows that actions take are counted", () => {
  test.each([
    ["ON DELETE CASCADE", "DROP TABLE parent", [{ table: "child", what: "deleted", rows: 3 }]],
    ["ON DELETE CASCADE", "DELETE FROM parent", [{ table: "child", what: "deleted", rows: 3 }]],
    ["ON DELETE CASCADE", "REPLACE INTO parent VALUES (2)", [{ table: "child", what: "deleted", rows: 2 }]],
    ["ON DELETE SET NULL", "DROP TABLE parent", [{ table: "child", what: "cleared", rows: 3 }]],
    ["ON DELETE SET NULL", "DELETE FROM parent WHERE id = 1", [{ table: "child", what: "cleared", rows: 1 }]],
    [
      "ON DELETE SET DEFAULT",
      "DELETE FROM parent WHERE id = 2",
      [{ table: "child", what: "cleared", rows: 2 }],
    ],
    [
      "ON UPDATE SET NULL",
      "UPDATE parent SET id = 9 WHERE id = 2",
      [{ table: "child", what: "cleared", rows: 2 }],
    ],
    ["ON UPDATE CASCADE", "UPDATE parent SET id = id + 10", []],
    ["ON DELETE CASCADE ON UPDATE CASCADE", "UPDATE parent SET id = id + 10", []],
    ["ON DELETE SET NULL ON UPDATE CASCADE", "UPDATE parent SET id = id + 10", []],
    ["", "DELETE FROM parent WHERE id = 3", []],
    ["ON DELETE CASCADE", "DELETE FROM parent WHERE id = 3", []],
  ] as const)("%s, %s", (onChange, sql, losses) => {
    using db = family(onChange);
    const watch = new TriggerWatch(db, nothingExcepted);
    db.run(sql);
    expect(watch.losses()).toEqual([...losses]);
  });

  test.each(["nobody", "'nobody'", '"nobody"'])(
    "with %s as a default, which is text however it is written",
    (fallback) => {
      using db = new Database(":memory:");
      db.run(`PRAGMA foreign_keys = 1;
      CREATE TABLE users (id TEXT PRIMARY KEY);
      CREATE TABLE notes (user TEXT DEFAULT ${fallback} REFERENCES users ON DELETE SET DEFAULT);
      INSERT INTO users VALUES ('nobody'), ('a'), ('b'); INSERT INTO notes VALUES ('a');`);
      const watch = new TriggerWatch(db, nothingExcepted);
      db.run("ALTER TABLE users RENAME TO people; DELETE FROM people WHERE id <> 'nobody'");
      expect(watch.losses()).toEqual([{ table: "notes", what: "cleared", rows: 1 }]);
    },
  );

  test("where the default is of another kind than the column", () => {
    using db = new Database(":memory:");
    db.run(`PRAGMA foreign_keys = 1;
      CREATE TABLE users (id INTEGER PRIMARY KEY);
      CREATE TABLE notes (user INTEGER DEFAULT '0' REFERENCES users ON DELETE SET DEFAULT);
      INSERT INTO users VALUES (0), (2); INSERT INTO notes VALUES (2);`);
    const watch = new TriggerWatch(db, nothingExcepted);
    db.run("DELETE FROM users WHERE id = 2");
    expect(watch.losses()).toEqual([{ table: "notes", what: "cleared", rows: 1 }]);
  });

  test("through a chain, and through a table that points at itself", () => {
    using db = family(
      "ON DELETE CASCADE",
      `CREATE TABLE leaf (cid REFERENCES child ON DELETE CASCADE);
       CREATE TABLE node (id INTEGER PRIMARY KEY, up REFERENCES node ON DELETE CASCADE, pid REFERENCES parent ON DELETE CASCADE);
       INSERT INTO leaf VALUES (10), (10);
       INSERT INTO node VALUES (1, NULL, 1), (2, 1, NULL), (3, 2, NULL);`,
    );
    const watch = new TriggerWatch(db, nothingExcepted);
    db.run("DELETE FROM parent WHERE id = 1");
    expect(watch.losses()).toEqual([
      { table: "child", what: "deleted", rows: 1 },
      { table: "leaf", what: "deleted", rows: 2 },
      { table: "node", what: "deleted", rows: 3 },
    ]);
  });

  test("in tables and columns of odd names, without rowids, of keys of many columns", () => {
    using db = new Database(":memory:");
    db.run(`PRAGMA foreign_keys = 1;
      CREATE TABLE "p'1" ("a b" INTEGER, c INTEGER, PRIMARY KEY ("a b", c));
      CREATE TABLE "c""2" (id TEXT PRIMARY KEY, "x'y" INTEGER, z INTEGER,
        FOREIGN KEY ("x'y", z) REFERENCES "p'1" ON DELETE SET NULL) WITHOUT ROWID;
      INSERT INTO "p'1" VALUES (1, 2); INSERT INTO "c""2" VALUES ('k', 1, 2);`);
    const watch = new TriggerWatch(db, nothingExcepted);
    db.run(`DELETE FROM "p'1"`);
    expect(watch.losses()).toMatchObject([{ table: 'c"2', what: "cleared" }]);
  });
});

describe("a watch", () => {
  test("passes over the tables that are excepted", () => {
    using db = family("ON DELETE CASCADE");
    const watch = new TriggerWatch(db, (table) => table === "child");
    db.run("DELETE FROM parent");
    expect(watch.losses()).toEqual([]);
  });

  test("leaves nothing behind", () => {
    using db = family("ON DELETE CASCADE");
    const watch = new TriggerWatch(db, nothingExcepted);
    expect(db.query("SELECT count(*) FROM temp.sqlite_schema").values()).not.toEqual([[0]]);
    watch.end();
    expect(db.query("SELECT count(*) FROM temp.sqlite_schema").values()).toEqual([[0]]);
    db.run("DELETE FROM parent");
    expect(db.query("SELECT count(*) FROM child").values()).toEqual([[1]]);
  });

  test("ends where its tables are gone, or were renamed", () => {
    using db = family("ON DELETE CASCADE");
    const watch = new TriggerWatch(db, nothingExcepted);
    db.run("ALTER TABLE child RENAME TO kid; DROP TABLE kid");
    expect(watch.losses()).toEqual([]);
    watch.end();
    expect(db.query("SELECT count(*) FROM temp.sqlite_schema").values()).toEqual([[0]]);
  });

  test("is undone with the savepoint that it was begun in", () => {
    using db = family("ON DELETE CASCADE");
    db.run("SAVEPOINT s");
    new TriggerWatch(db, nothingExcepted);
    db.run("ROLLBACK TO s; RELEASE s");
    expect(db.query("SELECT count(*) FROM temp.sqlite_schema").values()).toEqual([[0]]);
  });
});
