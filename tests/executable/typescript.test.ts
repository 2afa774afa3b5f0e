import { describe, expect, test } from "bun:test";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { documentOf } from "../support/run-godwit.ts";

const TABLE = 'db.run("CREATE TABLE t (value)");';

async function applied(project: CliProject, ...args: string[]): Promise<void> {
  const { stderr, exitCode } = await project.migrate(...args);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
}

describe("a migration in code imports", () => {
  test("TypeScript, JSON and text beside it", async () => {
    using project = new CliProject();
    project.root.write("migrations/lib/values.ts", 'export const values: string[] = ["code"];\n');
    project.root.write("migrations/data/values.json", '{ "values": ["json"] }');
    project.root.write("migrations/data/value.txt", "text");
    project.write(
      1,
      `import { values } from "./lib/values.ts";
       import data from "./data/values.json";
       import text from "./data/value.txt" with { type: "text" };
       import { readFileSync } from "node:fs";
       import { join } from "node:path";
       export function up(db) {
         ${TABLE}
         const read = readFileSync(join(import.meta.dir, "data/value.txt"), "utf8").toUpperCase();
         for (const value of [...values, ...data.values, text, read]) db.run("INSERT INTO t VALUES (?)", [value]);
       }`,
      "ts",
    );
    await applied(project);
    expect(project.column("SELECT value FROM t")).toEqual(["code", "json", "text", "TEXT"]);
  });

  test("packages of a node_modules beside the migrations, also by name from elsewhere", async () => {
    using project = new CliProject();
    project.root.write(
      "migrations/node_modules/slugs/package.json",
      '{ "name": "slugs", "type": "module", "exports": "./main.js" }',
    );
    project.root.write(
      "migrations/node_modules/slugs/main.js",
      "export const slug = (s) => s.toLowerCase();",
    );
    project.root.write(
      "node_modules/@house/rules/package.json",
      '{ "name": "@house/rules", "main": "index.cjs" }',
    );
    project.root.write("node_modules/@house/rules/index.cjs", "module.exports = { limit: 3 };");
    project.write(
      1,
      `import { slug } from "slugs"; import { limit } from "@house/rules";
       export function up(db) { ${TABLE} db.run("INSERT INTO t VALUES (?)", [slug("ABC") + limit]); }`,
      "ts",
    );
    await applied(project);
    expect(project.column("SELECT value FROM t")).toEqual(["abc3"]);
    const elsewhere = await project.shell(
      'mkdir x && cd x && "$GODWIT" redo --db ../app.db --dir ../migrations',
    );
    expect(elsewhere.exitCode).toBe(3);
    expect(elsewhere.stderr).toStartWith("error[DOWN_MISSING] ");
  });

  test("what is not there is refused before anything is run", async () => {
    using project = new CliProject();
    project.tables(1);
    project.write(2, 'import "./nowhere.ts";\nexport function up() {}', "ts");
    const ended = await project.migrate("--json");
    expect(ended.exitCode).toBe(3);
    expect(documentOf(ended)).toMatchObject({
      error: {
        code: "CODE_INVALID",
        outcome: "unchanged",
        location: { file: `migrations/${v(2)}_step_2.ts`, line: 1 },
      },
    });
    expect(project.exists()).toBe(false);
  });
});

describe("a migration in code", () => {
  test("exports functions, or one object as its default", async () => {
    using project = new CliProject();
    project.write(
      1,
      `export default {
         rows: [1, 2],
         up(db) { ${TABLE} for (const row of this.rows) db.run("INSERT INTO t VALUES (?)", [row]); },
         down(db) { db.run("DROP TABLE t"); },
       };`,
      "ts",
    );
    project.write(2, "export const up = (db) => db.run('INSERT INTO t VALUES (3)');", "js");
    await applied(project);
    expect(project.column("SELECT value FROM t")).toEqual([1, 2, 3]);
  });

  test("may be asynchronous, and use TypeScript that needs no compiler's help", async () => {
    using project = new CliProject();
    project.write(
      1,
      `import type { Database } from "bun:sqlite";
       enum Level { Low = 1, High }
       interface Row { readonly value: Level }
       export async function up(db: Database): Promise<void> {
         await Bun.sleep(1);
         ${TABLE}
         const row = { value: Level.High } satisfies Row;
         await Promise.resolve();
         db.run("INSERT INTO t VALUES (?)", [row.value as number]);
       }
       export const down = async (db: Database) => { await Bun.sleep(1); db.run("DROP TABLE t"); };`,
      "ts",
    );
    await applied(project);
    expect(project.column("SELECT value FROM t")).toEqual([2]);
    expect((await project.godwit("rollback", "--db", "app.db")).exitCode).toBe(0);
    expect(project.tableNames()).toEqual([]);
  });

  test("tells its progress on stderr", async () => {
    using project = new CliProject();
    project.write(
      1,
      `export function up(db, { log, progress }) { ${TABLE} log("one line"); progress(1, 3); }`,
      "ts",
    );
    const { stdout, stderr } = await project.migrate();
    expect(stderr).toBe(`${v(1)}: one line\n${v(1)}: 1 of 3 rows\n`);
    expect(stdout).not.toContain("one line");
    const status = await project.status("--json");
    expect(status.stderr).toBe("");
  });

  test("is not run by status, however it begins", async () => {
    using project = new CliProject();
    project.write(1, 'console.log("run"); process.exit(0); export function up() {}', "ts");
    const ended = await project.status("--check");
    expect(ended).toMatchObject({ stderr: "", exitCode: 1 });
    expect(ended.stdout).not.toContain("run\n");
  });

  test("changed after it was applied is refused; the bytes that were hashed are what ran", async () => {
    using project = new CliProject();
    project.write(1, `export function up(db) { ${TABLE} }`, "ts");
    await applied(project);
    project.write(1, `export function up(db) { ${TABLE} /* later */ }`, "ts");
    const { stderr, exitCode } = await project.migrate();
    expect(exitCode).toBe(3);
    expect(stderr).toStartWith(`error[MIGRATION_CHANGED] ${v(1)} was changed after it was applied\n`);
  });

  test("that fails is named by file, line and column, and rolled back", async () => {
    using project = new CliProject();
    project.write(
      1,
      `export function up(db) {\n  ${TABLE}\n  db.run("INSERT INTO nowhere VALUES (1)");\n}\n`,
      "ts",
    );
    const ended = await project.migrate();
    expect(ended.exitCode).toBe(4);
    expect(ended.stderr).toContain("error[MIGRATION_FAILED] no such table: nowhere\n");
    expect(ended.stderr).toMatch(new RegExp(`\n  migrations/${v(1)}_step_1.ts:3:\\d+\n    3 \\|   db.run`));
    expect(project.tableNames()).toEqual([]);
  });
});
