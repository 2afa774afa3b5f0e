import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { canonicalSchema, schemaDiff } from "../../src/databases/canonical-schema.ts";
import type { SchemaObject } from "../../src/databases/connection.ts";
import { compareSchemas } from "../../src/databases/schema-comparison.ts";
import { schemaObjects } from "../../src/databases/sqlite/schema-objects.ts";

const nothing = () => false;

function schemaOf(sql: string): SchemaObject[] {
  using db = new Database(":memory:");
  db.run(sql);
  return schemaObjects(db);
}

function compared(before: string, after: string) {
  return compareSchemas(schemaOf(before), schemaOf(after), nothing);
}

const TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, size INT)";

describe("two schemas that mean the same", () => {
  test.each([
    [
      "after a rebuild",
      `CREATE TABLE n (id INTEGER PRIMARY KEY, name TEXT NOT NULL, size INT); ALTER TABLE n RENAME TO t`,
    ],
    [
      "after a column came and went",
      `${TABLE}; ALTER TABLE t ADD COLUMN x TEXT; ALTER TABLE t DROP COLUMN x`,
    ],
    ["written otherwise", 'create table "t" (id integer primary key, "name" text not null,\n\tsize int)'],
  ])("%s", (_, sql) => expect(compared(TABLE, sql)).toEqual({ differences: [], warnings: [] }));

  test("but for the order of columns, which is worth a warning", () => {
    const { differences, warnings } = compared(
      TABLE,
      "CREATE TABLE t (id INTEGER PRIMARY KEY, size INT, name TEXT NOT NULL)",
    );
    expect(differences).toEqual([]);
    expect(warnings).toEqual(["the columns of t stand in another order: id, size, name"]);
  });
});

describe("a difference in words", () => {
  test.each([
    ["CREATE INDEX i ON t (name)", "", ["the index i of t is gone"]],
    ["", "CREATE VIEW v AS SELECT 1", ["the view v is left behind"]],
    [
      "CREATE INDEX i ON t (name)",
      "CREATE INDEX i ON t (size)",
      ["the index i of t was CREATE INDEX i ON t (name), and is CREATE INDEX i ON t (size)"],
    ],
    [
      "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
      "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 2; END",
      [expect.stringMatching(/^the trigger g of t was .*SELECT 1.*, and is .*SELECT 2/)],
    ],
  ])("%s / %s", (before, after, expected) => {
    expect(compared(`${TABLE}; ${before}`, `${TABLE}; ${after}`).differences).toEqual(expected);
  });

  test.each([
    ["CREATE TABLE t (id INTEGER PRIMARY KEY, size INT)", ["the column t.name is gone"]],
    [TABLE.replace("size INT", "size INT, more"), ["the column t.more is left behind"]],
    [
      TABLE.replace("TEXT NOT NULL", "VARCHAR(10)"),
      ["the column t.name was TEXT NOT NULL, and is VARCHAR (10)"],
    ],
    [TABLE.replace("size INT", "size"), ["the column t.size was INT, and is without a type"]],
    [`${TABLE} STRICT`, ["the table t is now STRICT"]],
    [TABLE.replace("INT)", "INT, UNIQUE (name))"), ["a constraint of t is left behind: UNIQUE (name)"]],
    ["SELECT 1", ["the table t is gone"]],
  ])("of a table: %s", (after, expected) => expect(compared(TABLE, after).differences).toEqual(expected));
});

describe("the difference as lines", () => {
  const diff = (before: string, after: string) =>
    schemaDiff(canonicalSchema(schemaOf(before), nothing), canonicalSchema(schemaOf(after), nothing));

  test("is empty for the same schema, whatever the order it was made in", async () => {
    expect(
      await diff("CREATE TABLE a (x); CREATE TABLE b (y)", "CREATE TABLE b (y); CREATE TABLE a (x)"),
    ).toEqual([]);
  });

  test("shows objects that come and go whole", async () => {
    expect(
      await diff("CREATE TABLE a (x)", "CREATE TABLE b (y INT, UNIQUE (y)); CREATE INDEX i ON b (y)"),
    ).toEqual([
      "-CREATE TABLE a (",
      "-  x",
      "-);",
      "+CREATE TABLE b (",
      "+  y INT,",
      "+  UNIQUE (y)",
      "+);",
      "+CREATE INDEX i ON b (y);",
    ]);
  });

  test("names the table of a column far down", async () => {
    const columns = Array.from({ length: 12 }, (_, n) => `c${n} INT`);
    const lines = await diff(
      `CREATE TABLE wide (${columns.join(", ")})`,
      `CREATE TABLE wide (${[...columns, "last TEXT"].join(", ")})`,
    );
    expect(lines.slice(0, 2)).toEqual([" CREATE TABLE wide (", "…"]);
    expect(lines).toContain("+  last TEXT");
  });
});
