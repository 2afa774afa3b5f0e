import { Database } from "bun:sqlite";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { quoteIdentifier } from "../../src/sql/identifier.ts";
import { v } from "../support/intent.ts";
import { documentOf } from "../support/run-godwit.ts";
import { JOURNAL_MODES, KEPT, SOUND, soundness, standing } from "./journal-modes.ts";

// On a machine that is shared, five seconds are not many.
setDefaultTimeout(60_000);

const HOSTILE = [
  'x"; DROP TABLE kept; --',
  "x'; DROP TABLE kept; --",
  "x]; DROP TABLE kept; --",
  "x`; DROP TABLE kept; --",
  'x" (a); DELETE FROM kept; --',
  "/* x",
  "-- x",
  '"',
  '""',
  "'",
  "]",
  "[",
  "`",
  "%s",
  "$1",
  "?1",
  ":a",
  "main.kept",
  "select",
  "größe",
  "🐦",
  "a b",
  " ",
  "1",
];

/** Text in which quotes, brackets and the words of SQL come often, and nothing that a name cannot hold. */
const name = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '"',
        "'",
        "`",
        "[",
        "]",
        ";",
        "--",
        "/*",
        ".",
        " ",
        "x",
        "DROP TABLE kept",
        "(",
        ")",
        "\\",
      ),
      fc.string({ maxLength: 3 }),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => parts.join(""))
  .filter(
    (text) =>
      !/\p{Cc}|\p{Cs}/u.test(text) && text.trim() === text && text !== "" && !/^sqlite_|^kept$/i.test(text),
  );

test("E13: 10,000 names quoted for SQLite are each one name, and the same", () => {
  using db = new Database(":memory:");
  db.run("CREATE TABLE kept (id)");
  fc.assert(
    fc.property(name, (text) => {
      const [column] = db.prepare(`SELECT 1 AS ${quoteIdentifier(text)}`).columnNames;
      expect(column).toBe(text);
    }),
    { numRuns: 10_000 },
  );
  expect(db.query("SELECT count(*) FROM sqlite_schema").values()).toEqual([[1]]);
});

describe.each(JOURNAL_MODES)("names that are SQL, journal mode %s", (mode) => {
  test.each(HOSTILE)("E13: %j as the history's table is that table, or is refused", async (table) => {
    using project = await standing(mode);
    project.tables(2);
    project.remove(1);
    const { stderr, exitCode } = await project.migrate("--table", table);
    expect(soundness(project)).toEqual(SOUND);
    if (exitCode !== 0) {
      expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining("hint: ") });
      return;
    }
    expect(project.column(`SELECT version FROM ${quoteIdentifier(table)}`)).toEqual([v(2)]);
    expect((await project.status("--check", "--table", table)).exitCode).toBe(0);
    expect((await project.godwit("rollback", "--db", "app.db", "--table", table)).exitCode).toBe(0);
    expect(project.column(`SELECT version FROM ${quoteIdentifier(table)}`)).toEqual([]);
  });

  test("E13: tables and columns of any name keep their rows and their keys through a run", async () => {
    using project = await standing(mode);
    for (const [index, text] of HOSTILE.entries()) {
      if (text === "main.kept") continue;
      const table = quoteIdentifier(text);
      const child = quoteIdentifier(`${text} child`);
      project.exec(`CREATE TABLE ${table} (${table} PRIMARY KEY); INSERT INTO ${table} VALUES (${index});
        CREATE TABLE ${child} (${table} REFERENCES ${table} (${table}) ON DELETE CASCADE); INSERT INTO ${child} VALUES (${index});`);
    }
    project.sql(2, "CREATE TABLE t2 (id REFERENCES kept); INSERT INTO t2 VALUES (1);");
    project.sql(3, `-- up\nDELETE FROM ${quoteIdentifier(HOSTILE[0]!)};`.replace("-- up\n", ""));
    const failed = await project.migrate("--json");
    expect(failed.exitCode).toBe(4);
    expect(documentOf(failed)).toMatchObject({ error: { code: "FOREIGN_KEY_VIOLATION" } });
    expect(project.applied()).toEqual([1, 2]);
    expect(project.column("PRAGMA foreign_key_check")).toEqual([]);
    for (const [index, text] of HOSTILE.entries()) {
      if (text === "main.kept") continue;
      expect(project.column(`SELECT * FROM ${quoteIdentifier(`${text} child`)}`)).toEqual([index]);
      expect(project.column(`SELECT * FROM ${quoteIdentifier(text)}`)).toEqual([index]);
    }
    expect(project.column("SELECT word FROM kept ORDER BY id")).toEqual(KEPT);
  });
});

test("E13: 40 generated names as the history's table", async () => {
  using project = await standing();
  project.remove(1);
  project.sql(2, "CREATE TABLE IF NOT EXISTS t2 (id);");
  await fc.assert(
    fc.asyncProperty(name, async (table) => {
      const { stderr, exitCode } = await project.migrate("--table", table);
      if (exitCode !== 0)
        expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining("hint: ") });
      else expect(project.column(`SELECT version FROM ${quoteIdentifier(table)}`)).toEqual([v(2)]);
      expect(soundness(project)).toEqual(SOUND);
    }),
    { numRuns: 40 },
  );
});
