import { describe, expect, test } from "bun:test";
import { readSqlFile } from "../../src/migrations/sql-file.ts";
import type { Statement } from "../../src/sql/statement-reader.ts";

const FILE = "migrations/20260101000001_a.sql";

interface Sections {
  readonly up: string[];
  readonly down: string[];
  readonly verify: string[];
}

function sectionsOf(text: string): Sections {
  const { body } = readSqlFile(FILE, text);
  const texts = (statements: readonly Statement[]) =>
    statements.map(({ start, end }) => text.slice(start, end));
  return { up: texts(body.up), down: texts(body.down), verify: texts(body.verify) };
}

describe("a file", () => {
  const FULL = `-- Description: Add preferences
-- Requires: 20260214120000
-- Note: anything

-- up
CREATE TABLE p (a);
INSERT INTO p VALUES (1);

-- verify
SELECT a FROM p;

-- down
DROP TABLE p;
`;

  test("has a header, sections, and the text that its statements point into", () => {
    const { header, body } = readSqlFile(FILE, FULL);
    expect(header).toEqual({
      description: "Add preferences",
      requires: ["20260214120000"],
      transactional: true,
      foreignKeysOn: false,
    });
    expect(body).toMatchObject({ kind: "sql", text: FULL });
    expect(sectionsOf(FULL)).toEqual({
      up: ["CREATE TABLE p (a);", "INSERT INTO p VALUES (1);"],
      down: ["DROP TABLE p;"],
      verify: ["SELECT a FROM p;"],
    });
  });

  test.each<{ name: string; text: string; sections: Partial<Sections> }>([
    { name: "nothing", text: "", sections: {} },
    { name: "no marker: all is up", text: "-- x\nA;\n-- y\nB", sections: { up: ["A;", "B"] } },
    { name: "nothing but comments", text: "-- x\n/* y */\n;;", sections: {} },
    { name: "down before up", text: "-- down\nD;\n-- up\nA;", sections: { up: ["A;"], down: ["D;"] } },
    {
      name: "markers in any case and spacing",
      text: "--UP\nA;\n  --  Down \t\nD;\n--vErify\nV;",
      sections: { up: ["A;"], down: ["D;"], verify: ["V;"] },
    },
    { name: "empty sections", text: "-- up\n-- down\n-- verify", sections: {} },
    { name: "a last marker without a line end", text: "-- up\nA;\n-- down", sections: { up: ["A;"] } },
    { name: "a semicolon before the first marker", text: ";\n-- up\nA;", sections: { up: ["A;"] } },
    {
      name: "a byte order mark between the sections",
      text: "-- up\nA;\n\uFEFF-- down\nD;",
      sections: { up: ["A;"], down: ["D;"] },
    },
  ])("of $name", ({ text, sections }) => {
    expect(sectionsOf(text)).toEqual({ up: [], down: [], verify: [], ...sections });
  });

  test("reads directives above SQL where no marker is", () => {
    expect(readSqlFile(FILE, "--Transaction: off\n---- Foreign keys: on\nVACUUM;").header).toMatchObject({
      transactional: false,
      foreignKeysOn: true,
    });
  });
});

describe("no marker stands", () => {
  test.each([
    { name: "in a string", statement: "INSERT INTO a VALUES ('\n-- down\n');" },
    { name: "in a name in double quotes", statement: 'CREATE TABLE "\n-- down\n" (b);' },
    { name: "in a name in brackets", statement: "CREATE TABLE [\n-- down\n] (b);" },
    { name: "in a name in backticks", statement: "CREATE TABLE `\n-- down\n` (b);" },
    { name: "in a block comment of a statement", statement: "SELECT 1 /*\n-- down\n*/, 2;" },
    {
      name: "in a trigger's body",
      statement: "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  SELECT 1;\n-- down\n  SELECT 2;\nEND;",
    },
  ])("$name", ({ statement }) => {
    expect(sectionsOf(`-- up\n${statement}\n-- down\nD;`)).toEqual({
      up: [statement],
      down: ["D;"],
      verify: [],
    });
  });

  test("in a block comment between statements", () => {
    expect(sectionsOf("-- up\nA;\n/* old:\n-- down\nDROP TABLE x;\n*/\nB;").up).toEqual(["A;", "B;"]);
  });
});

describe("prose is no marker and no header", () => {
  test.each([
    { comment: "-- clean up" },
    { comment: "-- this goes down well" },
    { comment: "-- verify that all rows are there" },
    { comment: "-- Note: up to date" },
    { comment: "-- Description: Up" },
    { comment: "-- ---------------" },
    { comment: "/* Transaction: off */" },
    { comment: "--" },
  ])("$comment", ({ comment }) => {
    expect(sectionsOf(`${comment}\n-- up\nA;`).up).toEqual(["A;"]);
  });
});
