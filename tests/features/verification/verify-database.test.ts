import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { verifyDatabase } from "../../../src/features/verification/verify-database.ts";
import { digestOf } from "../../support/digest.ts";
import { failureOf } from "../../support/failures.ts";
import { v } from "../../support/intent.ts";
import { Project } from "../../support/project.ts";

async function used(mode = "delete"): Promise<Project> {
  const project = new Project();
  project.exec(`PRAGMA journal_mode = ${mode}`);
  project.sql(
    1,
    "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, parent INTEGER REFERENCES items (id));\n-- verify\nSELECT id, name FROM items WHERE name = '';",
    null,
  );
  project.write(
    2,
    `export function up(db) { db.run("CREATE TABLE t2 (id)"); }
export function verify(db) { if (db.query("SELECT count(*) AS n FROM items").get().n > 2) throw new Error("too many"); }\n`,
    "ts",
  );
  project.tables(3);
  await project.run();
  return project;
}

const verified = (project: Project) => verifyDatabase(project.subject());

describe.each(["delete", "wal"])("verifying (%s)", (mode) => {
  test("finds nothing where all is well, and changes nothing", async () => {
    using project = await used(mode);
    using application = new Database(project.path);
    application.run("INSERT INTO items (name) VALUES ('a')");
    const before = [digestOf(project.path), digestOf(`${project.path}-wal`)];
    expect(await verified(project)).toMatchObject({
      isSound: true,
      verified: [
        { version: v(1), violations: [] },
        { version: v(2), violations: [] },
      ],
      without: 1,
      integrity: [],
      foreignKeys: [],
    });
    expect([digestOf(project.path), digestOf(`${project.path}-wal`)]).toEqual(before);
  });

  test("finds what came to be wrong since, all of it", async () => {
    using project = await used(mode);
    project.exec(
      "PRAGMA foreign_keys = OFF; INSERT INTO items (name, parent) VALUES ('', 77), ('x', NULL), ('y', NULL)",
    );
    expect(await verified(project)).toMatchObject({
      isSound: false,
      verified: [{ violations: ["id=1 name="] }, { violations: ["too many"] }],
      foreignKeys: [expect.stringContaining("items row 1")],
    });
  });
});

describe("verifying", () => {
  test("uses the present verify of a file that has changed, and says so", async () => {
    using project = await used();
    project.sql(1, "CREATE TABLE items (other);\n-- verify\nSELECT 'always' AS found;");
    const [first] = (await verified(project)).verified;
    expect(first).toMatchObject({ isChanged: true, violations: ["found=always"] });
  });

  test("lets no verify write, in SQL or in code", async () => {
    using project = await used();
    project.write(
      2,
      'export function up() {}\nexport function verify(db) { db.run("PRAGMA query_only = 0"); db.run("DELETE FROM items"); }\n',
      "ts",
    );
    project.exec("INSERT INTO items (name) VALUES ('a')");
    const [, second] = (await verified(project)).verified;
    expect(second!.violations.length).toBe(1);
    expect(project.column("SELECT count(*) FROM items")).toEqual([1]);
    project.sql(3, "CREATE TABLE t3 (id);\n-- verify\nDELETE FROM items RETURNING id;");
    expect((await verified(project)).verified.at(-1)!.violations).toEqual([
      "error[MIGRATION_FAILED] verify may only read",
    ]);
  });

  test("lets no verify end the one moment that all is read at, in a file without a transaction either", async () => {
    using project = await used();
    project.write(
      4,
      `/** Transaction: off */
export function up(db) { db.run("CREATE TABLE t4 (id)"); }
export function verify(db) { if (db.query("SELECT 1 FROM t4").get() !== null) db.run("COMMIT"); }\n`,
      "ts",
    );
    project.tables(5);
    await project.run();
    project.exec("INSERT INTO t4 VALUES (1)");
    const { verified: all, integrity } = await verified(project);
    expect(all.at(-1)).toMatchObject({
      version: v(4),
      violations: [expect.stringMatching(/^error\[STATEMENT_NOT_ALLOWED\] /)],
    });
    expect(integrity).toEqual([]);
  });

  test("looks at one moment, whatever is committed meanwhile", async () => {
    using project = await used("wal");
    project.write(
      2,
      `import { Database } from "bun:sqlite";
export function up() {}
export function verify() {
  using other = new Database(${JSON.stringify(project.path)});
  other.run("INSERT INTO items (name) VALUES ('')");
}\n`,
      "ts",
    );
    project.sql(3, "CREATE TABLE t3 (id);\n-- verify\nSELECT id FROM items WHERE name = '';");
    expect((await verified(project)).verified.at(-1)).toMatchObject({ version: v(3), violations: [] });
    expect((await verified(project)).verified.at(-1)!.violations).toEqual(["id=1"]);
  });

  test("passes over what is gone, and over what godwit cannot run", async () => {
    using project = await used();
    project.remove(1);
    expect(await verified(project)).toMatchObject({
      verified: [{ version: v(2) }],
      without: 2,
      isSound: true,
    });
    project.remove(2, "ts");
    project.write(2, "def up(db): pass\n", "py");
    expect(await verified(project)).toMatchObject({ verified: [], without: 3, isSound: true });
  });

  test("shows ten rows of a migration, and says how many more there are", async () => {
    using project = await used();
    project.exec(`INSERT INTO items (name) VALUES ${Array(12).fill("('')").join()}`);
    const { violations } = (await verified(project)).verified[0]!;
    expect(violations).toHaveLength(11);
    expect(violations.at(-1)).toBe("and 2 more");
  });

  test("waits for a lock, and is refused after that", async () => {
    using project = await used();
    using application = new Database(project.path);
    application.run("BEGIN EXCLUSIVE");
    project.events.length = 0;
    const subject = project.subject({ lockTimeoutMs: 1500 });
    expect(await failureOf(() => verifyDatabase(subject))).toMatchObject({ code: "DATABASE_BUSY" });
    expect(project.told()).toEqual(["lock-waiting"]);
  });

  test("finds damage that no statement meets", async () => {
    using project = await used();
    project.exec("CREATE INDEX items_name ON items (name); INSERT INTO items (name) VALUES ('a')");
    const [page] = project.column("SELECT rootpage FROM sqlite_schema WHERE name = 'items_name'");
    const bytes = Buffer.from(await Bun.file(project.path).arrayBuffer());
    bytes[Number(page) * 4096 - 2] = 0x7a;
    await Bun.write(project.path, bytes);
    const report = await verified(project);
    expect(report.isSound).toBe(false);
    expect(report.integrity.join()).toContain("index items_name");
  });

  test("of a database that is not there is refused", async () => {
    using project = new Project();
    project.tables(1);
    expect(await failureOf(() => verified(project))).toMatchObject({ code: "DATABASE_NOT_FOUND" });
    expect(project.exists()).toBe(false);
  });
});
