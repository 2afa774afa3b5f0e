import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { documentOf, type Ended } from "../support/run-godwit.ts";

const TABLE = 'db.run("CREATE TABLE t (value)");';

const STRAYS = [
  { name: "process.exit(0)", code: "process.exit(0)", message: "the migration called process.exit(0)" },
  {
    name: "process.reallyExit(0)",
    code: "process.reallyExit(0)",
    message: "the migration called process.exit(0)",
  },
  { name: "a throw", code: 'throw new Error("late")', message: "late" },
  { name: "a rejection", code: 'Promise.reject(new Error("late"))', message: "late" },
  { name: "a thrown string", code: 'throw "late"', message: "late" },
];

/** Runs migrate while another connection reads, which keeps a COMMIT waiting in a rollback journal. */
async function migrateBesideReader(project: CliProject): Promise<Ended> {
  using reader = new Database(project.path);
  reader.run("BEGIN");
  reader.query("SELECT * FROM sqlite_schema").all();
  return await project.migrate("--json", "--lock-timeout", "5");
}

describe("what a migration left behind goes off", () => {
  test.each(STRAYS)("while COMMIT waits for a reader: $name", async ({ code, message }) => {
    using project = new CliProject();
    project.exec("CREATE TABLE present (id)");
    project.write(
      1,
      `export function up(db) {\n  ${TABLE}\n  setTimeout(() => {\n    ${code};\n  }, 300);\n}`,
      "ts",
    );
    const ended = await migrateBesideReader(project);
    expect(ended.exitCode).toBe(4);
    expect(documentOf(ended)).toMatchObject({
      applied: [],
      error: { code: "MIGRATION_FAILED", message, outcome: "rolled_back" },
    });
    expect(project.applied()).toEqual([]);
    expect(project.tableNames()).toEqual(["present"]);
  });

  test.each(STRAYS)("while the lock is waited for: $name", async ({ code, message }) => {
    using project = new CliProject();
    project.exec("CREATE TABLE present (id)");
    project.write(1, `setTimeout(() => {\n  ${code};\n}, 300);\nexport function up(db) { ${TABLE} }`, "ts");
    using other = new Database(project.path);
    other.run("BEGIN IMMEDIATE");
    const ended = await project.migrate("--json", "--lock-timeout", "5");
    expect(ended.exitCode).toBe(4);
    expect(documentOf(ended)).toMatchObject({
      applied: [],
      error: { code: "MIGRATION_FAILED", message, outcome: "unchanged" },
    });
    other.run("ROLLBACK");
    expect(project.tableNames()).toEqual(["present"]);
  });

  test("after an earlier commit, which stays and is told", async () => {
    using project = new CliProject();
    project.exec("CREATE TABLE present (id)");
    project.write(1, `/** Transaction: off */\nexport function up(db) { ${TABLE} }`, "ts");
    project.write(
      2,
      `export async function up(db) {
         db.run("CREATE TABLE u (value)");
         const reader = new db.constructor(db.filename);
         reader.run("BEGIN");
         reader.query("SELECT * FROM sqlite_schema").all();
         setTimeout(() => { process.exit(0); }, 300);
       }`,
      "ts",
    );
    const ended = await project.migrate("--json", "--lock-timeout", "5");
    expect(ended.exitCode).toBe(4);
    expect(documentOf(ended)).toMatchObject({
      applied: [{ version: v(1) }],
      error: { outcome: "rolled_back", location: { file: `migrations/${v(2)}_step_2.ts`, line: 6 } },
    });
    expect(project.applied()).toEqual([1]);
  });

  test("after another failure: the first is told, and what came before it is committed", async () => {
    using project = new CliProject();
    project.exec("CREATE TABLE present (id)");
    project.tables(1);
    project.write(
      2,
      'export function up() { setTimeout(() => process.exit(0), 100); throw new Error("first"); }',
      "ts",
    );
    using reader = new Database(project.path);
    reader.run("BEGIN");
    reader.query("SELECT * FROM sqlite_schema").all();
    setTimeout(() => reader.run("ROLLBACK"), 600);
    const ended = await project.migrate("--json", "--lock-timeout", "5");
    expect(ended.exitCode).toBe(4);
    expect(documentOf(ended)).toMatchObject({ applied: [{ version: v(1) }], error: { message: "first" } });
    expect(project.applied()).toEqual([1]);
  });

  test("once all is committed: that stays, and is no success", async () => {
    using project = new CliProject();
    project.write(
      1,
      `export function up(db) {
         ${TABLE}
         performance.now = () => { try { process.exit(0); } catch {} return 1; };
       }`,
      "ts",
    );
    const ended = await project.migrate("--json");
    expect(ended.exitCode).toBe(4);
    expect(documentOf(ended)).toMatchObject({
      applied: [{ version: v(1) }],
      error: { message: "the migration called process.exit(0)", outcome: "unknown" },
    });
    expect(project.applied()).toEqual([1]);
  });

  test("is told with the place it comes from, whatever runs by then", async () => {
    using project = new CliProject();
    project.write(
      1,
      `export function up(db) {\n  ${TABLE}\n  setTimeout(() => { throw new Error("late"); }, 5);\n}`,
      "ts",
    );
    project.write(2, "export async function up() { await Bun.sleep(200); }", "ts");
    const ended = await project.migrate("--json");
    expect(ended.exitCode).toBe(4);
    expect(documentOf(ended)).toMatchObject({
      error: { message: "late", location: { file: `migrations/${v(1)}_step_1.ts`, line: 3 } },
    });
    expect(project.applied()).toEqual([1]);
  });
});

describe("what goes off beside an import", () => {
  test.each(STRAYS)("refuses the file: $name", async ({ code, message }) => {
    using project = new CliProject();
    project.tables(1);
    project.write(
      2,
      `setTimeout(() => { ${code}; }, 0);\nawait Bun.sleep(50);\nexport function up() {}`,
      "ts",
    );
    const ended = await project.migrate("--json");
    expect(ended.exitCode).toBe(3);
    expect(documentOf(ended)).toMatchObject({
      error: {
        code: "CODE_INVALID",
        message,
        outcome: "unchanged",
        location: { file: `migrations/${v(2)}_step_2.ts` },
      },
    });
    expect(project.exists()).toBe(false);
  });

  test("a rejection that nobody awaits, however late it is told of", async () => {
    using project = new CliProject();
    project.write(1, 'Promise.reject(new Error("floating"));\nexport function up() {}', "ts");
    const ended = await project.migrate("--json");
    expect(ended.exitCode).toBe(3);
    expect(documentOf(ended)).toMatchObject({ error: { code: "CODE_INVALID", message: "floating" } });
  });
});

describe("the exit code is godwit's", () => {
  test.each([
    { name: "a listener", code: 'process.on("exit", () => { process.exitCode = 0; });' },
    { name: "a listener that exits", code: 'process.on("exit", () => process.exit(0));' },
    { name: "a listener that exits for good", code: 'process.on("exit", () => process.reallyExit(0));' },
    {
      name: "an exit that was imported",
      code: "setTimeout(() => exit(0), 0); await Bun.sleep(20);",
    },
  ])("whatever a migration sets: $name", async ({ code }) => {
    using project = new CliProject();
    project.write(
      1,
      `import { exit } from "node:process";\nexport async function up() { void exit; ${code} throw new Error("x"); }`,
      "ts",
    );
    const ended = await project.migrate("--json");
    expect(ended.exitCode).toBe(4);
    expect(documentOf(ended)).toMatchObject({ applied: [], error: { code: "MIGRATION_FAILED" } });
  });

  test("also where all went well", async () => {
    using project = new CliProject();
    project.write(
      1,
      `export function up(db) { ${TABLE} process.on("exit", () => { process.exitCode = 9; }); process.exitCode = 8; }`,
      "ts",
    );
    expect((await project.migrate()).exitCode).toBe(0);
    expect(project.applied()).toEqual([1]);
  });
});
