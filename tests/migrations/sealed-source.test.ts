import { describe, expect, test } from "bun:test";
import { SEALED_PREFIX } from "../../src/migrations/sealed-code.ts";
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
    const source = sealed(`import{shared}from"${SEALED_PREFIX}shared-1.js";export const up=()=>++shared.n;`);
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
    const frame = `    at up (${SEALED_PREFIX}${moduleName(file)}:1:1)`;
    expect(trace(frame)).toEqual({ line: 3, column: 5 });
    expect(trace("    at up (/elsewhere/file.ts:1:1)")).toBeNull();
    expect(trace(`    at up (${SEALED_PREFIX}shared-1.js:1:1)`)).toBeNull();
  });
});

test("what code computes, requires or resolves is looked for where nothing is", async () => {
  const ways = [
    "import(name)",
    "import(`$" + "{name}`)",
    "({...await import(name)})",
    "import.meta.require(name)",
    "(()=>{const m=import.meta;return m.require(name)})()",
    "createRequire(import.meta.url)(name)",
    "import.meta.resolveSync(name)",
  ];
  const tries = ways
    .map((way) => `try{said.push(typeof(await ${way}))}catch(e){said.push("not found")}`)
    .join(";");
  const source = sealed(
    `import{createRequire}from"node:module";export const up=async(_,name)=>{const said=["import(path)"];${tries};return said};`,
  );
  const { up } = await source.load(source.read(source.list()[0]!));
  for (const name of ["./package.json", "./src/index.ts", "citty"]) {
    const said = await up(null, name as never);
    expect(said).toEqual(["import(path)", ...ways.map(() => "not found")]);
  }
  expect(await up(null, "node:path" as never)).not.toContain("not found");
});
