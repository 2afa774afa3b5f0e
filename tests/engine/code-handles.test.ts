import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { MigrationManager } from "../../src/engine/migration-manager.ts";
import { failureOf } from "../support/failures.ts";
import { pastHandle } from "../support/past-handle.ts";
import { Project } from "../support/project.ts";

function up(body: string): string {
  return `export function up(db) { ${body} }`;
}

describe("SQL of code with the line ends of Windows", () => {
  test.each(["DELETE FROM kept;\\r\\nCOMMIT;\\r\\nBEGIN IMMEDIATE;", "\\r\\nATTACH ':memory:' AS x;"])(
    "is refused as it is with others: %s",
    async (sql) => {
      using project = new Project();
      project.exec("CREATE TABLE kept (id); INSERT INTO kept VALUES (1)");
      project.write(1, up(`db.run("${sql}"); throw new Error("too late");`), "ts");
      const failure = await failureOf(project.run());
      expect(failure).toMatchObject({ code: "STATEMENT_NOT_ALLOWED", outcome: "rolled_back" });
      expect(project.column("SELECT count(*) FROM kept")).toEqual([1]);
    },
  );

  test.each(["\\vCOMMIT", ";\\vATTACH ':memory:' AS x", "SELECT 1;\\v\\vROLLBACK;"])(
    "and so is what stands behind a vertical tab: %s",
    async (sql) => {
      using project = new Project();
      project.write(1, up(`db.run("${sql}"); throw new Error("too late");`), "ts");
      expect(await failureOf(project.run())).toMatchObject({ code: "STATEMENT_NOT_ALLOWED" });
    },
  );

  test("may end with one", async () => {
    using project = new Project();
    const calls = `db.run("CREATE TABLE a (id);\\r\\n"); db.prepare("INSERT INTO a VALUES (1);\\r\\n").run();`;
    project.write(1, up(calls), "ts");
    await project.run();
    expect(project.column("SELECT id FROM a")).toEqual([1]);
  });
});

const KEYS = [
  "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
  "CREATE TABLE child (p REFERENCES parent (id))",
  "INSERT INTO parent VALUES (1)",
];

describe("foreign keys that code declares past the handle it was given", () => {
  test("are checked with the migration", async () => {
    using project = new Project();
    const calls = [...KEYS, "INSERT INTO child VALUES (99)"].map((sql) => `real.run("${sql}");`).join(" ");
    project.write(1, pastHandle(calls), "ts");
    expect((await failureOf(project.run())).code).toBe("FOREIGN_KEY_VIOLATION");
  });

  test("are known to the next one", async () => {
    using project = new Project();
    const calls = [...KEYS, "INSERT INTO child VALUES (1)"].map((sql) => `real.run("${sql}");`).join(" ");
    project.write(1, pastHandle(calls), "ts");
    project.sql(2, "DELETE FROM parent;");
    expect((await failureOf(project.run())).code).toBe("FOREIGN_KEY_VIOLATION");
    expect(project.applied()).toEqual([1]);
  });

  test("over the handle of the application as well", async () => {
    using project = new Project();
    using handle = new Database(project.path);
    Object.assign(globalThis, { applicationHandle: handle });
    const calls = [...KEYS, "INSERT INTO child VALUES (99)"].map((sql) => `applicationHandle.run("${sql}");`);
    project.write(1, up(calls.join(" ")), "ts");
    const run = new MigrationManager(handle, project.folder).migrate();
    expect((await failureOf(run)).code).toBe("FOREIGN_KEY_VIOLATION");
  });
});

test("no method of the handle gives the database behind it", async () => {
  using project = new Project();
  project.write(1, up(`db.run("CREATE TABLE a (b)"); db.valueOf().run("COMMIT");`), "ts");
  expect(await failureOf(project.run())).toMatchObject({ code: "STATEMENT_NOT_ALLOWED" });
  expect(project.tableNames()).toEqual([]);
});
