import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { compareReadings } from "../../scripts/harness/quick-reading.ts";
import { needsCare } from "../../src/base/decode-text.ts";
import { parseSqlFile, readSqlFile } from "../../src/migrations/sql-file.ts";
import { skimSqlFile, skimUsualFile } from "../../src/migrations/sql-skim.ts";

const FILE = "migrations/20260101000001_x.sql";

const PIECES = [
  ..."\n \t\f\v;'\"`[]$@#?:(-/*\u00a0\ufeff",
  "\r",
  "\r\nEND;\r\n",
  "\n-- up\n",
  "\n-- down\n",
  "\n-- verify\n",
  "\n--up \n",
  "\n\t -- DOWN\n",
  "-- up",
  "/* up */",
  "\n-- upp\n",
  "\n-- migrate:down\n",
  "\n-- Description: it's\n",
  "\n-- Requires: 20260101000000\n",
  "\n-- Transaction: off\n",
  "\n-- Foreign keys: on\n",
  "\n-- Transaktion: off\n",
  "\n-- prose\n",
  "/* a; 'b */",
  "/*",
  "'a;''b'",
  "'-- up\n'",
  '"-- down\n;"',
  "[--]",
  "x'00'",
  "x'",
  "$a(it's)",
  ":name",
  "1--2",
  "1e-5",
  "SELECT 1;\n",
  "INSERT INTO t (a) VALUES ('x', 'y');",
  "INSERT INTO t (b) VALUES ('--', 'z;');",
  "INSERT INTO t -- (\n",
  "CREATE TEMP TABLE IF NOT EXISTS a b c d e f;",
  "insert /* x */ into t values (1);",
  "DELETE FROM t -- all\nWHERE a = 1",
  "SELECT X'00';",
  "max'a'",
  "ä ß ",
  " OR ROLLBACK ",
  "CREATE TABLE t (a TEXT DEFAULT 'x', \"b\" INT);\n",
  "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1;\n-- down\nEND;",
  "END;",
];

const SCRIPT = fc
  .array(
    fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...PIECES) }, { weight: 1, arbitrary: fc.string() }),
    {
      maxLength: 14,
    },
  )
  .map((pieces) => pieces.join(""));

/** What the sections of nearly every file are made of, and what they are not. */
const USUAL_PIECES = [
  ..."\n ;\t-/'\"`[\r\v\ufeff$?:",
  "SELECT 1;\n",
  "SELECT 1",
  ";\n",
  "'a;''b'",
  "'-- down\n'",
  "'\n-- down\n'",
  "';\n'",
  '";"',
  "`a`",
  "`",
  "1 - 1 / 2",
  "-- up\n",
  "-- down\n",
  " -- down\n",
  "-- DOWN\n",
  "--down\n",
  "-- downs\n",
  "-- verify\n",
  "-- note\n",
  "/* a */",
];

const USUAL_SCRIPT = fc
  .tuple(
    fc.constantFrom("-- up\n", "-- up", " -- up\n", "", ";"),
    section(),
    fc.constantFrom("\n-- down\n", "", ";\n-- downs\n"),
    section(),
  )
  .map((parts) => parts.join(""));

function section(): fc.Arbitrary<string> {
  const statement = fc.constantFrom(
    "SELECT 1;\n",
    "SELECT 1",
    "DROP TABLE t;\n",
    "INSERT INTO t VALUES ('a;''b');\n",
  );
  const piece = fc.oneof(
    { weight: 2, arbitrary: statement },
    { weight: 1, arbitrary: fc.constantFrom(...USUAL_PIECES) },
  );
  return fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(""));
}

describe("a file that is skimmed", () => {
  test("is known as one whose statements are read", () => {
    fc.assert(
      fc.property(SCRIPT, (text) => {
        expect(compareReadings(text)).toBeNull();
      }),
      { numRuns: 20_000 },
    );
    fc.assert(
      fc.property(USUAL_SCRIPT, (text) => {
        expect(compareReadings(text)).toBeNull();
      }),
      { numRuns: 20_000 },
    );
  });

  test("as a usual one needs no care", () => {
    const careful = fc.tuple(USUAL_SCRIPT, fc.nat(60), fc.constantFrom("\0", "\r", "\ufffd", "\ufeff", "é"));
    fc.assert(
      fc.property(careful, ([text, at, odd]) => {
        const whole = text.slice(0, at) + odd + text.slice(at);
        if (skimUsualFile(whole) !== null) expect(needsCare(whole)).toBe(false);
      }),
      { numRuns: 20_000 },
    );
    expect(skimUsualFile("-- up\nSELECT 'é';\n-- down\nSELECT 1;")).not.toBeNull();
  });

  test("has the same statements", () => {
    const text =
      "-- up\nCREATE TABLE t (a TEXT DEFAULT ';');\n-- verify\nSELECT 1;\n-- down\nDROP TABLE t;\n";
    const { body } = readSqlFile(FILE, text);
    const parsed = parseSqlFile(FILE, text).body;
    expect([body.up, body.down, body.verify]).toEqual([parsed.up, parsed.down, parsed.verify]);
  });
});

describe("the files that most starts meet", () => {
  test.each([
    "-- Description: Add users\n-- Requires: 20260101000000\n\n-- up\nCREATE TABLE users (id INTEGER, name TEXT DEFAULT 'x');\n\n-- down\nDROP TABLE users;\n",
    'CREATE TABLE "users" (id INTEGER); -- prose: it is\nINSERT INTO users VALUES (1), (2);',
    "-- Transaction: off\n/* note */\n-- up\nPRAGMA page_size = 4096;\nVACUUM;\n",
  ])("are skimmed: %j", (text) => {
    expect(skimSqlFile(FILE, text)).not.toBeNull();
  });

  test.each([
    "CREATE TRIGGER t",
    "SELECT 'a",
    "SELECT :a",
    "/* open",
    "-- down\nSELECT 1;",
    "-- upp\nSELECT 1;",
  ])("or left to the reader of statements: %j", (text) => {
    expect(skimSqlFile(FILE, text)).toBeNull();
  });
});
