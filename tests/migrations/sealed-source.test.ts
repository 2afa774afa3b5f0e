import { describe, expect, test } from "bun:test";
import { confined } from "../../src/migrations/sealed-code.ts";
import { moduleName, sealedSource } from "../../src/migrations/sealed-source.ts";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";

/** Of one migration, which is another each time: the runtime keeps what it has imported. */
function sealed(code: string, map: string | null = null) {
  count++;
  file = `${v(count)}_step_${count}.ts`;
  const name = moduleName(file);
  return sealedSource({
    folder: "migrations",
    migrations: [{ name: file, text: "export function up() {}\n" }],
    modules: [
      { name, code, map },
      { name: "shared-1.js", code: "export const shared = { n: 1 };", map: null },
    ],
  });
}

let count = 0;
let file = "";

describe("sealed code", () => {
  test("is imported with what it shares, from where it was sealed", async () => {
    const source = sealed('import{shared}from"godwit-sealed:shared-1.js";export const up=()=>++shared.n;');
    const code = await source.load(source.read(source.list()[0]!));
    expect(code.up(null, {} as never)).toBe(2);
    expect(code.down).toBeNull();
  });

  test("is refused by its file where it exports no up", async () => {
    const source = sealed("export const down=()=>{};");
    const failure = await failureOf(source.load(source.read(source.list()[0]!)));
    expect(failure).toMatchObject({ code: "CODE_INVALID", location: { file: `migrations/${file}` } });
  });

  test("is placed by its source map", () => {
    // One segment: the first column of the first line is that of the third line, from column 4 on.
    const map = JSON.stringify({
      version: 3,
      sources: [`${v(count + 1)}_step_${count + 1}.ts`],
      names: [],
      mappings: "AAEI",
    });
    const source = sealed("export const up=()=>{};", map);
    const { body } = source.read(source.list()[0]!);
    const trace = body.kind === "code" ? body.trace! : () => null;
    const frame = `    at up (godwit-sealed:${moduleName(file)}:1:1)`;
    expect(trace(frame)).toEqual({ line: 3, column: 5 });
    expect(trace("    at up (/elsewhere/file.ts:1:1)")).toBeNull();
    expect(trace(`    at up (godwit-sealed:shared-1.js:1:1)`)).toBeNull();
  });
});

describe("code that computes what it imports", () => {
  test.each([
    ["import(name)", "Import(name)"],
    ["import(`./$" + "{name}`)", "Import(`./$" + "{name}`)"],
    ['import("./" + name)', 'Import("./" + name)'],
    ['import("./a.json",{with:{type:"json"}})', 'import("./a.json",{with:{type:"json"}})'],
    ['import("godwit-sealed:a.js")', 'import("godwit-sealed:a.js")'],
    ["db.import(name)", "db.import(name)"],
    ["reimport(name)", "reimport(name)"],
    ["var r=import.meta.require;", "var r=godwitSealedRequire;"],
  ])("%s becomes %s, as long as it was", (code, expected) => {
    expect(confined(code)).toBe(expected);
    expect(expected).toHaveLength(code.length);
  });

  test("has what the runtime brings, and nothing of the disk", async () => {
    const source = sealed(
      confined("var r=import.meta.require;export const up=async(_,name)=>[await import(name),r(name)];"),
    );
    const { up } = await source.load(source.read(source.list()[0]!));
    expect(await up(null, "node:path" as never)).toHaveLength(2);
    for (const name of ["./package.json", "citty", undefined])
      await expect(Promise.resolve(up(null, name as never))).rejects.toThrow("a bundle does not hold");
  });
});
