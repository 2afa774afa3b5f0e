import { describe, expect, test } from "bun:test";
import { checksum } from "../../src/base/checksum.ts";
import { decodeText } from "../../src/base/decode-text.ts";
import { importFailure, isReversible, locateThrown, readCodeFile } from "../../src/migrations/code-file.ts";
import type { Header } from "../../src/migrations/header.ts";
import type { Migration } from "../../src/migrations/migration.ts";
import { readSqlFile } from "../../src/migrations/sql-file.ts";
import { broken, intended, python } from "../support/intent.ts";
import { refusalIn, refusalOf } from "../support/refusal.ts";

const FILE = "migrations/20260101000001_step_1.ts";

function headerOf(text: string): Header {
  return readCodeFile(FILE, text).header;
}

function code(text: string, kind: "ts" | "js" = "ts"): Migration {
  return intended(1, { kind, file: FILE, checksum: "0a1b", body: { kind: "code", text } });
}

const UP = "export function up() {}\n";

describe("the header of code", () => {
  test.each([
    { name: "a block with stars", text: `/**\n * Description: Levels\n * Transaction: off\n */\n${UP}` },
    { name: "a block without stars", text: `/*\n  Description: Levels\n  Transaction: off\n*/\n${UP}` },
    {
      name: "a block that begins and ends in its lines",
      text: `/* Description: Levels\n * Transaction: off */${UP}`,
    },
    {
      name: "a block that ends with two stars",
      text: `/** Description: Levels\n * Transaction: off **/${UP}`,
    },
    {
      name: "a block after a licence and a line",
      text: `/* licence */\n// @ts-check\n/** Description: Levels\n * Transaction: off */\n${UP}`,
    },
    { name: "lines", text: `// Description: Levels\n// Transaction: off\n${UP}` },
    {
      name: "indented lines with three slashes",
      text: `\n  /// Description: Levels\n\t///Transaction: off\n${UP}`,
    },
    {
      name: "lines with prose between",
      text: `// Description: Levels\n//\n// Why: because\n// Transaction: off\n${UP}`,
    },
    { name: "blank lines above", text: `\n\n/** Description: Levels\n Transaction: off */\n${UP}` },
    {
      name: "an interpreter's line above",
      text: `#!/usr/bin/env bun\n/** Description: Levels\n Transaction: off */\n${UP}`,
    },
    { name: "lines without an end", text: "// Description: Levels\n// Transaction: off" },
  ])("stands in $name", ({ text }) => {
    expect(headerOf(text)).toEqual({
      description: "Levels",
      requires: [],
      transactional: false,
      foreignKeysOn: false,
    });
  });

  test.each([
    { name: "no comment", text: UP },
    { name: "a comment under code", text: `${UP}// Description: x` },
    { name: "a comment under an import", text: `import "./a.ts";\n/** Description: x */\n${UP}` },
    { name: "a comment after code", text: `${UP}\n/* Description: x */\n` },
    { name: "a string", text: `"/* Description: x */";\n${UP}` },
    { name: "a block that is never closed", text: "/* Description: x\n" },
    { name: "nothing", text: "" },
  ])("is not $name", ({ text }) => {
    expect(headerOf(text).description).toBeNull();
  });

  test("lists what is required", () => {
    expect(headerOf(`// Requires: 20260101000001, 20260101000002\n${UP}`).requires).toEqual([
      "20260101000001",
      "20260101000002",
    ]);
  });

  test.each([
    {
      name: "in a block",
      text: `/**\n * Description: a\n *   Transactions: off\n */\n${UP}`,
      line: 3,
      column: 2,
    },
    { name: "in lines", text: `// a\n  // Transactions: off\n${UP}`, line: 2, column: 3 },
    { name: "in the first line", text: `/* Transactions: off */${UP}`, line: 1, column: 1 },
    {
      name: "under an interpreter's line",
      text: `#!/bin/bun\n\n// Transactions: off\n${UP}`,
      line: 3,
      column: 1,
    },
  ])("is refused with its line: $name", async ({ text, line, column }) => {
    expect(await refusalOf(() => headerOf(text))).toEqual({
      code: "DIRECTIVE_INVALID",
      message: 'unknown header "Transactions"',
      hint: 'write "Transaction:", or reword the comment',
      line,
      column,
    });
  });
});

describe("the checksum of code", () => {
  const sumOf = (text: string) => readCodeFile(FILE, decodeText(FILE, Buffer.from(text))).checksum;

  test("is that of the whole text", () => {
    expect(sumOf(UP)).toBe(checksum(UP));
  });

  test.each([
    { name: "CRLF", text: UP.replaceAll("\n", "\r\n") },
    { name: "lone CR", text: UP.replaceAll("\n", "\r") },
    { name: "a byte order mark", text: `\uFEFF${UP}` },
  ])("stays with $name", ({ text }) => {
    expect(sumOf(text)).toBe(sumOf(UP));
  });

  test.each([
    { name: "another down", text: `${UP}export function down() {}\n` },
    { name: "another description", text: `// Description: x\n${UP}` },
  ])("changes with $name", ({ text }) => {
    expect(sumOf(text)).not.toBe(sumOf(UP));
  });
});

describe("whether there is a way back", () => {
  test.each([
    { name: "a function", text: `${UP}export function down() {}`, is: true },
    { name: "an async function", text: `${UP}export async function down(db: unknown) {}`, is: true },
    { name: "a constant", text: `${UP}export const down = () => {};`, is: true },
    { name: "a renamed export", text: `${UP}const back = () => {}; export { back as down };`, is: true },
    { name: "another file's", text: `${UP}export { down } from "./a.ts";`, is: true },
    { name: "none", text: UP, is: false },
    { name: "one that is not exported", text: `${UP}function down() {}`, is: false },
    { name: "one in a comment", text: `${UP}// export function down() {}`, is: false },
    {
      name: "a default object that only running tells about",
      text: "export default { up() {}, down() {} };",
      is: null,
    },
    { name: "all of another file", text: 'export * from "./a.ts";', is: null },
    { name: "a file that does not parse", text: "export function up( {", is: null },
    { name: "CommonJS", text: "module.exports = { up() {}, down() {} };", is: null },
    { name: "one export of TypeScript's own", text: "export = { up() {}, down() {} };", is: null },
    { name: "a file that exports nothing", text: "function up() {}", is: null },
  ])("of code: $name", ({ text, is }) => {
    expect(isReversible(code(text))).toBe(is);
  });

  test.each([
    { name: "with statements", text: "-- up\nA;\n-- down\nB;", is: true },
    { name: "without a section", text: "-- up\nA;", is: false },
    { name: "with an empty section", text: "-- up\nA;\n-- down\n-- nothing to undo here\n", is: false },
  ])("of SQL: $name", ({ text, is }) => {
    expect(isReversible(intended(1, { body: readSqlFile(FILE, text).body }))).toBe(is);
  });

  test("of Python: there is none", () => {
    expect(isReversible(python(1))).toBe(false);
  });

  test("of a file that cannot be read: nobody knows", () => {
    expect(isReversible(broken(1))).toBeNull();
  });
});

describe("the place of what was thrown", () => {
  const migration = code("const a = 1;\n'😀'; throw a;\n");
  const thrownWith = (stack: string) => Object.assign(new Error("x"), { stack });

  test.each([
    {
      name: "in a frame with parentheses",
      frame: `    at up (/srv/m/20260101000001_step_1.ts:2:7)`,
      column: 6,
    },
    { name: "in a bare frame", frame: `    at /srv/m/20260101000001_step_1.ts:2:1`, column: 1 },
    {
      name: "behind the loader's query",
      frame: `    at up (/srv/m/20260101000001_step_1.ts?godwit=0a1b:2:1)`,
      column: 1,
    },
    {
      name: "under another name, behind a link",
      frame: "    at up (/srv/releases/7.ts?godwit=0a1b:2:1)",
      column: 1,
    },
    {
      name: "below another file's frame",
      frame: "    at h (/srv/m/h.ts:9:9)\n    at up (/srv/m/20260101000001_step_1.ts:2:1)",
      column: 1,
    },
    {
      name: "in the innermost of two frames",
      frame:
        "    at h (/srv/m/20260101000001_step_1.ts:2:1)\n    at up (/srv/m/20260101000001_step_1.ts:1:1)",
      column: 1,
    },
  ])("is found $name", ({ frame, column }) => {
    expect(locateThrown(migration, thrownWith(`Error: x\n${frame}`))).toEqual({
      file: FILE,
      line: 2,
      column,
      excerpt: "'😀'; throw a;",
    });
  });

  test.each([
    { name: "another file's stack", thrown: thrownWith("Error: x\n    at h (/srv/m/h.ts:9:9)") },
    { name: "a stack without places", thrown: thrownWith("Error: 20260101000001_step_1.ts") },
    { name: "an empty stack", thrown: thrownWith("") },
    { name: "no error", thrown: "boom" },
    { name: "a stack that is no text", thrown: Object.assign(new Error("x"), { stack: 5 }) },
  ])("is unknown for $name", ({ thrown }) => {
    expect(locateThrown(migration, thrown)).toBeNull();
  });

  test("is unknown for a migration that is no code", () => {
    expect(locateThrown(intended(1), thrownWith("at 20260101000001_step_1.sql:1:1"))).toBeNull();
  });
});

describe("a failure to import", () => {
  test("shows the first of several", () => {
    const thrown = new AggregateError([{ message: "first" }, { message: "second" }], "2 errors");
    const failure = importFailure(code(UP), thrown);
    expect(refusalIn(failure)).toEqual({
      code: "CODE_INVALID",
      message: "first",
      hint: "godwit imports a migration before it touches the database; mend the file and run again",
      line: null,
      column: null,
    });
    expect(failure.cause).toBe(thrown);
  });
});
