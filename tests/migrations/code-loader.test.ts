import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { CONTEXT, MigrationFolder } from "../support/migration-folder.ts";

describe("code is loaded", () => {
  test.each<{ name: string; text: string; has: boolean[] }>([
    {
      name: "from functions",
      text: "export function up() { return 1; } export function down() {} export function verify() {}",
      has: [true, true],
    },
    {
      name: "from constants",
      text: "export const up = () => 1; export const down = async () => {};",
      has: [true, false],
    },
    {
      name: "from one default object",
      text: "export default { n: 1, up() { return this.n; }, down() {}, verify() {} };",
      has: [true, true],
    },
    {
      name: "from names before the default object",
      text: "export function up() { return 1; } export default { up() { return 2; }, verify() {} };",
      has: [false, true],
    },
    {
      name: "with a down that is nothing",
      text: "export function up() { return 1; } export const down = undefined; export const verify = null;",
      has: [false, false],
    },
    {
      name: "with top-level await",
      text: "const n = await Promise.resolve(1); export const up = () => n;",
      has: [false, false],
    },
  ])("$name", async ({ text, has }) => {
    using folder = new MigrationFolder();
    const code = await folder.load(text);
    expect(code.up(null, CONTEXT)).toBe(1);
    expect([code.down !== null, code.verify !== null]).toEqual(has);
  });

  test("and given the database and the context", async () => {
    using folder = new MigrationFolder();
    const code = await folder.load(
      'import type { Database } from "bun:sqlite";\nimport type { MigrationContext } from "godwit";\n' +
        "export function up(db: Database, context: MigrationContext) { context.log('hello'); db.run('CREATE TABLE a (b)'); }",
    );
    using db = new Database(":memory:");
    const lines: string[] = [];
    code.up(db, { ...CONTEXT, log: (line) => lines.push(line) });
    expect(lines).toEqual(["hello"]);
    expect(db.query("SELECT name FROM sqlite_schema").all()).toEqual([{ name: "a" }]);
  });

  test("and its promise is the caller's to await", async () => {
    using folder = new MigrationFolder();
    const code = await folder.load("export async function up() { await null; throw new Error('late'); }");
    const returned = code.up(null, CONTEXT);
    expect(returned).toBeInstanceOf(Promise);
    await expect(returned as Promise<unknown>).rejects.toThrow("late");
  });

  test("as JavaScript where the file is", async () => {
    using folder = new MigrationFolder();
    expect(await folder.up("export const up = () => 1;", "js")).toBe(1);
  });

  test.each(["a b", "größe", "100%", "a#b", "it's", 'q"q', "%20", "[x]", "a&b=c"].map((name) => ({ name })))(
    "from a folder named $name, with what it imports",
    async ({ name }) => {
      using folder = new MigrationFolder(name);
      folder.write("helper.ts", "export default 7;");
      expect(await folder.up('import n from "./helper.ts"; export const up = () => n;')).toBe(7);
    },
  );
});

describe("an import", () => {
  test.each([
    {
      name: "a file beside the migration",
      path: "helper.ts",
      content: "export default 7 as number;",
      text: 'import x from "./helper.ts";',
      value: 7,
    },
    {
      name: "a file without its extension",
      path: "helper.ts",
      content: "export default 7;",
      text: 'import x from "./helper";',
      value: 7,
    },
    {
      name: "a file above",
      path: "../shared/helper.js",
      content: "export default 7;",
      text: 'import x from "../shared/helper.js";',
      value: 7,
    },
    {
      name: "JSON",
      path: "data/rows.json",
      content: '[{"a": 1}]',
      text: 'import x from "./data/rows.json";',
      value: [{ a: 1 }],
    },
    {
      name: "SQL as text",
      path: "data/big.sql",
      content: "SELECT 1;\n",
      text: 'import x from "./data/big.sql" with { type: "text" };',
      value: "SELECT 1;\n",
    },
    {
      name: "text",
      path: "note.txt",
      content: "ä\n",
      text: 'import x from "./note.txt" with { type: "text" };',
      value: "ä\n",
    },
    {
      name: "a package beside the migrations",
      path: "node_modules/dep/index.js",
      content: "module.exports = 7;",
      text: 'import x from "dep";',
      value: 7,
    },
    {
      name: "a package above the migrations",
      path: "../node_modules/dep/index.js",
      content: "export default 7;",
      text: 'import x from "dep";',
      value: 7,
    },
    {
      name: "a built-in module",
      path: "unused.txt",
      content: "",
      text: 'import { sep as x } from "node:path";',
      value: "/",
    },
  ])("resolves: $name", async ({ path, content, text, value }) => {
    using folder = new MigrationFolder();
    folder.write(path, content);
    expect(await folder.up(`${text}\nexport const up = () => x;`)).toEqual(value);
  });

  test("resolves while the migration runs", async () => {
    using folder = new MigrationFolder();
    folder.write("helper.ts", "export default 7;");
    expect(await folder.up('export const up = async () => (await import("./helper.ts")).default;')).toBe(7);
  });

  test("with a scope and an exports map resolves as the package says", async () => {
    using folder = new MigrationFolder();
    folder.write("node_modules/@a/b/package.json", '{"name": "@a/b", "exports": {"./c": "./lib/c.mjs"}}');
    folder.write("node_modules/@a/b/lib/c.mjs", "export const n = 7;");
    expect(await folder.up('import { n } from "@a/b/c"; export const up = () => n;')).toBe(7);
  });
});

describe("what runs is what was hashed", () => {
  test("although the file changed on disk", async () => {
    using folder = new MigrationFolder();
    const migration = folder.migration("export const up = () => 'hashed';");
    folder.write(`${v(1)}_a.ts`, "export const up = () => 'changed';");
    const code = await folder.source.load(migration);
    expect(code.up(null, CONTEXT)).toBe("hashed");
  });

  test("although the file goes once it is loaded", async () => {
    using folder = new MigrationFolder();
    const migration = folder.migration("export const up = async () => { await null; return 'hashed'; };");
    const code = await folder.source.load(migration);
    rmSync(migration.file);
    expect(await code.up(null, CONTEXT)).toBe("hashed");
  });

  test("and a file that changed is loaded anew, and again when it changes back", async () => {
    using folder = new MigrationFolder();
    const seen: unknown[] = [];
    for (const n of [1, 2, 1]) seen.push(await folder.up(`export const up = () => ${n};`));
    expect(seen).toEqual([1, 2, 1]);
  });

  test("and a file that failed is loaded anew once it is mended", async () => {
    using folder = new MigrationFolder();
    await failureOf(folder.load("export const up = ;"));
    expect(await folder.up("export const up = () => 1;")).toBe(1);
  });

  test("in each of two folders with files of one name", async () => {
    using first = new MigrationFolder();
    using second = new MigrationFolder();
    first.write("helper.ts", "export default 1;");
    second.write("helper.ts", "export default 2;");
    const text = 'import n from "./helper.ts"; export const up = () => n;';
    expect([await first.up(text), await second.up(text)]).toEqual([1, 2]);
  });

  test("however often it is loaded at once", async () => {
    using folder = new MigrationFolder();
    const migration = folder.migration("await null; export const up = () => 'hashed';");
    const codes = await Promise.all(Array.from({ length: 5 }, () => folder.source.load(migration)));
    expect(codes.map((code) => code.up(null, CONTEXT))).toEqual(Array(5).fill("hashed"));
  });
});
