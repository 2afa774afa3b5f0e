import { expect, test } from "bun:test";
import { changedTables } from "../../src/sql/changed-tables.ts";

test.each([
  ["DELETE FROM t WHERE u = 1", ["t"]],
  ['DELETE FROM main."T u"', ["t u"]],
  ["UPDATE OR IGNORE [t] SET a = 1 FROM u", ["t"]],
  ["WITH x AS (SELECT 1 FROM u) UPDATE t SET a = (SELECT b FROM v)", ["t"]],
  ["INSERT OR REPLACE INTO `t` SELECT * FROM u ON CONFLICT DO UPDATE SET a = 1", ["t"]],
  ["REPLACE INTO t VALUES (1)", ["t"]],
  ["DROP TABLE IF EXISTS main.t", ["t"]],
  ["ALTER TABLE t RENAME TO u", ["t"]],
  ["CREATE TABLE t (posts INTEGER REFERENCES u ON UPDATE CASCADE ON DELETE SET NULL)", []],
  ["SELECT posts FROM t -- DELETE FROM u", []],
  ["DELETE FROM É", ["É"]],
])("%s", (sql, tables) => {
  expect([...changedTables(sql)]).toEqual(tables);
});
