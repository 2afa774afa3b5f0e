import { describe, expect, test } from "bun:test";
import { testMigrations } from "../../../src/features/round-trip/test-migrations.ts";
import { digestOf } from "../../support/digest.ts";
import { failureOf } from "../../support/failures.ts";
import { Project } from "../../support/project.ts";

const PENDING = { all: false, reversible: false };
const ITEMS =
  "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL, size INTEGER);\nCREATE INDEX items_name ON items (name);";

/** A used database: a table with rows and an index. */
async function used(mode = "delete"): Promise<Project> {
  const project = new Project();
  project.exec(`PRAGMA journal_mode = ${mode}`);
  project.sql(
    1,
    `${ITEMS}\nINSERT INTO items (name, size) VALUES ('a', 1), ('b', 2), ('c', 3);`,
    "DROP TABLE items;",
  );
  await project.run();
  return project;
}

async function tested(project: Project, request: Partial<typeof PENDING> = {}) {
  const { tested: all } = await testMigrations(project.subject(), { ...PENDING, ...request });
  return all.map(({ version, result, findings, warnings }) => ({
    n: Number(version.slice(-2)),
    result,
    findings,
    warnings,
  }));
}

const rebuilt = (columns: string, list: string, rest = "") =>
  `CREATE TABLE n (${columns});\nINSERT INTO n (${list}) SELECT ${list} FROM items;\nDROP TABLE items;\nALTER TABLE n RENAME TO items;\n${rest}`;
const INDEX = "CREATE INDEX items_name ON items (name);";
const SOUND = "id INTEGER PRIMARY KEY, name TEXT NOT NULL, size INTEGER";

/** Mistakes of a way there and back, and what is said of each. */
const MISTAKES: readonly (readonly [what: string, up: string, down: string, findings: readonly unknown[]])[] =
  [
    [
      "a down that forgets an index",
      "ALTER TABLE items ADD COLUMN kind TEXT;",
      rebuilt(SOUND, "id, name, size"),
      ["after down: the index items_name of items is gone"],
    ],
    [
      "a down that loses a row",
      "ALTER TABLE items ADD COLUMN kind TEXT;",
      "ALTER TABLE items DROP COLUMN kind;\nDELETE FROM items WHERE id = 2;",
      ["after down: items: 1 row gone\n  items id=2 is gone"],
    ],
    [
      "a down that restores a column in another type",
      rebuilt("id INTEGER PRIMARY KEY, name TEXT NOT NULL", "id, name", INDEX),
      "ALTER TABLE items ADD COLUMN size TEXT;",
      [
        "after down: the column items.size was INTEGER, and is TEXT",
        expect.stringMatching(
          /^after down: items: 3 rows with other values\n {2}items id=1: size 1 -> NULL\n/,
        ),
      ],
    ],
    [
      "an up that fails the second time",
      "CREATE TABLE once (id INTEGER PRIMARY KEY);",
      "SELECT 1;",
      [
        "after down: the table once is left behind",
        expect.stringMatching(
          /^up again: error\[MIGRATION_FAILED\] table once already exists at .*_step_2\.sql:2$/,
        ),
      ],
    ],
    [
      "a down that fails",
      "CREATE TABLE once (id INTEGER PRIMARY KEY);",
      "DROP TABLE never;",
      [expect.stringMatching(/^down: error\[MIGRATION_FAILED\] no such table: never at .*_step_2\.sql:5$/)],
    ],
    [
      "a down that changes values",
      "UPDATE items SET name = upper(name);",
      "UPDATE items SET name = lower(name) WHERE id > 1;",
      ["after down: items: 1 row with other values\n  items id=1: name 'a' -> 'A'"],
    ],
  ];

describe.each(["delete", "wal"])("testing on a used database (%s)", (mode) => {
  test.each(MISTAKES)("finds %s", async (_, up, down, findings) => {
    using project = await used(mode);
    project.sql(2, up, down);
    project.tables(3);
    const before = digestOf(project.path);
    expect(await tested(project)).toEqual([
      { n: 2, result: "failed", findings: [...findings] as string[], warnings: [] },
      { n: 3, result: "passed", findings: [], warnings: [] },
    ]);
    expect(digestOf(project.path)).toBe(before);
    expect(project.applied()).toEqual([1]);
  });

  test("lets pass what comes back to where it began, in SQL and in code", async () => {
    using project = await used(mode);
    project.sql(
      2,
      rebuilt(`${SOUND}, kind TEXT DEFAULT 'x'`, "id, name, size", INDEX),
      rebuilt(SOUND, "id, name, size", INDEX),
    );
    project.write(
      3,
      'export const up = (db) => { db.run("UPDATE items SET size = size + 1"); };\nexport const down = (db) => { db.run("UPDATE items SET size = size - 1"); };\n',
      "ts",
    );
    project.sql(
      4,
      "CREATE TABLE auto (id INTEGER PRIMARY KEY AUTOINCREMENT);\nINSERT INTO auto DEFAULT VALUES;",
      "DROP TABLE auto;",
    );
    expect((await tested(project)).map(({ result, findings }) => [result, findings])).toEqual([
      ["passed", []],
      ["passed", []],
      ["passed", []],
    ]);
  });
});

describe("testing", () => {
  test("warns of another order of columns, and of other values the second time", async () => {
    using project = await used();
    project.sql(
      2,
      "ALTER TABLE items ADD COLUMN kind TEXT;",
      rebuilt("id INTEGER PRIMARY KEY, size INTEGER, name TEXT NOT NULL", "id, name, size", INDEX),
    );
    project.sql(
      3,
      "CREATE TABLE noise (id INTEGER PRIMARY KEY, x);\nINSERT INTO noise (x) VALUES (random());",
      "DROP TABLE noise;",
    );
    const [order, values] = await tested(project);
    expect(order).toMatchObject({
      result: "passed",
      warnings: [
        "after down: the columns of items stand in another order: id, size, name",
        "after up again: the columns of items stand in another order: id, size, name, kind",
      ],
    });
    expect(values).toMatchObject({
      result: "passed",
      warnings: [expect.stringMatching(/^after up again: noise: 1 row with other values/)],
    });
  });

  test("reports what has no way back, and fails it where that is wanted", async () => {
    using project = await used();
    project.sql(2, "CREATE TABLE t2 (id);");
    project.write(3, "export function up() {}\n", "ts");
    expect((await tested(project)).map(({ result }) => result)).toEqual(["irreversible", "irreversible"]);
    expect(await tested(project, { reversible: true })).toMatchObject([
      { result: "failed", findings: ["there is no way back: it has no down"] },
      { result: "failed" },
    ]);
  });

  test("stops where the way there fails, and says what was not tested", async () => {
    using project = await used();
    project.sql(2, "CREATE TABLE t2 (id);\n-- verify\nSELECT 7 AS seven;");
    project.tables(3);
    expect(await tested(project)).toEqual([
      {
        n: 2,
        result: "failed",
        findings: [expect.stringMatching(/^up: error\[VERIFY_FAILED\] .*\n {2}seven=7$/)],
        warnings: [],
      },
      { n: 3, result: "not_tested", findings: [], warnings: [] },
    ]);
  });

  test("begins with nothing where there is no database, and with --all", async () => {
    using empty = new Project();
    empty.tables(1, 2);
    expect((await tested(empty)).map(({ result }) => result)).toEqual(["passed", "passed"]);
    expect(empty.exists()).toBe(false);
    using project = await used();
    project.tables(2);
    expect((await tested(project, { all: true })).map(({ n }) => n)).toEqual([1, 2]);
    expect((await tested(project)).map(({ n }) => n)).toEqual([2]);
  });

  test("tries one that is older than the newest applied as far as it can", async () => {
    using project = await used();
    project.tables(3);
    await project.run();
    project.tables(2);
    expect(await tested(project)).toEqual([
      {
        n: 2,
        result: "not_tested",
        findings: [],
        warnings: [expect.stringContaining("older than the newest applied")],
      },
    ]);
  });

  test("refuses what migrate refuses, before anything is tried", async () => {
    using project = await used();
    project.tables(2);
    project.sql(3, "BEGIN;");
    expect(await failureOf(() => tested(project))).toMatchObject({
      code: "STATEMENT_NOT_ALLOWED",
      exitCode: 3,
    });
    using none = new Project();
    expect(await failureOf(() => tested(none))).toMatchObject({ code: "MIGRATIONS_NOT_FOUND" });
  });
});
