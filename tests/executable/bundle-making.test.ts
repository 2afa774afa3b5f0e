import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { bundle, writePackage } from "../support/bundled-project.ts";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { documentOf, GODWIT, runProcess, startProcess } from "../support/run-godwit.ts";

const PLACED = `interface Row { readonly id: number }

export function up(): void {
  const rows: Row[] = [];

  if (rows.length === 0) throw new Error("no rows");
}
`;

describe("making one", () => {
  test("places a failure in the TypeScript that was written", async () => {
    using other = new CliProject();
    other.tables(1);
    other.write(2, PLACED, "ts");
    await bundle(other, "-o", "placed");
    const sealed = await runProcess([other.root.join("placed"), "migrate", "--db", "app.db"], {
      cwd: other.cwd,
    });
    expect(sealed.stderr).toContain(`migrations/${v(2)}_step_2.ts:6:`);
    const folder = await other.godwit("migrate", "--db", "app.db");
    expect(sealed.stderr.replace(" (1 earlier migration of this run stays done)", "")).toBe(folder.stderr);
    expect(other.applied()).toEqual([1]);
  });

  test("says in JSON what was made", async () => {
    using other = new CliProject();
    other.tables(1);
    const document = documentOf(await other.godwit("bundle", "-o", "out", "--json"));
    const bytes = readFileSync(other.root.join("out"));
    expect(document).toMatchObject({
      output: "out",
      target: null,
      bytes: bytes.length,
      sha256: Bun.SHA256.hash(bytes, "hex"),
      migrations: [{ version: v(1), checksum: expect.any(String) }],
    });
  });

  test("removes what a run has left that was killed, and nothing else", async () => {
    using other = new CliProject();
    other.tables(1);
    const killed = startProcess([GODWIT, "bundle", "-o", "out"], { cwd: other.cwd });
    const left = () => readdirSync(other.cwd).filter((name) => name !== "migrations" && name !== "out");
    while (left().length === 0 || readdirSync(other.root.join(left()[0]!)).length === 0) await Bun.sleep(1);
    killed.kill("SIGKILL");
    await killed.exited;
    const [gone] = left();
    expect(gone).toMatch(/^\.godwit-bundle-\w{6}$/);
    const folders = [".godwit-bundle-AbCdEf", ".godwit-bundle-notes", ".out.vm-999999999.AbCdEf"];
    for (const name of folders) other.root.write(`${name}/precious`, "");
    other.root.write(".godwit-bundle-AbCdEg", "");
    symlinkSync("nowhere", other.root.join(".godwit-bundle-AbCdEh"));
    mkdirSync(other.root.join(".godwit-bundle-AbCdEi"));
    const old = new Date(Date.now() - 2 * 60 * 60 * 1000);
    const young = [".godwit-bundle-AbCdEh", ".godwit-bundle-AbCdEi"];
    for (const name of left().filter((name) => !young.includes(name)))
      utimesSync(other.root.join(name), old, old);
    const kept = left().filter((name) => name !== gone);
    await bundle(other, "-o", "out");
    expect(left()).toEqual(kept);
  });

  test("gives code that does what it does in its folder, and reads nothing of the working directory", async () => {
    using other = new CliProject();
    const packages: Record<string, string> = {
      "cond/package.json":
        '{ "exports": { "development": "./dev.js", "production": "./prod.js", "default": "./plain.js" } }',
      "cond/dev.js": 'export const which = "development";',
      "cond/prod.js": 'export const which = "production";',
      "cond/plain.js": 'export const which = "default";',
      "effect/package.json": '{ "main": "main.js", "sideEffects": false }',
      "effect/main.js": 'globalThis.effect = "ran";',
      "lazy/package.json": '{ "main": "main.js" }',
      "lazy/main.js": 'export const later = () => import("./part.js");',
      "lazy/part.js": 'export const part = "part";',
    };
    for (const [name, text] of Object.entries(packages))
      other.root.write(`migrations/node_modules/${name}`, text);
    other.root.write("migrations/lib/helper.ts", 'export const helper = "helper";');
    other.write(
      1,
      `import "effect";
import { which } from "cond";
import { later } from "lazy";
const top = await import("./lib/helper.ts");
export async function up(db) {
  const { helper } = await import("./lib/helper.ts");
  const { part } = await later();
  const builtin = "node:path";
  const { sep } = await import(builtin);
  const { delimiter } = require(builtin);
  db.run("CREATE TABLE said (text)");
  for (const text of [globalThis.effect, which, top.helper, helper, part, process.env.NODE_ENV, sep, delimiter])
    db.run("INSERT INTO said VALUES (?)", [text]);
}`,
      "ts",
    );
    const said = ["ran", "default", "helper", "helper", "part", "development", "/", ":"];
    await other.migrate();
    expect(other.column("SELECT text FROM said")).toEqual(said);
    other.root.write("alone/.keep", "");
    await other.godwit("bundle", "-o", "alone/app");
    const alone = other.root.join("alone");
    const sealed = await runProcess([join(alone, "app"), "migrate", "--db", "app.db"], { cwd: alone });
    expect(sealed).toMatchObject({ stderr: "", exitCode: 0 });
    using db = new Database(join(alone, "app.db"));
    expect(db.query("SELECT text FROM said").values().flat()).toEqual(said);
  });

  test("changes no text of code, and lets a package go on without what it can do without", async () => {
    using other = new CliProject();
    writePackage(
      other,
      "migrations/node_modules/opt",
      'let native; try { native = require("opt-native"); } catch { native = "without"; } exports.native = native;',
    );
    other.root.write("migrations/seed.json", '{ "import(path)": "import.meta.require" }');
    other.write(
      1,
      `import { native } from "opt";
import seed from "./seed.json";
class Loader { #import(x) { return x; } import(x) { return this.#import(x); } }
export async function up(db) {
  db.run("CREATE TABLE said (text)");
  const missing = await import("not-there").catch(() => "missing");
  for (const text of [native, missing, "call import(path) / import.meta.require", JSON.stringify(seed), new Loader().import("method")])
    db.run("INSERT INTO said VALUES (?)", [text]);
}`,
      "js",
    );
    await other.migrate();
    const said = other.column("SELECT text FROM said") as string[];
    expect(said[0]).toBe("without");
    const { exitCode } = await other.godwit("bundle", "-o", "app");
    expect(exitCode).toBe(0);
    await runProcess([other.root.join("app"), "migrate", "--db", "sealed.db"], { cwd: other.cwd });
    using db = new Database(other.root.join("sealed.db"));
    expect(db.query("SELECT text FROM said").values().flat()).toEqual(said);
  });

  test("finds nothing on the disk by an import that is computed, and notes it", async () => {
    using other = new CliProject();
    const attempt = (get: string) =>
      `try { found = (await ${get}).evil; } catch (error) { found = error.message; } tell(found);`;
    other.write(
      1,
      `export async function up(db) {
  let found;
  const tell = (text) => db.run("INSERT INTO said VALUES (?)", [String(text)]);
  db.run("CREATE TABLE said (text)");
  for (const file of ["./evil.ts", "evil"]) { ${attempt("import(file)")} ${attempt("require(file)")} }
}`,
      "js",
    );
    const { stderr } = await other.godwit("bundle", "-o", "app");
    expect(stderr).toStartWith(`note: migrations/${v(1)}_step_1.js: imports what it computes`);
    other.root.write("evil.ts", 'export const evil = "ran";');
    writePackage(other, "node_modules/evil", 'export const evil = "ran";');
    await runProcess([other.root.join("app"), "migrate", "--db", "app.db"], { cwd: other.cwd });
    const said = other.column("SELECT text FROM said") as string[];
    expect(said).toHaveLength(4);
    for (const text of said) expect(text).toStartWith("Cannot find ");
  });

  test("carries no path of the machine that it was made on", async () => {
    using other = new CliProject();
    writePackage(other, "migrations/node_modules/placed", "exports.place = () => [__dirname, __filename];");
    other.write(1, 'import { place } from "placed"; export function up() { place(); }', "ts");
    const { stderr } = await other.godwit("bundle", "-o", "app");
    expect(stderr).toContain("node_modules/placed/main.js: mentions __dirname");
    expect(readFileSync(other.root.join("app")).includes(other.cwd)).toBe(false);
  });

  test("writes through a link", async () => {
    using other = new CliProject();
    other.tables(1);
    other.root.write("there", "before");
    symlinkSync("there", other.root.join("link"));
    await bundle(other, "-o", "link");
    expect(lstatSync(other.root.join("link")).isSymbolicLink()).toBe(true);
    expect(statSync(other.root.join("there")).size).toBeGreaterThan(1e6);
  });

  test("notes code that reads what lies beside it", async () => {
    using other = new CliProject();
    other.write(1, "export function up() { return void import.meta.dir; }\n", "ts");
    const { stderr, exitCode } = await other.godwit("bundle", "-o", "out");
    expect(stderr).toBe(
      `note: migrations/${v(1)}_step_1.ts: mentions import.meta.dir, which leads to no folder in a bundle: import what it reads as text or JSON\n`,
    );
    expect(exitCode).toBe(0);
  });
});

describe("no bundle is made", () => {
  test.each([
    ["of a folder that is not there", [], ["-o", "out", "--dir", "nowhere"], 2, "MIGRATIONS_NOT_FOUND"],
    ["of an empty folder", [], ["-o", "out"], 2, "MIGRATIONS_NOT_FOUND"],
    ["without a name", ["1.sql"], [], 2, "MISSING_ARGUMENT"],
    ["of SQL that is never closed", ["open.sql"], ["-o", "out"], 3, "SQL_UNTERMINATED"],
    ["of code that does not parse", ["bad.ts"], ["-o", "out"], 3, "CODE_INVALID"],
    ["of code that imports what is not there", ["lost.ts"], ["-o", "out"], 3, "CODE_INVALID"],
    ["of code that imports a file as a file", ["file.ts"], ["-o", "out"], 2, "BUNDLE_FAILED"],
    ["where a folder is", ["1.sql"], ["-o", "migrations"], 2, "FILE_NOT_WRITTEN"],
    ["where a device is", ["1.sql"], ["-o", "/dev/null"], 2, "FILE_NOT_WRITTEN"],
    ["among the migrations", ["1.sql"], ["-o", "migrations/20280101000000_x.sql"], 2, "FILE_NOT_WRITTEN"],
    ["of CommonJS, which a folder refuses as well", ["common.js"], ["-o", "out"], 3, "CODE_INVALID"],
    ["of a database that is imported", ["sqlite.ts"], ["-o", "out"], 2, "BUNDLE_FAILED"],
    ["in a folder that is not there", ["1.sql"], ["-o", "nowhere/out"], 2, "FILE_NOT_WRITTEN"],
    ["for a platform that is none", ["1.sql"], ["-o", "out", "--target", "linux-x86"], 2, "INVALID_VALUE"],
    [
      "with a runtime that is none",
      ["1.sql"],
      ["-o", "out", "--runtime", "migrations/data.txt"],
      2,
      "BUNDLE_FAILED",
    ],
    ["with a runtime that is not there", ["1.sql"], ["-o", "out", "--runtime", "none"], 2, "BUNDLE_FAILED"],
  ])("%s", async (_, files, args, exit, code) => {
    using other = new CliProject();
    other.root.write("migrations/data.txt", "data");
    const contents: Record<string, [string, string]> = {
      "1.sql": ["CREATE TABLE t (id);", "sql"],
      "open.sql": ["SELECT 'open", "sql"],
      "bad.ts": ["export function up( {", "ts"],
      "lost.ts": ['import { x } from "not-there";\nexport function up() { x(); }', "ts"],
      "common.js": ["exports.up = () => {};", "js"],
      "sqlite.ts": [
        'import db from "./app.db" with { type: "sqlite" };\nexport function up() { return db; }',
        "ts",
      ],
      "file.ts": [
        'import path from "./data.txt" with { type: "file" };\nexport function up() { return path; }',
        "ts",
      ],
    };
    for (const name of files) other.write(1, contents[name]![0], contents[name]![1] as "sql");
    const { stderr, exitCode } = await other.godwit("bundle", ...args);
    expect(stderr).toStartWith(`error[${code}] `);
    expect(exitCode).toBe(exit);
    expect(readdirSync(other.cwd)).toEqual(["migrations"]);
  });
});
