import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { hasNoRole, makesTable, reshapes } from "../../src/sql/classification.ts";
import { isSimpleStatement } from "../../src/sql/simple-statement.ts";
import { SAMPLE_STATEMENTS } from "../support/sql-samples.ts";
import { itemsOf } from "../support/statements.ts";

describe("a statement is simple", () => {
  test.each([
    "INSERT INTO t VALUES (1, 'it''s; -- no comment', \"a\", `b`)",
    "insert or rollback into t values (-1, 6 / 2)",
    " \n\tUPDATE t SET a = a - 1;\n",
    "DELETE FROM t;",
    "REPLACE INTO t VALUES (x'00');",
    "SELECT count(*) FROM t",
    "create\ttable\nif not exists t (id INTEGER PRIMARY KEY REFERENCES t)",
    "CREATE UNIQUE INDEX i ON t (a)",
    "CREATE INDEX i ON t (a);",
    "CREATE TABLE b AS SELECT * FROM t",
  ])("%s", (sql) => {
    expect(isSimpleStatement(sql)).toBe(true);
  });

  test.each([
    "",
    ";",
    "INSERTED",
    "INSERT INTO t VALUES (1); DELETE FROM t",
    "INSERT INTO t VALUES ('open",
    "INSERT INTO t VALUES ('a\0b')",
    "INSERT INTO t VALUES (1)\0",
    "INSERT INTO t VALUES (1) -- why",
    "/* why */ DELETE FROM t",
    "DELETE FROM t /* open",
    "SELECT [a;b] FROM t",
    "SELECT ?1",
    "UPDATE t SET a = :a",
    "CREATE TEMP TABLE t (id)",
    "CREATE VIEW v AS SELECT 1",
    "CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM t; END;",
    "WITH a AS (SELECT 1) SELECT * FROM a",
    "DROP TABLE t",
    "ALTER TABLE t RENAME TO u",
    "PRAGMA foreign_keys",
    "COMMIT",
    "EXPLAIN DELETE FROM t",
    "\ufeffDELETE FROM t",
  ])("but not %j", (sql) => {
    expect(isSimpleStatement(sql)).toBe(false);
  });

  test("one that is, is one statement to the reader too, which touches neither transaction nor schema", () => {
    const piece = fc.oneof(
      fc.constantFrom(...SAMPLE_STATEMENTS),
      fc.constantFrom(
        "INSERT INTO t ",
        "CREATE TABLE ",
        "SELECT ",
        "UPDATE t SET a = ",
        "DROP ",
        "COMMIT",
        "END",
      ),
      fc.constantFrom(
        "'",
        '"',
        "`",
        "[",
        "]",
        ";",
        "--",
        "-",
        "/*",
        "*/",
        "/",
        "\n",
        " ",
        "\0",
        "?",
        ":a",
        "x'",
      ),
      fc.string({ maxLength: 6 }),
    );
    let simple = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const sql = pieces.join("");
        if (!isSimpleStatement(sql)) return;
        simple++;
        const items = itemsOf(sql);
        expect(items.map(({ kind }) => kind)).toEqual(["statement"]);
        const [item] = items;
        if (item?.kind !== "statement") throw new Error("it is no statement");
        expect(hasNoRole(item.statement.words)).toBe(true);
        expect(reshapes(item.statement.words)).toBe(false);
        expect(makesTable(item.statement.words)).toBe(/^\s*create\s+table/i.test(sql));
        expect(sql).not.toContain("\0");
      }),
      { numRuns: 20_000 },
    );
    expect(simple).toBeGreaterThan(500);
  });

  test("a long one that is not is told in time that grows with it", () => {
    // Without a bound this would not come to an end.
    const long = `INSERT INTO t VALUES (${"'a', ".repeat(200_000)}`;
    expect(isSimpleStatement(`${long}?)`)).toBe(false);
    expect(isSimpleStatement(`INSERT INTO t VALUES ('${"x".repeat(2_000_000)}')`)).toBe(true);
  });
});
