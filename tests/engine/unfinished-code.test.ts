import { describe, expect, test } from "bun:test";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";

describe("code that returns without having run", () => {
  test.each([
    ["a generator", "export function* up(db) { db.run('CREATE TABLE t (id)'); }", "write up without *"],
    ["a generator", "export async function* up(db) { db.run('CREATE TABLE t (id)'); }", "write up without *"],
    [
      "a function",
      "export const up = (db) => db.transaction(() => { db.run('CREATE TABLE t (id)'); });",
      "call what db.transaction returns",
    ],
  ])("%s is no migration that is done", async (what, text, hint) => {
    using project = new Project();
    const file = project.write(1, text, "js");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "MIGRATION_FAILED",
      message: `up returned ${what}, which nobody runs`,
      outcome: "rolled_back",
      hint,
    });
    expect(failure.location?.file).toBe(file);
    expect(project.applied()).toEqual([]);
  });

  test("what a called transaction returns is none of those", async () => {
    using project = new Project();
    project.write(
      1,
      "export const up = (db) => db.transaction(() => { db.run('CREATE TABLE t (id)'); })();",
      "js",
    );
    await project.run();
    expect(project.tableNames()).toEqual(["t"]);
  });
});

describe("a statement that code leaves open", () => {
  test("is ended with its migration, whose rows are all there", async () => {
    using project = new Project();
    project.tables(1);
    project.write(
      2,
      `export function up(db) {
  db.run("CREATE TABLE t (id)");
  const rows = db.query("INSERT INTO t VALUES (1), (2), (3) RETURNING id").iterate();
  rows.next();
  globalThis.openRows = rows;
}`,
      "js",
    );
    await project.run({ kind: "migrate" }, { lockTimeoutMs: 50 });
    expect(project.applied()).toEqual([1, 2]);
    expect(project.column("SELECT id FROM t")).toEqual([1, 2, 3]);
  });
});

describe("code that goes on after it failed", () => {
  test("writes nothing more, while earlier migrations are committed", async () => {
    using project = new Project();
    project.tables(1);
    project.write(
      2,
      `export function up(db) {
  setTimeout(() => { try { db.run("INSERT INTO t1 VALUES (99)"); } catch {} }, 0);
  throw new Error("failed");
}`,
      "js",
    );
    await failureOf(project.run());
    expect(project.applied()).toEqual([1]);
    expect(project.column("SELECT id FROM t1")).toEqual([]);
  });
});

describe("`verify` in code", () => {
  test.each(["0", "true", "null", "[]", "[].values()"])("that returns %s finds nothing", async (value) => {
    using project = new Project();
    project.write(1, `export function up() {}\nexport const verify = () => ${value};`, "js");
    await project.run();
    expect(project.applied()).toEqual([1]);
  });

  test.each([
    ["false", "false"],
    ["[{ id: 1 }].values()", "id=1"],
    ["3", "3"],
  ])("that returns %s finds a violation", async (value, detail) => {
    using project = new Project();
    project.write(1, `export function up() {}\nexport const verify = () => ${value};`, "js");
    expect(await failureOf(project.run())).toMatchObject({ code: "VERIFY_FAILED", details: [detail] });
  });
});

describe("without a transaction", () => {
  test("a first statement that kept rows before it failed leaves the database changed", async () => {
    using project = new Project();
    project.exec("CREATE TABLE s (x); INSERT INTO s VALUES (1), (2), (2); CREATE TABLE t (x UNIQUE)");
    project.sql(1, "INSERT OR FAIL INTO t SELECT x FROM s ORDER BY x;", null, "-- Transaction: off\n");
    expect(await failureOf(project.run())).toMatchObject({ outcome: "left_changed", exitCode: 5 });
    expect(project.column("SELECT x FROM t")).toEqual([1, 2]);
    expect((await failureOf(project.run())).code).toBe("MIGRATION_INCOMPLETE");
  });

  test("one that was marked meanwhile is settled, not recorded twice", async () => {
    using project = new Project();
    project.tables(1);
    await project.run();
    project.write(
      2,
      "// Transaction: off\nexport function up(db, { log }) { db.run('CREATE TABLE t (id)'); log('made'); }",
      "js",
    );
    project.onEvent = ({ kind }) => {
      if (kind === "migration-log") {
        project.exec(`INSERT INTO schema_migrations (version, description) VALUES ('${v(2)}', 'by hand')`);
      }
    };
    await project.run();
    expect(project.applied()).toEqual([1, 2]);
    expect(project.column("SELECT description FROM schema_migrations ORDER BY version")).toEqual([
      "Step 1",
      "by hand",
    ]);
    expect(project.tableNames()).toEqual(["t", "t1"]);
  });
});

test("a listener that throws stops nothing", async () => {
  using project = new Project();
  project.tables(1);
  const warned: unknown[] = [];
  const keep = (warning: Error) => warned.push(warning.message);
  process.on("warning", keep);
  const onEvent = () => {
    throw new Error("listener");
  };
  await project.manager({ onEvent }).migrate();
  await new Promise((resolve) => setTimeout(resolve, 0));
  process.off("warning", keep);
  expect(project.applied()).toEqual([1]);
  expect(warned).toContain("listener");
});

describe("what code hands back that cannot be looked at", () => {
  const TRAP = "new Proxy({}, { get() { throw new Error('no'); }, has() { throw new Error('no'); } })";

  test.each([
    ["up", `export const up = () => ${TRAP};`, "MIGRATION_FAILED"],
    ["verify", `export const up = () => {}; export const verify = () => ${TRAP};`, "VERIFY_FAILED"],
    [
      "a row of verify",
      "export const up = () => {}; export const verify = () => [{ a: Object.create(null) }];",
      "VERIFY_FAILED",
    ],
    ["a thrown one", `export const up = () => { throw ${TRAP}; };`, "MIGRATION_FAILED"],
  ])("%s is a failure of its migration", async (_name, text, code) => {
    using project = new Project();
    const file = project.write(1, text, "js");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({ code, outcome: "rolled_back" });
    expect(failure.location?.file).toBe(file);
    expect(project.applied()).toEqual([]);
  });

  test("an import that fails inside shows no query", async () => {
    using project = new Project();
    project.write(1, "export async function up() { await import('./nowhere.ts'); }", "js");
    expect((await failureOf(project.run())).message).not.toContain("?");
  });
});
