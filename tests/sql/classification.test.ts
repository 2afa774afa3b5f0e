import { describe, expect, test } from "bun:test";
import {
  makesTable,
  referenceImpact,
  reshapedName,
  reshapes,
  transactionRole,
} from "../../src/sql/classification.ts";
import { statementsOf } from "../support/statements.ts";

function wordsOf(sql: string): readonly string[] {
  return statementsOf(sql)[0]!.words;
}

describe("what a statement does to its transaction", () => {
  test.each([
    { sql: "BEGIN", role: "begin" },
    { sql: "begin immediate transaction;", role: "begin" },
    { sql: "COMMIT;", role: "commit" },
    { sql: "End Transaction;", role: "commit" },
    { sql: "ROLLBACK TO a;", role: "rollback" },
    { sql: "SAVEPOINT a;", role: "savepoint" },
    { sql: "RELEASE a;", role: "release" },
    { sql: "VACUUM INTO 'x';", role: "vacuum" },
    { sql: "ATTACH 'x' AS y;", role: "attach" },
    { sql: "DETACH y;", role: "detach" },
    { sql: "PRAGMA foreign_keys = OFF;", role: "foreign-keys" },
    { sql: "PRAGMA main.Foreign_Keys(0);", role: "foreign-keys" },
    { sql: 'PRAGMA /* x */ "foreign_keys" = 0;', role: "foreign-keys" },
    { sql: "PRAGMA [main] . `journal_mode` = WAL;", role: "journal-mode" },
    { sql: "PRAGMA journal_mode;", role: "journal-mode" },
    { sql: "PRAGMA foreign_key_check;", role: "pragma" },
    { sql: "PRAGMA user_version = 3;", role: "pragma" },
    { sql: "PRAGMA", role: "pragma" },
    { sql: "INSERT OR ROLLBACK INTO a VALUES (1);", role: "none" },
    { sql: "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;", role: "none" },
    { sql: "(SELECT 1)", role: "none" },
    { sql: "constructor", role: "none" },
  ] as const)("$sql is $role", ({ sql, role }) => {
    expect(transactionRole(wordsOf(sql), sql)).toBe(role);
  });
});

describe("whose foreign keys a statement could break", () => {
  test.each([
    { sql: "CREATE INDEX i ON a (b)" },
    { sql: "CREATE UNIQUE INDEX i ON a (b)" },
    { sql: "CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; END" },
    { sql: "ALTER TABLE a ADD COLUMN b TEXT" },
    { sql: "ALTER TABLE main.a ADD b TEXT" },
    { sql: "SELECT 1" },
    { sql: "PRAGMA user_version = 1" },
    { sql: "EXPLAIN DELETE FROM a" },
    { sql: "ANALYZE" },
    { sql: "REINDEX" },
    { sql: "DROP VIEW v" },
    { sql: "DROP TRIGGER t" },
  ])("nobody's: $sql", ({ sql }) => {
    expect(referenceImpact(wordsOf(sql), sql)).toEqual({ kind: "none" });
  });

  test.each([
    { sql: "CREATE TABLE a (b)", table: "a" },
    { sql: "create table if not exists A (b)", table: "A" },
    { sql: "CREATE TABLE main.a (b)", table: "a" },
    { sql: 'CREATE TABLE IF NOT EXISTS "main" . "a""b" (c)', table: 'a"b' },
    { sql: "CREATE TEMPORARY TABLE a AS SELECT 1", table: "a" },
    { sql: "CREATE /* x */ TABLE [a b] (c)", table: "a b" },
    { sql: "CREATE VIEW v AS SELECT 1", table: "v" },
    { sql: "CREATE TEMP VIEW IF NOT EXISTS main.v AS SELECT 1", table: "v" },
  ])("those of what it creates, and of what points at that: $sql", ({ sql, table }) => {
    expect(referenceImpact(wordsOf(sql), sql)).toEqual({ kind: "table", table });
  });

  test.each([
    { sql: "INSERT INTO a VALUES (1)" },
    { sql: "DELETE FROM a" },
    { sql: "DROP TABLE a" },
    { sql: "DROP INDEX i" },
    { sql: "ALTER TABLE a RENAME TO b" },
    { sql: "ALTER TABLE a DROP COLUMN b" },
    { sql: "ALTER TABLE a ADD COLUMN b REFERENCES c (d)" },
    { sql: "alter table a add b references c" },
    { sql: "CREATE VIRTUAL TABLE a USING fts5(b)" },
    { sql: "CREATE TABLE" },
    { sql: "WITH x AS (SELECT 1) DELETE FROM a" },
    { sql: "REPLACE INTO a VALUES (1)" },
  ])("anybody's: $sql", ({ sql }) => {
    expect(referenceImpact(wordsOf(sql), sql)).toEqual({ kind: "any" });
  });
});

describe("what may rebuild a table", () => {
  test.each([
    ["DROP TABLE t", "t", false],
    ['DROP TABLE IF EXISTS main."a b";', "a b", false],
    ["DROP VIEW [v]", "v", false],
    ["DROP TRIGGER main.g", "g", false],
    ["ALTER TABLE t RENAME TO u", "t", true],
    ["ALTER TABLE main.`t` RENAME TO u", "t", true],
  ])("%s reshapes %s", (sql, name, makes) => {
    const [statement] = statementsOf(sql);
    expect([reshapes(statement!.words), reshapedName(sql), makesTable(statement!.words)]).toEqual([
      true,
      name,
      makes,
    ]);
  });

  test.each(["ALTER TABLE t ADD COLUMN c", "ALTER TABLE t DROP COLUMN c", "DROP INDEX i", "SELECT 1"])(
    "%s does not",
    (sql) => {
      const [statement] = statementsOf(sql);
      expect([reshapes(statement!.words), makesTable(statement!.words)]).toEqual([false, false]);
    },
  );

  test.each(["CREATE TABLE t (id)", "CREATE TEMP TABLE t (id)"])("%s makes a table", (sql) => {
    expect(makesTable(statementsOf(sql)[0]!.words)).toBe(true);
  });
});
