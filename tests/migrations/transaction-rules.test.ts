import { describe, expect, test } from "bun:test";
import type { Migration } from "../../src/migrations/migration.ts";
import { readSqlFile } from "../../src/migrations/sql-file.ts";
import { refuseUnrunnable, withoutTransactionControl } from "../../src/migrations/transaction-rules.ts";
import { intended } from "../support/intent.ts";
import { refusalOf } from "../support/refusal.ts";
import { statementsOf } from "../support/statements.ts";

const MIGRATION: Migration = intended(1);
const SWITCHED = "godwit switches foreign keys itself, and checks them after each migration";
const FRAMED = "the transaction is godwit's";

function runnable(sql: string) {
  const { statements, dropped } = withoutTransactionControl(MIGRATION, sql, statementsOf(sql));
  return {
    kept: statements.map(({ start, end }) => sql.slice(start, end)),
    dropped: dropped.map(({ statement, why }) => [sql.slice(statement.start, statement.end), why]),
  };
}

describe("in godwit's own transaction", () => {
  test.each<{ name: string; sql: string; kept: string[]; dropped: [string, string][] }>([
    {
      name: "nothing is taken from plain statements",
      sql: "CREATE TABLE a (b); INSERT INTO a VALUES (1);",
      kept: ["CREATE TABLE a (b);", "INSERT INTO a VALUES (1);"],
      dropped: [],
    },
    { name: "nothing comes of nothing", sql: "", kept: [], dropped: [] },
    {
      name: "a frame is taken off",
      sql: "BEGIN; A; COMMIT;",
      kept: ["A;"],
      dropped: [
        ["BEGIN;", FRAMED],
        ["COMMIT;", FRAMED],
      ],
    },
    {
      name: "a frame in other words is taken off",
      sql: "begin immediate transaction; A; END TRANSACTION;",
      kept: ["A;"],
      dropped: [
        ["begin immediate transaction;", FRAMED],
        ["END TRANSACTION;", FRAMED],
      ],
    },
    {
      name: "an empty frame is taken off",
      sql: "BEGIN; COMMIT;",
      kept: [],
      dropped: [
        ["BEGIN;", FRAMED],
        ["COMMIT;", FRAMED],
      ],
    },
    {
      name: "foreign_keys around the frame is dropped",
      sql: "PRAGMA foreign_keys=OFF; BEGIN; A; COMMIT; PRAGMA foreign_keys=ON;",
      kept: ["A;"],
      dropped: [
        ["PRAGMA foreign_keys=OFF;", SWITCHED],
        ["BEGIN;", FRAMED],
        ["COMMIT;", FRAMED],
        ["PRAGMA foreign_keys=ON;", SWITCHED],
      ],
    },
    {
      name: "other pragmas around the frame stay",
      sql: "PRAGMA user_version=1; BEGIN; A; COMMIT; PRAGMA optimize;",
      kept: ["PRAGMA user_version=1;", "A;", "PRAGMA optimize;"],
      dropped: [
        ["BEGIN;", FRAMED],
        ["COMMIT;", FRAMED],
      ],
    },
    {
      name: "foreign_keys in the middle is dropped",
      sql: "A; pragma main.foreign_keys(0); B;",
      kept: ["A;", "B;"],
      dropped: [["pragma main.foreign_keys(0);", SWITCHED]],
    },
    {
      name: "foreign_key_check stays",
      sql: "PRAGMA foreign_key_check;",
      kept: ["PRAGMA foreign_key_check;"],
      dropped: [],
    },
    {
      name: "BEGIN … END in a trigger stays",
      sql: "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;",
      kept: ["CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;"],
      dropped: [],
    },
    {
      name: "OR ROLLBACK stays",
      sql: "INSERT OR ROLLBACK INTO a VALUES (1);",
      kept: ["INSERT OR ROLLBACK INTO a VALUES (1);"],
      dropped: [],
    },
  ])("$name", ({ sql, kept, dropped }) => {
    expect(runnable(sql)).toEqual({ kept, dropped });
  });

  const SPLITS = "would end or split the transaction that keeps the migration whole";

  test.each([
    { name: "a BEGIN alone", sql: "A;\n BEGIN;\nB;", word: "BEGIN", line: 2, column: 2 },
    { name: "a COMMIT alone", sql: "A;\nCOMMIT;", word: "COMMIT", line: 2, column: 1 },
    { name: "an END alone", sql: "END;", word: "END", line: 1, column: 1 },
    { name: "a ROLLBACK", sql: "A; rollback;", word: "ROLLBACK", line: 1, column: 4 },
    { name: "a frame that rolls back", sql: "BEGIN; A; ROLLBACK;", word: "BEGIN", line: 1, column: 1 },
    { name: "a SAVEPOINT", sql: "SAVEPOINT s; A; RELEASE s;", word: "SAVEPOINT", line: 1, column: 1 },
    { name: "a RELEASE", sql: "A; RELEASE s;", word: "RELEASE", line: 1, column: 4 },
    {
      name: "two frames: the second begins inside the first",
      sql: "BEGIN; A; COMMIT;\nBEGIN; B; COMMIT;",
      word: "COMMIT",
      line: 1,
      column: 11,
    },
    { name: "a statement behind the frame", sql: "BEGIN; A; COMMIT; B;", word: "BEGIN", line: 1, column: 1 },
    { name: "a statement before the frame", sql: "A; BEGIN; B; COMMIT;", word: "BEGIN", line: 1, column: 4 },
    { name: "a COMMIT before a BEGIN", sql: "COMMIT; A; BEGIN;", word: "COMMIT", line: 1, column: 1 },
  ])("refused is $name", async ({ sql, word, line, column }) => {
    expect(await refusalOf(() => runnable(sql))).toEqual({
      code: "STATEMENT_NOT_ALLOWED",
      message: `${word} ${SPLITS}`,
      hint: "take it out: each migration already is one transaction",
      line,
      column,
    });
  });

  test.each([
    { sql: "A;\nVACUUM;", message: "VACUUM cannot run inside a transaction" },
    { sql: "A;\nvacuum into 'x';", message: "VACUUM cannot run inside a transaction" },
    { sql: "A;\nATTACH 'x' AS y;", message: "ATTACH cannot be undone by the transaction" },
    { sql: "A;\nDETACH y;", message: "DETACH cannot run inside a transaction" },
    {
      sql: "A;\nPRAGMA main.journal_mode = WAL;",
      message: "the journal mode cannot change inside a transaction",
    },
    { sql: "BEGIN; A;\nVACUUM; COMMIT;", message: "VACUUM cannot run inside a transaction" },
  ])("refused, with the way around it, is $sql", async ({ sql, message }) => {
    expect(await refusalOf(() => runnable(sql))).toEqual({
      code: "STATEMENT_NOT_ALLOWED",
      message,
      hint: 'take it out, or put "-- Transaction: off" at the head of the file',
      line: 2,
      column: 1,
    });
  });
});

describe("a parameter", () => {
  test("is refused where the first one stands", async () => {
    const sql = "SELECT ':a';\nSELECT 1,\n  :b, ?2;";
    expect(await refusalOf(() => refuseUnrunnable(MIGRATION, sql, statementsOf(sql)))).toEqual({
      code: "STATEMENT_NOT_ALLOWED",
      message: "a parameter has no value in a migration; SQLite would take it for NULL",
      hint: "write the value itself",
      line: 3,
      column: 3,
    });
  });

  test("is not what stands in strings, names and comments", () => {
    const { body } = readSqlFile(MIGRATION.file, "-- up\nSELECT '?', \":a\", [@b] -- $c\n;");
    expect(() => refuseUnrunnable(MIGRATION, body.text, body.up)).not.toThrow();
  });
});

describe("a command of the sqlite3 shell", () => {
  test.each([
    { name: "alone", sql: ".read other.sql\n", line: 1, column: 1 },
    { name: "before a statement", sql: "SELECT 1;\n  .mode box\nSELECT 2;", line: 2, column: 3 },
    { name: "before a parameter", sql: "SELECT 1;\n.parameter set :a 1\nSELECT :a;", line: 2, column: 1 },
  ])("is refused: $name", async ({ sql, line, column }) => {
    expect(await refusalOf(() => refuseUnrunnable(MIGRATION, sql, statementsOf(sql)))).toEqual({
      code: "STATEMENT_NOT_ALLOWED",
      message: "a line that begins with a dot is a command of the sqlite3 shell",
      hint: "take it out; the file is SQL only",
      line,
      column,
    });
  });

  test("is not a name or a number with a dot", () => {
    const sql = "SELECT\n.5, main\n.a.b FROM a;";
    expect(() => refuseUnrunnable(MIGRATION, sql, statementsOf(sql))).not.toThrow();
  });
});
