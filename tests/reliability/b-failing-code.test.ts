import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { MigrationManager } from "../../src/engine/migration-manager.ts";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";
import { documentOf } from "../support/run-godwit.ts";

/** A database with one migration applied and a row in it, then one in code whose body is given. */
async function withCode(body: string, head = "", kind = "ts"): Promise<CliProject> {
  const project = new CliProject();
  project.sql(1, "CREATE TABLE t (id INTEGER PRIMARY KEY);\nINSERT INTO t VALUES (1);");
  await project.migrate();
  project.write(
    2,
    `${head}export async function up(db) {\n  db.run("INSERT INTO t VALUES (2)");\n  ${body}\n}\n`,
    kind,
  );
  return project;
}

/** It failed, said where, and left nothing of itself; mended, it runs. */
async function failsCleanly(project: CliProject, message: string | RegExp): Promise<void> {
  const ended = await project.migrate("--json");
  expect(ended.exitCode).toBe(4);
  expect(documentOf(ended)["error"]).toMatchObject({
    outcome: "rolled_back",
    location: { file: `migrations/${v(2)}_step_2.ts` },
  });
  expect((documentOf(ended)["error"] as { message: string }).message).toMatch(message);
  expect(project.applied()).toEqual([1]);
  expect(project.column("SELECT id FROM t")).toEqual([1]);
  project.write(2, 'export function up(db) { db.run("INSERT INTO t VALUES (2)"); }', "ts");
  expect((await project.migrate()).exitCode).toBe(0);
  expect(project.column("SELECT id FROM t")).toEqual([1, 2]);
}

test("B1: a syntax error is told with its place, and nothing before it has run", async () => {
  using project = new CliProject();
  project.tables(1);
  project.write(2, "export function up(db) {\n  db.run(;\n}\n", "ts");
  const { stderr, exitCode } = await project.migrate();
  expect(exitCode).toBe(3);
  expect(stderr).toContain(`migrations/${v(2)}_step_2.ts:2:`);
  expect(stderr).toContain("unchanged: nothing was run");
  expect(project.exists()).toBe(false);
});

test.each([
  ["an Error", "throw new Error('no good');", "no good"],
  ["null", "throw null;", "null"],
  ["undefined", "throw undefined;", "undefined"],
  ["a string", "throw 'no good';", "no good"],
  [
    "an object whose getters throw",
    "throw { get message() { throw 1; }, get stack() { throw 2; } };",
    "no text",
  ],
])("B2: %s that is thrown is a readable failure", async (_, body, message) => {
  using project = await withCode(body);
  await failsCleanly(project, message);
});

test.each([
  ["before", "return Promise.reject(new Error('at once'));", "at once"],
  ["after", "await Bun.sleep(1); throw new Error('later');", "later"],
])("B3: a rejection %s the first await rolls back", async (_, body, message) => {
  using project = await withCode(body);
  await failsCleanly(project, message);
});

test("B4: a promise that never settles, with nothing left to wait for, is found out", async () => {
  using project = await withCode("await new Promise(() => {});");
  await failsCleanly(project, "waits for what never happens");
});

test("B7: no way to end the process looks like success", async () => {
  for (const [body, message] of [
    ["process.exit(0);", "called process.exit(0)"],
    ["try { process.exit(0); } catch {}", "called process.exit(0)"],
    ["process.exitCode = 0; process.reallyExit(0);", "called process.exit(0)"],
    ["process.abort();", "called process.abort()"],
    ['process.execve("/bin/true", ["true"], {});', "called process.execve()"],
    [
      'process.on("exit", () => { process.exitCode = 0; process.reallyExit(0); }); throw new Error("no");',
      "no",
    ],
  ] as const) {
    using project = await withCode(body);
    await failsCleanly(project, message);
  }
});

test("B7: nor does exit, imported by its name", async () => {
  using project = await withCode("exit(0);", 'import { exit } from "node:process";\n');
  await failsCleanly(project, "called process.exit(0)");
});

test("B8: a process that kills itself leaves nothing behind", async () => {
  using project = await withCode("process.kill(process.pid, 'SIGKILL');");
  expect((await project.shell('"$GODWIT" migrate --db app.db; echo "code $?"')).stdout).toContain("code 137");
  expect(project.column("SELECT id FROM t")).toEqual([1]);
  expect(project.applied()).toEqual([1]);
  project.write(2, 'export function up(db) { db.run("INSERT INTO t VALUES (2)"); }', "ts");
  expect((await project.migrate()).exitCode).toBe(0);
});

test("B9: a rejection that nobody awaits fails the migration before it is committed", async () => {
  using project = await withCode("Promise.reject(new Error('floating'));");
  await failsCleanly(project, "floating");
});

test("B10: so does a throw in a timer while the migration awaits", async () => {
  using project = await withCode("setTimeout(() => { throw new Error('timed'); }, 1); await Bun.sleep(30);");
  await failsCleanly(project, "timed");
});

describe("B11: work that goes on after up returned", () => {
  test("meets a handle that is over, and fails the run", async () => {
    using project = await withCode('setTimeout(() => db.run("INSERT INTO t VALUES (99)"), 5);');
    project.write(3, "export async function up(db) { await Bun.sleep(60); }", "ts");
    const { stderr, exitCode } = await project.migrate();
    expect(exitCode).toBe(4);
    expect(stderr).toContain("the migration is over, but its code still uses the database");
    expect(stderr).toContain(`migrations/${v(2)}_step_2.ts:3:`);
    expect(project.column("SELECT id FROM t WHERE id = 99")).toEqual([]);
    expect(project.applied()).toEqual([1, 2]);
  });

  test("writes nothing where it was forgotten in the same turn", async () => {
    using project = await withCode(
      '(async () => { await null; await null; db.run("INSERT INTO t VALUES (99)"); })();',
    );
    await failsCleanly(project, "the migration is over");
  });
});

test("B12: a package that is not there is named, and nothing is fetched", async () => {
  using project = await withCode("pad();", 'import pad from "left-pad-that-is-nowhere";\n');
  const { stderr, exitCode } = await project.migrate();
  expect(exitCode).toBe(3);
  expect(stderr).toContain("left-pad-that-is-nowhere");
  expect(stderr).toContain(`migrations/${v(2)}_step_2.ts:1:`);
  expect(project.applied()).toEqual([1]);
});

test("B17: a second statement in query is refused, since it would never run", async () => {
  using project = await withCode('db.query("INSERT INTO t VALUES (3); INSERT INTO t VALUES (4)").run();');
  await failsCleanly(project, "only the first of these 2 statements would run");
});

test("B19: an import that never ends is found out before anything is locked", async () => {
  using project = await withCode("", "await new Promise(() => {});\n");
  const { stderr, exitCode } = await project.migrate();
  expect(exitCode).toBe(3);
  expect(stderr).toContain("waits for what never happens");
  expect(project.applied()).toEqual([1]);
});

test("B25: a file that changed between two runs of one process runs as it is now", async () => {
  using project = new Project();
  const text = (id: number) =>
    `export function up(db) { db.run("CREATE TABLE t${id} (id)"); }\nexport function down(db) { db.run("DROP TABLE t${id}"); }`;
  const file = project.write(1, text(1), "ts");
  const manager = new MigrationManager(project.path, project.folder);
  await manager.migrate();
  await manager.rollback();
  writeFileSync(file, text(2));
  await manager.migrate();
  expect(project.tableNames()).toEqual(["t2"]);
});
