import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import type { LendingRules, Lent } from "../../../src/databases/connection.ts";
import { LentHandle } from "../../../src/databases/sqlite/lent-handle.ts";

const LENIENT: LendingRules = {
  needsTransaction: false,
  inspect: (sql) => ({ reshaped: sql.startsWith("DROP TABLE ") ? [sql.slice(11)] : [] }),
  unseen: () => {},
  refuse: (why) => new Error(`refused: ${why}`),
};

function lend(
  rules: Partial<LendingRules> = {},
): { db: Database; lent: Lent; handle: Database } & Disposable {
  const db = new Database(":memory:");
  db.run("CREATE TABLE t (id INTEGER PRIMARY KEY)");
  const lent = new LentHandle(db, { ...LENIENT, ...rules });
  return { db, lent, handle: lent.handle as Database, [Symbol.dispose]: () => db.close() };
}

describe("a lent handle", () => {
  test("does what a Database does", () => {
    using lending = lend();
    const { handle } = lending;
    expect(handle).toBeInstanceOf(Database);
    expect(handle.run("INSERT INTO t VALUES (?)", [7]).changes).toBe(1);
    handle.exec("INSERT INTO t VALUES (8)");
    expect(handle.query("SELECT id FROM t").values()).toEqual([[7], [8]]);
    expect(handle.prepare<{ id: number }, [number]>("SELECT id FROM t WHERE id = ?").get(8)).toEqual({
      id: 8,
    });
    expect([handle.inTransaction, handle.filename]).toEqual([false, ":memory:"]);
  });

  test("is taken back with its statements, however they are run", () => {
    using lending = lend();
    const statement = lending.handle.prepare("INSERT INTO t VALUES (7) RETURNING id");
    expect([...statement]).toEqual([{ id: 7 }]);
    const [begun, other] = [statement.iterate(), statement[Symbol.iterator]()];
    lending.lent.end();
    expect(() => [...statement]).toThrow("refused: over");
    for (const rows of [begun, other]) expect(() => rows.next()).toThrow("refused: over");
    expect(lending.db.query("SELECT id FROM t").values()).toEqual([[7]]);
  });

  test("tells of what could run SQL that nobody looks at, and of nothing else", () => {
    let times = 0;
    using lending = lend({ unseen: () => times++ });
    const handle = lending.handle as Database & { handle: number; loadExtension: unknown };
    handle.run("INSERT INTO t VALUES (1)");
    handle.exec("INSERT INTO t VALUES (2)");
    handle.transaction(() => handle.prepare("SELECT 1").get())();
    handle.query("SELECT 1").all();
    expect([handle.inTransaction, handle.filename, handle.constructor, times]).toEqual([
      false,
      ":memory:",
      Database,
      0,
    ]);
    expect([typeof handle.loadExtension, times]).toEqual(["function", 1]);
    expect([typeof handle.handle, times]).toEqual(["number", 2]);
  });

  test("gives the same statement for the same text, as Database.query does", () => {
    using lending = lend();
    const { handle } = lending;
    expect(handle.query("SELECT 1")).toBe(handle.query("SELECT 1"));
    handle.query("SELECT 1").finalize();
    expect(handle.query("SELECT 1").values()).toEqual([[1]]);
  });

  test("keeps a transaction's writes together, and hands on arguments, this and result", () => {
    using lending = lend();
    const { handle, db } = lending;
    const insert = handle.transaction(function (this: unknown, id: number) {
      handle.run("INSERT INTO t VALUES (?)", [id]);
      if (id === 2) throw new Error("no");
      return [this, id];
    });
    expect(insert.call("it", 1)).toEqual(["it", 1]);
    expect(() => insert.immediate(2)).toThrow("no");
    expect(insert.deferred(3)).toEqual([insert, 3]);
    expect(db.query("SELECT id FROM t").values()).toEqual([[1], [3]]);
    expect((insert as unknown as { database: unknown }).database).toBe(handle);
  });

  test.each([
    ["an async function", async () => {}, "when it is made"],
    ["a function that returns a promise", () => Promise.resolve(), "when it runs"],
  ] as const)("refuses a transaction of %s", (_, body, when) => {
    using lending = lend();
    const { handle, db } = lending;
    const make = () => handle.transaction(body);
    if (when === "when it is made") expect(make).toThrow("refused: async-transaction");
    else expect(() => make()()).toThrow("refused: async-transaction");
    expect(db.inTransaction).toBe(false);
  });

  test("cannot be closed", () => {
    using lending = lend();
    const { handle, db } = lending;
    expect(() => handle.close()).toThrow("refused: close");
    expect(() => handle[Symbol.dispose]()).toThrow("refused: close");
    expect(db.query("SELECT 1").values()).toEqual([[1]]);
  });

  test("shows all SQL before it runs, and how it would be run", () => {
    const seen: string[] = [];
    using lending = lend({
      inspect: (sql, call) => {
        seen.push(`${call} ${sql}`);
        if (sql.startsWith("DELETE")) throw new Error("not this");
        return { reshaped: [] };
      },
    });
    const { handle, db } = lending;
    handle.run("INSERT INTO t VALUES (1)");
    handle.query("SELECT 1");
    handle.query("SELECT 1");
    expect(() => handle.prepare("DELETE FROM t").run()).toThrow("not this");
    expect(() => handle.run("DELETE FROM t")).toThrow("not this");
    expect(seen).toEqual([
      "script INSERT INTO t VALUES (1)",
      "statement SELECT 1",
      "statement SELECT 1",
      "statement DELETE FROM t",
      "script DELETE FROM t",
    ]);
    expect(db.query("SELECT count(*) FROM t").values()).toEqual([[1]]);
  });

  test("keeps what is dropped, with all that belongs to it, as it was before", () => {
    using lending = lend();
    const { handle, lent } = lending;
    expect(lent.objectsBefore).toEqual([]);
    handle.run("CREATE INDEX late ON t (id)");
    handle.run("DROP TABLE t");
    handle.run("CREATE TABLE u (id)");
    handle.run("DROP TABLE u");
    expect(lent.objectsBefore.map(({ name }) => name)).toEqual(["t", "late", "u"]);
  });
});

describe("a handle that was taken back", () => {
  test("throws, whatever is asked of it, and so does what was made with it", () => {
    using lending = lend();
    const { handle, lent, db } = lending;
    const { run } = handle;
    const prepared = handle.prepare("INSERT INTO t VALUES (1)");
    const queried = handle.query("INSERT INTO t VALUES (2)");
    const transaction = handle.transaction(() => "done");
    lent.end();
    expect(() => handle.query).toThrow("refused: over");
    expect(() => handle.inTransaction).toThrow("refused: over");
    expect(() => run("INSERT INTO t VALUES (3)")).toThrow("refused: over");
    for (const name of ["run", "get", "all", "values", "raw", "iterate"] as const) {
      expect(() => prepared[name]()).toThrow("refused: over");
      expect(() => queried[name]()).toThrow("refused: over");
    }
    expect(() => transaction()).toThrow("refused: over");
    expect(db.query("SELECT * FROM t").values()).toEqual([]);
  });

  test("leaves no statement open", () => {
    using lending = lend();
    const { handle, lent, db } = lending;
    handle.run("INSERT INTO t VALUES (1), (2)");
    const rows = handle.query("SELECT id FROM t").iterate();
    rows.next();
    expect([...handle.query("SELECT id FROM t ORDER BY id DESC").iterate()]).toEqual([{ id: 2 }, { id: 1 }]);
    expect(() => db.run("VACUUM")).toThrow("statements in progress");
    lent.end();
    expect(() => db.run("VACUUM")).not.toThrow();
  });

  test("has nothing to close where a loop over rows was left early", () => {
    using lending = lend();
    const { handle, lent } = lending;
    handle.run("INSERT INTO t VALUES (1), (2)");
    const statement = handle.prepare("SELECT id FROM t");
    for (const _ of statement.iterate()) break;
    lent.end();
    expect(statement).toHaveProperty("isFinalized", false);
  });

  test("leaves the database and other loans as they are", () => {
    using lending = lend();
    const { lent, db } = lending;
    const other = new LentHandle(db, LENIENT);
    db.query("SELECT 1");
    lent.end();
    expect(other.handle.query("SELECT 1").values()).toEqual([[1]]);
    expect(db.query("SELECT 1").values()).toEqual([[1]]);
  });
});
