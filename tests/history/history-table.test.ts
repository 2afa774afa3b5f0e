import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { SqliteConnection } from "../../src/databases/sqlite/sqlite-connection.ts";
import { isoTime, wholeNumber } from "../../src/history/history.ts";
import { HistoryTable } from "../../src/history/history-table.ts";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";

const WHEN = new Date("2026-02-14T12:00:00.789Z");

function memory(schema = ""): Database {
  const db = new Database(":memory:");
  if (schema !== "") db.run(schema);
  return db;
}

function historyOf(db: Database, table = "schema_migrations"): HistoryTable {
  return new HistoryTable(SqliteConnection.over(db), table);
}

function record(n: number, checksum: string | null = `sum-${n}`) {
  return { version: v(n), description: `Step ${n}`, appliedAt: WHEN, executionTimeMs: n, checksum };
}

function names(db: Database): unknown[] {
  return db.query("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'").values().flat();
}

describe("reading", () => {
  test("an empty database gives an empty history and makes nothing", async () => {
    using db = memory();
    expect(await historyOf(db).read()).toEqual({ applied: [], incomplete: [] });
    expect(names(db)).toEqual([]);
    expect(db.inTransaction).toBe(false);
  });

  test("gives the rows in the order of their versions", async () => {
    using db = memory();
    const history = historyOf(db);
    await history.ensure();
    await history.record(record(2, null));
    await history.record(record(1));
    expect((await history.read()).applied).toEqual([
      {
        version: v(1),
        description: "Step 1",
        appliedAt: "2026-02-14 12:00:00",
        executionTimeMs: 1,
        checksum: "sum-1",
      },
      {
        version: v(2),
        description: "Step 2",
        appliedAt: "2026-02-14 12:00:00",
        executionTimeMs: 2,
        checksum: null,
      },
    ]);
  });

  test("stays inside a transaction that is open, and leaves it open", async () => {
    using db = memory();
    db.run("BEGIN");
    await historyOf(db).ensure();
    expect((await historyOf(db).read()).applied).toEqual([]);
    expect(db.inTransaction).toBe(true);
  });

  test("ends its transaction also where the history is refused", async () => {
    using db = memory("CREATE TABLE schema_migrations (version varchar(128) primary key)");
    await failureOf(historyOf(db).read());
    expect(db.inTransaction).toBe(false);
  });

  test("rounds the times of rows written by hand, and reads none where there is no number", async () => {
    using db = memory();
    await historyOf(db).ensure();
    db.run(`INSERT INTO schema_migrations (version, description, applied_at, execution_time_ms)
            VALUES ('${v(1)}', 'a', NULL, 1.6), ('${v(2)}', 'b', 'long ago', 'fast')`);
    expect(
      (await historyOf(db).read()).applied.map(({ appliedAt, executionTimeMs }) => [
        isoTime(appliedAt),
        wholeNumber(executionTimeMs),
      ]),
    ).toEqual([
      [null, 2],
      [null, null],
    ]);
  });
});

const LOOSE = `CREATE TABLE schema_migrations (id INTEGER PRIMARY KEY, version TEXT, description TEXT, applied_at TIMESTAMP, execution_time_ms INTEGER);`;

describe("a history that cannot be true is refused", () => {
  test.each([
    ["a version that is NULL", "(NULL)", "has a row without a version"],
    ["a version that is a blob", "(x'00')", "has a row without a version"],
    ["a version that stands twice", `('${v(1)}'), ('${v(1)}')`, `has two rows for ${v(1)}`],
  ])("%s", async (_name, values, message) => {
    using db = memory(`${LOOSE} INSERT INTO schema_migrations (version) VALUES ${values}`);
    const failure = await failureOf(historyOf(db).read());
    expect(failure).toMatchObject({
      code: "HISTORY_INVALID",
      exitCode: 3,
      message: `the history table schema_migrations ${message}`,
      hint: "mend the row by hand, then run again",
    });
  });

  test("but not a row without a description", async () => {
    using db = memory(`${LOOSE} INSERT INTO schema_migrations (version) VALUES ('${v(1)}')`);
    expect((await historyOf(db).read()).applied).toEqual([
      { version: v(1), description: null, appliedAt: null, executionTimeMs: null, checksum: null },
    ]);
  });

  test("nor versions that are numbers in the file", async () => {
    using db = memory(
      `CREATE TABLE schema_migrations (version INTEGER, description TEXT, applied_at, execution_time_ms);
       INSERT INTO schema_migrations (version, description) VALUES (${v(1)}, 'a')`,
    );
    expect((await historyOf(db).read()).applied[0]?.version).toBe(v(1));
  });
});

describe("writing", () => {
  test("makes the table once", async () => {
    using db = memory();
    await historyOf(db).ensure();
    await historyOf(db).ensure();
    expect(
      db.query("SELECT name, type, \"notnull\" FROM pragma_table_info('schema_migrations')").values(),
    ).toEqual([
      ["id", "INTEGER", 0],
      ["version", "TEXT", 1],
      ["description", "TEXT", 1],
      ["applied_at", "TIMESTAMP", 0],
      ["execution_time_ms", "INTEGER", 0],
      ["checksum", "TEXT", 0],
    ]);
  });

  test("forgets rows, and gives a row another checksum", async () => {
    using db = memory();
    const history = historyOf(db);
    await history.ensure();
    await history.record(record(1));
    await history.record(record(2));
    await history.setChecksum(v(1), "another");
    await history.forget(v(2));
    expect((await history.read()).applied.map(({ version, checksum }) => [version, checksum])).toEqual([
      [v(1), "another"],
    ]);
  });

  test("never records a version twice", async () => {
    using db = memory();
    const history = historyOf(db);
    await history.ensure();
    await history.record(record(1));
    await expect(history.record(record(1))).rejects.toThrow("UNIQUE constraint failed");
  });

  test("takes any name for the table, the companion's name with it", async () => {
    using db = memory();
    const history = historyOf(db, 'an "odd" name');
    await history.ensure();
    await history.record(record(1));
    await history.recordIncomplete(v(2), 1, WHEN);
    expect(names(db)).toEqual(['an "odd" name', 'an "odd" name_incomplete']);
    expect((await history.read()).applied).toHaveLength(1);
  });
});

describe("the notes of migrations that stopped half-way", () => {
  test("hold the last statement and the first time", async () => {
    using db = memory();
    const history = historyOf(db);
    await history.recordIncomplete(v(1), 1, WHEN);
    await history.recordIncomplete(v(1), 4, new Date("2026-02-15T00:00:00Z"));
    expect(await history.read()).toEqual({
      applied: [],
      incomplete: [{ version: v(1), statement: 4, startedAt: "2026-02-14T12:00:00Z" }],
    });
  });

  test("take their table along when the last one goes", async () => {
    using db = memory();
    const history = historyOf(db);
    await history.recordIncomplete(v(1), 1, WHEN);
    await history.recordIncomplete(v(2), 1, WHEN);
    await history.forgetIncomplete(v(1));
    expect(names(db)).toEqual(["schema_migrations_incomplete"]);
    await history.forgetIncomplete(v(2));
    expect(names(db)).toEqual([]);
    await history.forgetIncomplete(v(2));
    expect(names(db)).toEqual([]);
  });
});
