import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { documentOf } from "../support/run-godwit.ts";

const TABLE = 'db.run("CREATE TABLE t (value)");';

describe("what a migration prints", () => {
  test("never reaches stdout, which holds the result", async () => {
    using project = new CliProject();
    project.write(
      1,
      `console.log("imported");
       export async function up(db) {
         ${TABLE}
         console.log("log %s", "formatted", { a: 1 });
         console.info("info"); console.table([{ a: 1 }]); console.dir({ a: 1 }); console.error("error");
         console.group("group"); console.groupEnd(); console.count("count"); console.dirxml({ a: 1 });
         console.write("console.write\\n");
         process.stdout.write("written\\n");
         process.stdout.write(new Uint8Array([98, 121, 116, 101, 115, 10]));
         await new Promise((resolve) => process.stdout.write("called back\\n", resolve));
         process.stdout.end("ended\\n");
       }`,
      "ts",
    );
    const ended = await project.migrate("--json");
    expect(ended.exitCode).toBe(0);
    expect(documentOf(ended)).toMatchObject({ applied: [{ version: v(1) }] });
    for (const text of [
      "imported",
      "log formatted",
      "info",
      "error",
      "group",
      "count: 1",
      "console.write",
      "written",
      "bytes",
      "called back",
      "ended",
    ])
      expect(ended.stderr).toContain(text);
  });

  test("is kept off stdout without --json too, and on the way down", async () => {
    using project = new CliProject();
    project.write(
      1,
      `export function up(db) { console.log("going up"); ${TABLE} }
       export function down(db) { console.log("going down"); db.run("DROP TABLE t"); }
       export function verify() { console.log("looking"); }`,
      "ts",
    );
    const up = await project.migrate();
    expect(up.stdout).not.toContain("going");
    expect(up.stderr).toBe("going up\nlooking\n");
    const down = await project.godwit("rollback", "--db", "app.db");
    expect(down.stdout).not.toContain("going");
    expect(down.stderr).toBe("going down\n");
  });
});

test.skipIf(!existsSync("/dev/full"))("what nobody can read fails no migration", async () => {
  using project = new CliProject();
  project.write(
    1,
    `export function up(db) { console.log("lost"); process.stdout.write("lost"); console.write("lost"); ${TABLE} }`,
    "ts",
  );
  const { exitCode } = await project.shell('"$GODWIT" migrate --db app.db 2> /dev/full');
  expect(exitCode).toBe(0);
  expect(project.applied()).toEqual([1]);
});

interface Ending {
  readonly name: string;
  readonly up: string;
  readonly message: string;
}

const ENDINGS: readonly Ending[] = [
  { name: "process.exit(0)", up: "process.exit(0);", message: "the migration called process.exit(0)" },
  { name: "process.exit()", up: "process.exit();", message: "the migration called process.exit()" },
  {
    name: "process.exit that is caught",
    up: "try { process.exit(0); } catch {}",
    message: "the migration called process.exit(0)",
  },
  {
    name: "process.reallyExit(0)",
    up: "process.reallyExit(0);",
    message: "the migration called process.exit(0)",
  },
  {
    name: "process.exit(0) in a timer",
    up: "setTimeout(() => process.exit(0), 0); await Bun.sleep(50);",
    message: "the migration called process.exit(0)",
  },
  {
    name: "a floating rejection",
    up: 'Promise.reject(new Error("nobody awaits"));',
    message: "nobody awaits",
  },
  {
    name: "a floating rejection that comes later",
    up: '(async () => { await Bun.sleep(0); throw new Error("later"); })(); await Bun.sleep(50);',
    message: "later",
  },
  {
    name: "a throw in a timer",
    up: 'setTimeout(() => { throw new Error("timed"); }, 0); await Bun.sleep(50);',
    message: "timed",
  },
  {
    name: "a promise that never settles",
    up: "await new Promise(() => {});",
    message: `${v(2)} waits for what never happens`,
  },
  { name: "a thrown string", up: 'throw "just text";', message: "just text" },
  { name: "a thrown nothing", up: "throw undefined;", message: "undefined" },
  {
    name: "process.exitCode = 0 and a throw",
    up: 'process.exitCode = 0; throw new Error("x");',
    message: "x",
  },
];

describe("code that ends the process early never looks like success", () => {
  test.each(ENDINGS)("$name", async ({ up, message }) => {
    using project = new CliProject();
    project.tables(1, 3);
    project.write(2, `export async function up(db) { ${TABLE} ${up} }`, "ts");
    const ended = await project.migrate("--json");
    expect(ended.exitCode).toBe(4);
    expect(documentOf(ended)).toMatchObject({
      error: {
        code: "MIGRATION_FAILED",
        message,
        outcome: "rolled_back",
        location: { file: `migrations/${v(2)}_step_2.ts` },
      },
    });
    expect(project.tableNames()).not.toContain("t");
    expect(project.applied()).toEqual([1]);
  });

  test("by waiting for ever, of which the rest of the run is told as of any failure", async () => {
    using project = new CliProject();
    project.tables(1);
    project.write(
      2,
      `/** Transaction: off */\nexport async function up(db) { ${TABLE} await new Promise(() => {}); }`,
      "ts",
    );
    const ended = await project.migrate("--json");
    expect(ended.exitCode).toBe(5);
    expect(documentOf(ended)).toMatchObject({
      applied: [{ version: v(1) }],
      error: { code: "MIGRATION_FAILED", outcome: "left_changed" },
    });
    expect(project.applied()).toEqual([1]);
    expect((await project.status("--check", "--json")).stdout).toContain('"incomplete":1');
  });

  test.each([
    {
      where: "verify",
      code: "export function up() {}\nexport const verify = () => new Promise(() => {});",
      exitCode: 4,
    },
    {
      where: "the module itself",
      code: "await new Promise(() => {});\nexport function up() {}",
      exitCode: 3,
    },
  ])("by waiting for ever in $where", async ({ code, exitCode }) => {
    using project = new CliProject();
    project.tables(1);
    project.write(2, code, "ts");
    const ended = await project.migrate("--json");
    expect(ended.exitCode).toBe(exitCode);
    expect(documentOf(ended)).toMatchObject({
      error: {
        message: expect.stringContaining("waits for what never happens"),
        location: { file: `migrations/${v(2)}_step_2.ts` },
      },
    });
    expect(project.exists() ? project.applied() : []).not.toContain(2);
  });

  test("at the top of a module that has no way down", async () => {
    using project = new CliProject();
    project.write(1, 'Promise.reject(new Error("floating"));\nexport function up() {}', "ts");
    project.exec("CREATE TABLE present (id)");
    expect((await project.godwit("mark", v(1), "--applied", "--db", "app.db")).exitCode).toBe(0);
    const ended = await project.godwit("rollback", "--db", "app.db", "--json");
    expect(ended.exitCode).toBe(3);
    expect(documentOf(ended)).toMatchObject({ error: { code: "CODE_INVALID", message: "floating" } });
  });

  test("at the top of a module, where nothing has been run", async () => {
    using project = new CliProject();
    project.tables(1);
    project.write(2, "process.exit(0); export function up() {}", "ts");
    const ended = await project.migrate("--json");
    expect(ended.exitCode).toBe(3);
    expect(documentOf(ended)).toMatchObject({
      applied: [],
      error: { code: "CODE_INVALID", outcome: "unchanged" },
    });
    expect(project.exists()).toBe(false);
  });

  test("in a timer that goes off while no migration's code is running", async () => {
    using project = new CliProject();
    project.exec("CREATE TABLE present (id)");
    project.write(1, `setTimeout(() => process.exit(0), 50); export function up(db) { ${TABLE} }`, "ts");
    using other = new Database(project.path);
    other.run("BEGIN IMMEDIATE");
    const { exitCode } = await project.migrate("--lock-timeout", "5");
    expect(exitCode).not.toBe(0);
    other.run("ROLLBACK");
    expect(project.applied()).toEqual([]);
  });

  test("in a timer that goes off during a later migration", async () => {
    using project = new CliProject();
    project.write(1, `export function up(db) { ${TABLE} setTimeout(() => process.exit(0), 5); }`, "ts");
    project.write(2, "export async function up() { await Bun.sleep(100); }", "ts");
    const ended = await project.migrate("--json");
    expect(ended.exitCode).toBe(4);
    const versions = (documentOf(ended) as { applied: { version: string }[] }).applied;
    expect(project.applied()).toEqual(versions.map(({ version }) => Number(version.slice(-2))));
    expect(project.applied()).not.toContain(2);
  });

  test("by a signal of its own", async () => {
    using project = new CliProject();
    project.write(
      1,
      `export async function up(db) { ${TABLE} process.kill(process.pid, "SIGTERM"); await Bun.sleep(10_000); }`,
      "ts",
    );
    const { stdout } = await project.shell('"$GODWIT" migrate --db app.db >/dev/null 2>&1; echo $?');
    expect(Number(stdout)).toBeGreaterThan(128);
    expect(project.tableNames()).toEqual([]);
    expect(project.applied()).toEqual([]);
  });

  test("by closing the database", async () => {
    using project = new CliProject();
    project.write(1, `export function up(db) { ${TABLE} db.close(); }`, "ts");
    const { exitCode } = await project.migrate();
    expect(exitCode).not.toBe(0);
    expect(project.tableNames()).toEqual([]);
  });
});
