import { describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { loadCode } from "../../src/migrations/code-loader.ts";
import { failureOf } from "../support/failures.ts";
import { intended } from "../support/intent.ts";
import { MigrationFolder } from "../support/migration-folder.ts";
import { refusalOf } from "../support/refusal.ts";

const MEND = "godwit imports a migration before it touches the database; mend the file and run again";
const WRITE = "write: export function up(db: Database) { … }";

describe("code is refused", () => {
  test.each([
    {
      name: "that does not parse",
      text: "// x\nexport function up() {\n  const = 1;\n}",
      message: 'Expected identifier but found "="',
      line: 3,
      column: 9,
    },
    {
      name: "that does not parse, behind letters of four bytes",
      text: "export const a = '😀'; const = 1;",
      message: 'Expected identifier but found "="',
      line: 1,
      column: 29,
    },
    {
      name: "that does not parse in two places",
      text: "const = 1;\nlet = = 3;",
      message: 'Expected identifier but found "="',
      line: 1,
      column: 7,
    },
    {
      name: "that throws",
      text: "interface A { a: 1 }\n\nthrow new Error('boom');\nexport function up() {}",
      message: "boom",
      line: 3,
      column: 11,
    },
    {
      name: "that throws in a function",
      text: "function f(n: number): never {\n  throw new TypeError('boom');\n}\nf(1);\nexport function up() {}",
      message: "boom",
      line: 2,
      column: 13,
    },
    {
      name: "that rejects",
      text: "\nawait Promise.reject(new RangeError('boom'));\nexport function up() {}",
      message: "boom",
      line: 2,
      column: 26,
    },
    { name: "that throws a string", text: "throw 'boom';", message: "boom", line: null, column: null },
    {
      name: "that throws an error with parts of Bun's own",
      text: "throw Object.assign(new Error('boom'), { position: 5, specifier: 6, referrer: 7 });",
      message: "boom",
      line: 1,
      column: 25,
    },
    {
      name: "that throws several errors",
      text: "\nthrow new AggregateError([new Error('first'), 2], 'all');",
      message: "first",
      line: 2,
      column: 31,
    },
    {
      name: "that throws several errors, which are none",
      text: "throw new AggregateError([], 'all');",
      message: "all",
      line: 1,
      column: 11,
    },
    { name: "that throws nothing", text: "throw null;", message: "null", line: null, column: null },
  ])("$name", async ({ text, message, line, column }) => {
    using folder = new MigrationFolder();
    expect(await refusalOf(folder.load(text))).toEqual({
      code: "CODE_INVALID",
      message,
      hint: MEND,
      line,
      column,
    });
  });

  test("as TypeScript in a file for JavaScript", async () => {
    using folder = new MigrationFolder();
    expect(await refusalOf(folder.load("export function up(db: any) {}", "js"))).toEqual({
      code: "CODE_INVALID",
      message: 'Expected ")" but found ":"',
      hint: MEND,
      line: 1,
      column: 22,
    });
  });

  test.each([
    {
      name: "a package",
      what: "package",
      specifier: "nope-pkg",
      text: 'export const up = () => x;\nimport x from "nope-pkg";',
      line: 2,
      column: 15,
    },
    {
      name: "a file",
      what: "module",
      specifier: "./nope.ts",
      text: "import x from './nope.ts'; export const up = () => x;",
      line: 1,
      column: 15,
    },
  ])(
    "that imports what is not there, $name, where it does",
    async ({ what, specifier, text, line, column }) => {
      using folder = new MigrationFolder();
      const migration = folder.migration(text);
      expect(await refusalOf(folder.source.load(migration))).toEqual({
        code: "CODE_INVALID",
        message: `Cannot find ${what} '${specifier}' imported from ${migration.file}`,
        hint: MEND,
        line,
        column,
      });
    },
  );

  test("that has gone since it was read", async () => {
    using folder = new MigrationFolder();
    const migration = folder.migration("export function up() {}");
    rmSync(migration.file);
    expect(await refusalOf(folder.source.load(migration))).toEqual({
      code: "CODE_INVALID",
      message: "the file has gone since it was read",
      hint: MEND,
      line: null,
      column: null,
    });
  });

  test("that imports a file that imports what is not there", async () => {
    using folder = new MigrationFolder();
    const helper = folder.write("helper.ts", 'import x from "./nope.ts"; export default x;');
    const failure = await failureOf(folder.load('import x from "./helper.ts"; export const up = () => x;'));
    expect(failure).toMatchObject({
      message: `Cannot find module './nope.ts' imported from ${helper}`,
      location: { file: folder.read().file, line: null },
    });
  });

  test("that imports a name that is not exported", async () => {
    using folder = new MigrationFolder();
    const helper = folder.write("helper.ts", "export const a = 1;");
    const failure = await failureOf(
      folder.load('import { b } from "./helper.ts"; export const up = () => b;'),
    );
    expect(failure.message).toBe(`Export named 'b' not found in module '${helper}'.`);
  });

  test("that imports a file that does not parse, with the place in that file", async () => {
    using folder = new MigrationFolder();
    const helper = folder.write("helper.ts", "// x\n'😀'; const = 1;");
    const failure = await failureOf(folder.load('import "./helper.ts"; export function up() {}'));
    expect(failure.message).toBe('Expected identifier but found "="');
    expect(failure.location).toEqual({ file: helper, line: 2, column: 12, excerpt: "'😀'; const = 1;" });
  });

  test.each([
    { name: "without up", text: "export function down() {}", message: 'the file exports no function "up"' },
    { name: "with nothing in it", text: "", message: 'the file exports no function "up"' },
    {
      name: "with an up that is not exported",
      text: "function up() {}",
      message: 'the file exports no function "up"',
    },
    {
      name: "that exports as CommonJS does",
      text: "module.exports = { up() {} };",
      message: 'the file exports no function "up"; CommonJS exports are not read',
    },
    {
      name: "whose default is a function",
      text: "export default function up() {}",
      message: 'the file exports no function "up"',
    },
    {
      name: "whose default is nothing",
      text: "export default null;",
      message: 'the file exports no function "up"',
    },
    {
      name: "whose up is SQL",
      text: "export const up = 'CREATE TABLE a (b)';",
      message: 'the export "up" is no function',
    },
    {
      name: "whose down is no function",
      text: "export function up() {}\nexport const down = true;",
      message: 'the export "down" is no function',
    },
    {
      name: "whose default's verify is no function",
      text: "export default { up() {}, verify: [] };",
      message: 'the export "verify" is no function',
    },
  ])("$name", async ({ text, message }) => {
    using folder = new MigrationFolder();
    expect(await refusalOf(folder.load(text))).toEqual({
      code: "CODE_INVALID",
      message,
      hint: WRITE,
      line: null,
      column: null,
    });
  });

  test.each([
    { character: "question mark", name: "what?" },
    { character: "backslash", name: "back\\slash" },
  ])("in a folder with a $character in its name", async ({ character, name }) => {
    using folder = new MigrationFolder(name);
    expect(await refusalOf(folder.load("export function up() {}"))).toEqual({
      code: "CODE_INVALID",
      message: `the path holds a ${character}, with which no code can be imported`,
      hint: "rename the folder",
      line: null,
      column: null,
    });
  });

  test("where there is none, as a mistake of the caller", async () => {
    await expect(loadCode(intended(1), "a.sql")).rejects.toThrow(`${intended(1).file} holds no code`);
  });
});
