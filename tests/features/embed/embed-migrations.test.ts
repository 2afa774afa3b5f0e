import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { embedMigrations } from "../../../src/features/embed/embed-migrations.ts";
import { initDatabase, MigrationManager } from "../../../src/index.ts";
import type { EmbeddedMigrations } from "../../../src/migrations/carried-source.ts";
import { FolderSource } from "../../../src/migrations/folder-source.ts";
import { failureOf } from "../../support/failures.ts";
import { v } from "../../support/intent.ts";
import { Project } from "../../support/project.ts";
import { runProcess } from "../../support/run-godwit.ts";

const ROOT = resolve(import.meta.dir, "../../..");

function fill(project: Project): void {
  project.root.write("migrations/lib/names.ts", 'export const names: string[] = ["helper"];\n');
  project.sql(1, "CREATE TABLE notes (text);", "DROP TABLE notes;", "-- Description: Make the `notes`\n");
  project.write(
    2,
    `import { names } from "./lib/names.ts";
export function up(db: any): void {
  for (const name of names) db.run("INSERT INTO notes VALUES (?)", [name]);
}
export const down = (db: any) => db.run("DELETE FROM notes");
`,
    "ts",
  );
}

function embed(project: Project, { isCheck = false, output = project.root.join("app/embedded.ts") } = {}) {
  return embedMigrations(new FolderSource(project.folder), { output, isCheck });
}

async function embeddedIn(project: Project): Promise<EmbeddedMigrations> {
  project.root.write("app/.keep", "");
  embed(project);
  return (await import(project.root.join("app/embedded.ts"))).embedded;
}

describe("migrations that an application embeds", () => {
  test("are applied by a manager, with the checksums of the folder", async () => {
    using project = new Project();
    fill(project);
    const manager = new MigrationManager(project.path, await embeddedIn(project));
    expect((await manager.migrate()).map(({ version }) => version)).toEqual([v(1), v(2)]);
    expect(project.column("SELECT text FROM notes")).toEqual(["helper"]);
    const ofFolder = await new MigrationManager(project.path, project.folder).getStatus();
    expect(ofFolder.map(({ state }) => state)).toEqual(["applied", "applied"]);
    await manager.rollback({ all: true });
    expect(project.applied()).toEqual([]);
  });

  test("are applied at start-up", async () => {
    using project = new Project();
    fill(project);
    using db = await initDatabase(project.path, { migrations: await embeddedIn(project) });
    expect(db.query("SELECT text FROM notes").values()).toEqual([["helper"]]);
  });

  test("name their files in a failure", async () => {
    using project = new Project();
    project.sql(1, "CREATE TABLE t (id);\nINSERT INTO nowhere VALUES (1);");
    const failure = await failureOf(new MigrationManager(project.path, await embeddedIn(project)).migrate());
    expect(failure.location).toMatchObject({ file: `migrations/${v(1)}_step_1.sql`, line: 3 });
  });

  test("are carried by a compiled application, which needs no folder", async () => {
    using project = new Project();
    fill(project);
    project.root.write(
      "app/main.ts",
      `import { initDatabase } from "godwit";
import { embedded } from "./embedded.ts";
using db = await initDatabase(process.argv[2]!, { migrations: embedded });
console.log(JSON.stringify(db.query("SELECT text FROM notes").values()));
`,
    );
    embed(project);
    project.root.write("node_modules/.keep", "");
    symlinkSync(ROOT, project.root.join("node_modules/godwit"));
    const app = project.root.join("alone/app");
    const build = [process.execPath, "build", "--compile", "app/main.ts", "--outfile", app];
    const built = await runProcess(build, { cwd: project.root.path });
    expect({ stderr: built.stderr, exitCode: built.exitCode }).toMatchObject({ exitCode: 0 });
    const ended = await runProcess([app, "data.db"], { cwd: project.root.join("alone") });
    expect(ended).toEqual({ stdout: '[["helper"]]\n', stderr: "", exitCode: 0 });
  });
});

describe("the module", () => {
  test("passes the compiler", async () => {
    using project = new Project();
    fill(project);
    project.root.write(
      "app/main.ts",
      'import { MigrationManager } from "godwit";\nimport { embedded } from "./embedded.ts";\nnew MigrationManager("a.db", embedded);\n',
    );
    embed(project);
    project.root.write("node_modules/.keep", "");
    symlinkSync(ROOT, project.root.join("node_modules/godwit"));
    const config = {
      extends: resolve(ROOT, "tsconfig.json"),
      compilerOptions: { typeRoots: [resolve(ROOT, "node_modules/@types")], noImplicitAny: false },
      include: ["app"],
      exclude: [],
    };
    project.root.write("tsconfig.json", JSON.stringify(config));
    const { stdout } = await runProcess([resolve(ROOT, "node_modules/.bin/tsc")], { cwd: project.root.path });
    expect(stdout).toBe("");
  });

  test("in JavaScript names no type", () => {
    using project = new Project();
    fill(project);
    embed(project, { output: project.root.join("embedded.mjs") });
    const text = readFileSync(project.root.join("embedded.mjs"), "utf8");
    expect(text).not.toContain("EmbeddedMigrations");
    expect(text).toContain(`from "./migrations/${v(1)}_step_1.sql" with { type: "text" }`);
  });

  test("may be laid out anew by a formatter", () => {
    using project = new Project();
    fill(project);
    const output = project.root.join("embedded.ts");
    expect(embed(project, { output }).wasStale).toBe(true);
    const text = readFileSync(output, "utf8");
    const laidOut = text
      .replaceAll("{ file:", "{\n      file:")
      .replaceAll('type: "text"', "type: 'text'")
      .replaceAll(" },\n  ],", " }\n  ]");
    expect(laidOut).not.toBe(text);
    writeFileSync(output, laidOut);
    expect(embed(project, { output }).wasStale).toBe(false);
    expect(readFileSync(output, "utf8")).toBe(laidOut);
  });

  test.each([
    ["a new file", (project: Project) => project.tables(3)],
    ["a file that is gone", (project: Project) => project.remove(1)],
    ["changed code", (project: Project) => void project.write(2, "export function up() {}", "ts")],
  ])("is stale with %s, and --check writes nothing", (_, change) => {
    using project = new Project();
    fill(project);
    const output = project.root.join("embedded.ts");
    embed(project, { output });
    expect(embed(project, { output, isCheck: true }).wasStale).toBe(false);
    change(project);
    const before = readFileSync(output, "utf8");
    expect(embed(project, { output, isCheck: true }).wasStale).toBe(true);
    expect(readFileSync(output, "utf8")).toBe(before);
  });

  test("is stale where it no longer imports SQL as text", () => {
    using project = new Project();
    fill(project);
    const output = project.root.join("embedded.ts");
    embed(project, { output });
    writeFileSync(output, readFileSync(output, "utf8").replace(' with { type: "text" }', ""));
    expect(embed(project, { output, isCheck: true }).wasStale).toBe(true);
  });

  test("behind a link to its folder imports from where it lies", async () => {
    using project = new Project();
    fill(project);
    project.root.write("deep/down/.keep", "");
    symlinkSync("deep/down", project.root.join("link"));
    embed(project, { output: project.root.join("link/embedded.ts") });
    expect((await import(project.root.join("link/embedded.ts"))).embedded.migrations).toHaveLength(2);
  });

  test("changed SQL makes it not stale: it is imported", () => {
    using project = new Project();
    fill(project);
    const output = project.root.join("embedded.ts");
    embed(project, { output });
    project.sql(1, "CREATE TABLE notes (text, more);");
    expect(embed(project, { output, isCheck: true }).wasStale).toBe(false);
  });

  test.each([
    ["embedded.json", "INVALID_VALUE"],
    ["embedded.cjs", "INVALID_VALUE"],
    ["nowhere/embedded.ts", "FILE_NOT_WRITTEN"],
    ["embedded.d.ts", "INVALID_VALUE"],
    ["migrations/20280101000000_x.ts", "FILE_NOT_WRITTEN"],
    ["migrations/lib", "INVALID_VALUE"],
  ])("is not written as %s", (name, code) => {
    using project = new Project();
    fill(project);
    const output = project.root.join(name);
    expect(() => embed(project, { output })).toThrow(expect.objectContaining({ code }));
    expect(existsSync(output) && name.includes(".")).toBe(false);
    expect(readdirSync(project.root.path)).toEqual(["migrations"]);
  });
});
