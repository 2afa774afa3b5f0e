import { describe, expect, test } from "bun:test";
import { copyFileSync, existsSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { GODWIT, runProcess, startProcess } from "../support/run-godwit.ts";

const INTRUDER = 'import { writeFileSync } from "node:fs"; writeFileSync("intruded", "");\n';

describe("what lies in the working directory", () => {
  test("runs no code and sets no variable", async () => {
    using project = new CliProject();
    const { root } = project;
    project.write(1, 'export function up(db) { db.run("CREATE TABLE t1 (id)"); }', "ts");
    root.write(".env", "GODWIT_DB=intruded\nGODWIT_DIR=intruded\nGODWIT_TABLE=intruded\nNODE_ENV=x\n");
    root.write(".env.local", "GODWIT_TABLE=intruded\n");
    root.write(".env.production", "GODWIT_TABLE=intruded\n");
    root.write("bunfig.toml", 'preload = ["./intruder.ts"]\n[run]\npreload = ["./intruder.ts"]\n');
    root.write("intruder.ts", INTRUDER);
    root.write(
      "tsconfig.json",
      JSON.stringify({
        compilerOptions: { paths: { "bun:sqlite": ["./intruder.ts"], "*": ["./intruder.ts"] } },
      }),
    );
    root.write(
      "package.json",
      JSON.stringify({
        name: "godwit",
        imports: { "#x": "./intruder.ts" },
        exports: "./intruder.ts",
        bin: "./intruder.ts",
        scripts: { status: "touch intruded" },
      }),
    );
    for (const name of ["citty", "@clack/prompts", "godwit"])
      root.write(`node_modules/${name}/index.js`, INTRUDER);
    for (const args of [["migrate"], ["status", "--check"], ["create", "x"], ["--help"], ["--version"]]) {
      const { stderr, exitCode } = await project.godwit(...args, "--db", "app.db");
      expect({ args, stderr, exitCode }).toEqual({ args, stderr: "", exitCode: 0 });
    }
    expect(existsSync(root.join("intruded"))).toBe(false);
    expect(project.applied()).toEqual([1]);
  });

  test.each([".env", "bunfig.toml", "tsconfig.json", "package.json"])(
    "a broken %s stops nothing",
    async (name) => {
      using project = new CliProject();
      project.tables(1);
      project.write(2, 'export function up(db) { db.run("CREATE TABLE t2 (id)"); }', "ts");
      project.root.write(name, '{ "broken" = [\n');
      const { stderr, exitCode } = await project.migrate();
      expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
      expect(project.applied()).toEqual([1, 2]);
    },
  );
});

describe("the executable alone", () => {
  test("migrates SQL and TypeScript in an empty place with an empty environment", async () => {
    using project = new CliProject();
    project.tables(1);
    project.write(
      2,
      'import type { Database } from "bun:sqlite";\nexport function up(db: Database): void { db.run("INSERT INTO t1 VALUES (7)"); }',
      "ts",
    );
    const alone = project.root.join("godwit");
    copyFileSync(GODWIT, alone);
    const env = { PATH: "", NO_COLOR: "" };
    const ended = await runProcess([alone, "migrate", "--db", "app.db"], { cwd: project.cwd, env });
    expect({ stderr: ended.stderr, exitCode: ended.exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(project.column("SELECT id FROM t1")).toEqual([7]);

    const bare = await project.shell("env -i ./godwit status --check --db app.db");
    expect(bare).toMatchObject({ stderr: "", exitCode: 0 });
  });

  test("leaves nothing behind but what was asked for", async () => {
    using project = new CliProject();
    project.tables(1);
    await project.migrate();
    await project.status();
    const listing = await project.shell("ls -A . migrations");
    expect(listing.stdout.split("\n").filter((line) => line !== "")).toEqual([
      ".:",
      "app.db",
      "app.db.godwit",
      "migrations",
      "migrations:",
      "20260101000001_step_1.sql",
    ]);
  });

  test("ends when it is told to, with nothing applied", async () => {
    using project = new CliProject();
    project.write(
      1,
      'export async function up(db, { log }) { db.run("CREATE TABLE t1 (id)"); log("begun"); await Bun.sleep(60_000); }',
      "ts",
    );
    const child = startProcess([GODWIT, "migrate", "--db", "app.db"], { cwd: project.cwd });
    for await (const chunk of child.stderr) if (new TextDecoder().decode(chunk).includes("begun")) break;
    child.kill("SIGTERM");
    await child.exited;
    expect(child.exitCode).not.toBe(0);
    expect(project.tableNames()).toEqual([]);
    expect(project.applied()).toEqual([]);
  });
});
