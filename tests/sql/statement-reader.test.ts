import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { itemsOf, statementsOf, textsOf } from "../support/statements.ts";

/** Items as words: `statement SELECT 1;`. */
function told(sql: string): string[] {
  return itemsOf(sql).map((item) => {
    if (item.kind === "statement") return `statement ${sql.slice(item.statement.start, item.statement.end)}`;
    if (item.kind === "comment") return `comment ${sql.slice(item.start, item.end)}`;
    return `unterminated ${item.unterminated.what} at ${item.unterminated.start}`;
  });
}

describe("a script is read into", () => {
  test.each<{ name: string; sql: string; items: string[] }>([
    { name: "nothing", sql: "", items: [] },
    { name: "nothing, from semicolons and space", sql: " ;;\n; ", items: [] },
    { name: "statements", sql: "a; b;c", items: ["statement a;", "statement b;", "statement c"] },
    {
      name: "the comments between them",
      sql: "-- x\na;/* y */ b; -- z",
      items: ["comment -- x", "statement a;", "comment /* y */", "statement b;", "comment -- z"],
    },
    {
      name: "no comment that stands in an open statement",
      sql: "a -- up\n, b;",
      items: ["statement a -- up\n, b;"],
    },
    { name: "a last statement that ends at its last token", sql: "a b -- up\n", items: ["statement a b"] },
    { name: "a last statement before a block comment", sql: "a /* x */ ", items: ["statement a"] },
    {
      name: "no statement that ends inside a string",
      sql: "a ';' b; c",
      items: ["statement a ';' b;", "statement c"],
    },
    {
      name: "a statement that begins with a sign",
      sql: "(a); .read x;",
      items: ["statement (a);", "statement .read x;"],
    },
    {
      name: "statements without the vertical tab before them",
      sql: "a;\n\u000bb;",
      items: ["statement a;", "statement b;"],
    },
    {
      name: "or without anything before it",
      sql: "\u000b\u000ba;\u000b\n-- up\nb;/* x */\u000bc\u000b;\u000b",
      items: ["statement a;", "comment -- up", "statement b;", "comment /* x */", "statement c\u000b;"],
    },
  ])("$name", ({ sql, items }) => {
    expect(told(sql)).toEqual(items);
  });

  test.each([
    { name: "a string", sql: "a; b 'c;", what: "string at 5" },
    { name: "a string that is the first token", sql: "a; 'c;", what: "string at 3" },
    { name: "a quoted name", sql: 'a; b "c;', what: "quoted name at 5" },
    { name: "a bracketed name", sql: "a; [c;", what: "quoted name at 3" },
    { name: "a block comment between statements", sql: "a; /* c;", what: "block comment at 3" },
    { name: "a block comment inside a statement", sql: "a; b /* c;", what: "block comment at 5" },
    { name: "a blob", sql: "a; b x'0", what: "blob at 5" },
    { name: "a trigger", sql: "a; CREATE TRIGGER t BEGIN SELECT 1; ", what: "trigger at 3" },
    {
      name: "a trigger whose END has no semicolon before it",
      sql: "a; CREATE TRIGGER t BEGIN SELECT 1 END;",
      what: "trigger at 3",
    },
    {
      name: "a trigger that a CASE's END does not close",
      sql: "a; CREATE TRIGGER t BEGIN SELECT CASE 1 WHEN 1 THEN 1 END; SELECT 2;",
      what: "trigger at 3",
    },
    {
      name: "a trigger in which a sign stands before END",
      sql: "a; CREATE TRIGGER t BEGIN SELECT 1; (END;",
      what: "trigger at 3",
    },
    {
      name: "a string inside a trigger",
      sql: "a; CREATE TRIGGER t BEGIN SELECT 'x; END;",
      what: "string at 33",
    },
  ])("what is never closed: $name", ({ sql, what }) => {
    expect(told(sql)).toEqual(["statement a;", `unterminated ${what}`]);
  });
});

describe("a trigger is one statement", () => {
  test.each([
    { name: "with two statements", sql: "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; SELECT 2; END;" },
    { name: "in any case", sql: "create Trigger t after insert on a begin select 1; end;" },
    { name: "temporary", sql: "CREATE TEMPORARY TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;" },
    {
      name: "with CASE … END before a semicolon",
      sql: "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT CASE WHEN 1 THEN 2 END; SELECT 3; END;",
    },
    {
      name: "with nested CASE",
      sql: "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT CASE WHEN CASE 1 WHEN 1 THEN 1 END THEN 2 END; END;",
    },
    {
      name: "with a comment between semicolon and END",
      sql: "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; -- END;\n/* END; */ END;",
    },
    {
      name: "with a comment after END",
      sql: "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END -- done\n;",
    },
    {
      name: "with comments in its head",
      sql: "CREATE /* x */ TRIGGER -- y\n t AFTER INSERT ON a BEGIN SELECT 1; END;",
    },
    {
      name: "with END in strings and names",
      sql: "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT '; END;', \"; END;\"; END;",
    },
    {
      name: "with a vertical tab before END",
      sql: "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1;\n\u000bEND;",
    },
    { name: "explained", sql: "EXPLAIN QUERY PLAN CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;" },
    { name: "without a last semicolon", sql: "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END" },
  ])("$name", ({ sql }) => {
    expect(textsOf(sql)).toEqual([sql]);
    using db = new Database(":memory:");
    db.run("CREATE TABLE a (x)");
    expect(() => db.prepare(sql)).not.toThrow();
  });

  test.each([
    { name: "a table called trigger", sql: 'CREATE TABLE "trigger" (a); END;' },
    { name: "dropping one", sql: "DROP TRIGGER t; END;" },
    { name: "a word trigger further on", sql: "SELECT 1 AS create_trigger, trigger; END;" },
    { name: "a view on triggers", sql: "CREATE VIEW v AS SELECT 'CREATE TRIGGER'; END;" },
  ])("and nothing else is: $name", ({ sql }) => {
    expect(textsOf(sql)).toHaveLength(2);
  });
});

describe("of a statement is known", () => {
  test.each<{ sql: string; words: string[] }>([
    {
      sql: "create temp table if not exists a (b)",
      words: ["CREATE", "TEMP", "TABLE", "IF", "NOT", "EXISTS", "A"],
    },
    { sql: 'CREATE TABLE "a" (b)', words: ["CREATE", "TABLE"] },
    { sql: "a b c d e f g h i j", words: ["A", "B", "C", "D", "E", "F", "G", "H"] },
    { sql: "/* x */ begin -- y\n immediate;", words: ["BEGIN", "IMMEDIATE"] },
    { sql: "(SELECT 1)", words: [] },
    { sql: "PRAGMA foreign_keys = 0", words: ["PRAGMA", "FOREIGN_KEYS"] },
  ])("its first words: $sql", ({ sql, words }) => {
    expect(statementsOf(sql).map((statement) => statement.words)).toEqual([words]);
  });

  test.each([
    { sql: "INSERT OR ROLLBACK INTO a VALUES (1)", may: true },
    { sql: "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT raise(rollback, 'x'); END;", may: true },
    { sql: "CREATE TABLE a (b UNIQUE ON CONFLICT ROLLBACK)", may: true },
    { sql: "ROLLBACK", may: false },
    { sql: "SELECT 'ROLLBACK', \"ROLLBACK\" -- ROLLBACK", may: false },
    { sql: "INSERT OR REPLACE INTO a VALUES (1)", may: false },
  ])("whether running it can roll back: $sql", ({ sql, may }) => {
    expect(statementsOf(sql).map(({ mayRollBack }) => mayRollBack)).toEqual([may]);
  });

  test.each([
    { sql: "SELECT 1, ?1, :b", at: 10 },
    { sql: "SELECT :b", at: 7 },
    { sql: "SELECT @b", at: 7 },
    { sql: "SELECT $b", at: 7 },
    { sql: "SELECT '?', \":b\", [@c] -- $d", at: null },
    { sql: "SELECT a$b", at: null },
  ])("where its first parameter stands: $sql", ({ sql, at }) => {
    expect(statementsOf(sql).map(({ parameter }) => parameter)).toEqual([at]);
  });
});
