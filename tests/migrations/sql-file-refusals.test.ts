import { describe, expect, test } from "bun:test";
import { readSqlFile } from "../../src/migrations/sql-file.ts";
import { refusalOf } from "../support/refusal.ts";

const FILE = "migrations/20260101000001_a.sql";

describe("a marker is refused", () => {
  const looksLike = (name: string) => `this comment looks like the marker "-- ${name}"`;
  const write = (name: string) => `write "-- ${name}" on a line of its own, or reword the comment`;

  test.each([
    {
      name: "dbmate's",
      text: "-- migrate:up\nA;",
      message: looksLike("up"),
      hint: write("up"),
      line: 1,
      column: 1,
    },
    {
      name: "goose's",
      text: "-- +goose Up\nA;",
      message: looksLike("up"),
      hint: write("up"),
      line: 1,
      column: 1,
    },
    {
      name: "one edit off",
      text: "-- up\nA;\n\n  -- dwon\nD;",
      message: looksLike("down"),
      hint: write("down"),
      line: 4,
      column: 3,
    },
    {
      name: "a letter too many",
      text: "-- upp\nA;",
      message: looksLike("up"),
      hint: write("up"),
      line: 1,
      column: 1,
    },
    {
      name: "a block comment",
      text: "/* up */\nA;",
      message: looksLike("up"),
      hint: write("up"),
      line: 1,
      column: 1,
    },
    ...["CREATE TABLE a (b)", "ALTER TABLE a ADD c TEXT\n/* x */", "INSERT INTO a\n--", "A \u00a0"].map(
      (open) => ({
        name: `inside an open statement: ${JSON.stringify(open)}`,
        text: `-- up\n${open}\n -- down\nD;`,
        message: 'the marker "-- down" stands inside a statement',
        hint: "end the statement before it with a semicolon, or reword the comment",
        line: 2 + open.split("\n").length,
        column: 2,
      }),
    ),
    {
      name: "behind a statement",
      text: "A; -- up\nB;",
      message: "this comment is a marker that shares its line",
      hint: write("up"),
      line: 1,
      column: 4,
    },
    {
      name: "behind a comment",
      text: "/* x */ -- down\n",
      message: "this comment is a marker that shares its line",
      hint: write("down"),
      line: 1,
      column: 9,
    },
    {
      name: "up twice",
      text: "-- up\nA;\n-- up\nB;",
      message: 'the marker "-- up" stands twice, here and in line 1',
      hint: "keep one of each",
      line: 3,
      column: 1,
    },
    {
      name: "down twice",
      text: "-- up\n-- down\n--DOWN\n",
      message: 'the marker "-- down" stands twice, here and in line 2',
      hint: "keep one of each",
      line: 3,
      column: 1,
    },
    {
      name: "verify twice",
      text: "-- up\n-- verify\n-- down\n\t-- verify\n",
      message: 'the marker "-- verify" stands twice, here and in line 2',
      hint: "keep one of each",
      line: 4,
      column: 2,
    },
    {
      name: "behind SQL",
      text: "-- x\n\n  A; B;\n-- up\nC;",
      message: "SQL stands before the first marker",
      hint: 'put it under "-- up"',
      line: 3,
      column: 3,
    },
    {
      name: "down alone",
      text: "-- x\n-- down\nD;",
      message: '"-- down" stands without "-- up"',
      hint: 'begin what is to be applied with "-- up"',
      line: 2,
      column: 1,
    },
    {
      name: "down alone, tightly written",
      text: "\n  --Down\nD;",
      message: '"-- down" stands without "-- up"',
      hint: 'begin what is to be applied with "-- up"',
      line: 2,
      column: 3,
    },
    {
      name: "verify alone",
      text: "-- verify\nV;",
      message: '"-- verify" stands without "-- up"',
      hint: 'begin what is to be applied with "-- up"',
      line: 1,
      column: 1,
    },
    {
      name: "verify and down alone",
      text: "-- verify\nV;\n-- down\nD;",
      message: '"-- verify" stands without "-- up"',
      hint: 'begin what is to be applied with "-- up"',
      line: 1,
      column: 1,
    },
  ])("$name", async ({ text, message, hint, line, column }) => {
    expect(await refusalOf(() => readSqlFile(FILE, text))).toEqual({
      code: "MARKER_INVALID",
      message,
      hint,
      line,
      column,
    });
  });

  test("with its file and the text of its line", async () => {
    expect(() => readSqlFile(FILE, "-- up\n  -- donw\n")).toThrow(
      expect.objectContaining({ location: { file: FILE, line: 2, column: 3, excerpt: "  -- donw" } }),
    );
  });
});

describe("a directive is refused", () => {
  test.each([
    {
      name: "one edit off",
      text: "-- Transactions: off\n-- up\nA;",
      message: 'unknown header "Transactions"',
      line: 1,
    },
    {
      name: "twice",
      text: "-- Transaction: off\n-- Transaction: off\nA;",
      message: "Transaction is given twice",
      line: 2,
    },
    {
      name: "under a marker",
      text: "-- up\n-- Transaction: off\nA;",
      message: '"Transaction" has no effect here',
      line: 2,
    },
    {
      name: "under a later marker",
      text: "-- up\nA;\n-- down\n-- Foreign keys: on\nB;",
      message: '"Foreign keys" has no effect here',
      line: 4,
    },
    {
      name: "behind SQL where no marker is",
      text: "A;\n-- Requires: 20260101000001\nB;",
      message: '"Requires" has no effect here',
      line: 2,
    },
  ])("$name", async ({ text, message, line }) => {
    expect(await refusalOf(() => readSqlFile(FILE, text))).toMatchObject({
      code: "DIRECTIVE_INVALID",
      message,
      line,
      column: 1,
    });
  });
});

describe("what is never closed is refused where it begins", () => {
  test.each([
    {
      name: "a string",
      text: "-- up\nSELECT 'a;\n",
      what: "string",
      hint: "close it with '",
      line: 2,
      column: 8,
    },
    {
      name: "a blob",
      text: "-- up\nSELECT x'00;\n",
      what: "blob",
      hint: "close it with '",
      line: 2,
      column: 8,
    },
    {
      name: "a quoted name",
      text: '-- up\nSELECT "a;\n',
      what: "quoted name",
      hint: "close the name",
      line: 2,
      column: 8,
    },
    {
      name: "a block comment at the head",
      text: "/* a\n-- up\nA;",
      what: "block comment",
      hint: "close it with */",
      line: 1,
      column: 1,
    },
    {
      name: "a block comment at the end",
      text: "-- up\nA; ü /* a",
      what: "block comment",
      hint: "close it with */",
      line: 2,
      column: 6,
    },
    {
      name: "a trigger",
      text: "-- up\nCREATE TRIGGER t AFTER INSERT ON a BEGIN\nSELECT 1;\n-- down\nD;",
      what: "trigger",
      hint: "end it with END;",
      line: 2,
      column: 1,
    },
    {
      name: "a trigger whose END stands behind no semicolon",
      text: "-- up\nCREATE TRIGGER t AFTER INSERT ON a BEGIN\nSELECT 1 END;\n-- down\nD;",
      what: "trigger",
      hint: "end it with END;",
      line: 2,
      column: 1,
    },
  ])("$name", async ({ text, what, hint, line, column }) => {
    expect(await refusalOf(() => readSqlFile(FILE, text))).toEqual({
      code: "SQL_UNTERMINATED",
      message: `the ${what} that begins here is never closed`,
      hint,
      line,
      column,
    });
  });

  const TRIGGER = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\nSELECT 1;\n  END";

  test.each([
    { name: "a marker", text: `-- up\n${TRIGGER}\n\n-- down\nD;`, line: 4 },
    { name: "a comment and a marker", text: `-- up\n${TRIGGER} -- of t\n-- down\nD;\nE;`, line: 4 },
    { name: "a statement", text: `${TRIGGER}\nDROP TABLE b;\n`, line: 3 },
    { name: "a statement without a semicolon", text: `${TRIGGER}\nDROP TABLE b`, line: 3 },
  ])("a trigger that lacks only its last semicolon, before $name", async ({ text, line }) => {
    expect(await refusalOf(() => readSqlFile(FILE, text))).toEqual({
      code: "SQL_UNTERMINATED",
      message: "the semicolon after the trigger's END is missing",
      hint: "write END;",
      line,
      column: 3,
    });
  });

  test.each([
    { name: "at the end of the file", text: `-- up\n${TRIGGER}` },
    { name: "before a comment", text: `-- up\n${TRIGGER}\n-- that is all` },
  ])("not $name, where nothing follows it", ({ text }) => {
    expect(readSqlFile(FILE, text).body.up).toHaveLength(1);
  });
});
