import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { MigrationManager } from "../../src/engine/migration-manager.ts";
import type { MigrationFile } from "../../src/migrations/file-name.ts";
import { FolderSource } from "../../src/migrations/folder-source.ts";
import { failureOf } from "../support/failures.ts";
import { HookedSource } from "../support/hooked-source.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";

describe("a manager", () => {
  test("goes the whole way: status, migrate, redo, rollback, mark", async () => {
    using project = new Project();
    project.tables(1, 2);
    const manager = new MigrationManager(project.path, project.folder);
    expect((await manager.getPendingMigrations()).map(({ version }) => version)).toEqual([v(1), v(2)]);
    expect((await manager.migrate()).map(({ version }) => version)).toEqual([v(1), v(2)]);
    expect(await manager.getPendingMigrations()).toEqual([]);
    expect((await manager.redo()).map(({ direction }) => direction)).toEqual(["down", "up"]);
    expect((await manager.rollback()).map(({ version }) => version)).toEqual([v(2)]);
    expect((await manager.rollback({ all: true })).map(({ version }) => version)).toEqual([v(1)]);
    expect(await manager.mark(v(2), "applied", { through: true })).toHaveLength(2);
    expect(await manager.getPendingMigrations()).toEqual([]);
  });

  test("refuses a source that has one version twice, in whatever order it gives them", async () => {
    using project = new Project();
    project.tables(1, 2, 3);
    const folder = new FolderSource(project.folder);
    const [first, second, third] = folder.list();
    const again = { ...first!, slug: "again", file: "again.sql" };
    for (const files of [
      [first!, again, second!],
      [third!, first!, second!, again],
    ]) {
      const manager = new MigrationManager(project.path, listing(folder, files));
      expect(await failureOf(manager.migrate())).toMatchObject({ code: "VERSION_DUPLICATE" });
      expect(await failureOf(manager.getStatus())).toMatchObject({ code: "VERSION_DUPLICATE" });
    }
    expect(existsSync(project.path)).toBe(false);
    const unordered = listing(folder, [third!, first!, second!]);
    const ran = await new MigrationManager(project.path, unordered).migrate();
    expect(ran.map(({ version }) => version)).toEqual([v(1), v(2), v(3)]);
  });

  test("names a database in any of its spellings", async () => {
    using project = new Project();
    project.tables(1);
    for (const name of [project.path, `sqlite:${project.path}`, `file://${project.path}`]) {
      await new MigrationManager(name, project.folder).migrate();
    }
    expect(project.applied()).toEqual([1]);
    expect(await failureOf(() => new MigrationManager("mysql://host/db"))).toMatchObject({
      code: "DATABASE_URL_INVALID",
    });
  });

  test("shows every migration with what is known of it", async () => {
    using project = new Project();
    project.tables(1, 5);
    project.sql(2, "SELECT 1;");
    project.write(3, "export function up() {}\nexport function down() {}", "ts");
    project.write(4, "export default { up() {} };", "js");
    await project.run({ kind: "migrate", steps: 1 });
    project.remove(1);
    const shown = await project.manager().getStatus();
    expect(shown.map(({ kind, state, reversible }) => [kind, state, reversible])).toEqual([
      [null, "missing", null],
      ["sql", "pending", false],
      ["ts", "pending", true],
      ["js", "pending", null],
      ["sql", "pending", true],
    ]);
    expect(shown[0]).toEqual({
      version: v(1),
      description: "Step 1",
      state: "missing",
      kind: null,
      file: null,
      reversible: null,
      appliedAt: "2026-02-14T12:00:00Z",
      executionTimeMs: 0,
    });
    expect(shown[1]?.file).toBe(project.file(2));
  });

  test.each([0, -1, 1.5, Number.NaN])("refuses %p as a number of steps", async (steps) => {
    using project = new Project();
    project.tables(1, 2);
    const manager = project.manager();
    await manager.migrate({ steps: 1 });
    for (const action of [manager.migrate({ steps }), manager.rollback({ steps }), manager.redo({ steps })]) {
      expect(await failureOf(action)).toMatchObject({
        code: "INVALID_VALUE",
        exitCode: 2,
        message: `steps is ${steps}, which is no number of migrations`,
      });
    }
    expect(project.applied()).toEqual([1]);
  });

  test("counts what is out of order among the pending", async () => {
    using project = new Project();
    project.tables(2);
    await project.run();
    project.tables(1, 3);
    const pending = await project.manager().getPendingMigrations();
    expect(pending.map(({ state }) => state)).toEqual(["out_of_order", "pending"]);
  });

  test("refuses to show a folder that holds a file it cannot read", async () => {
    using project = new Project();
    const file = project.write(1, "-- upp\nSELECT 1;");
    const failure = await failureOf(project.manager().getStatus());
    expect(failure).toMatchObject({ code: "MARKER_INVALID", exitCode: 3 });
    expect(failure.location?.file).toBe(file);
  });
});

describe("what stops migrate, and what lets it pass", () => {
  test("a changed file", async () => {
    using project = new Project();
    project.tables(1);
    await project.run();
    project.sql(1, "CREATE TABLE t1 (id TEXT);");
    project.tables(2);
    expect((await failureOf(project.manager().migrate())).code).toBe("MIGRATION_CHANGED");
    expect(await project.manager().migrate({ allow: { changed: true } })).toHaveLength(1);
    expect((await project.manager().getStatus())[0]?.state).toBe("changed");
  });

  test("a missing file", async () => {
    using project = new Project();
    project.tables(1);
    await project.run();
    project.remove(1);
    project.tables(2);
    expect((await failureOf(project.manager().migrate())).code).toBe("MIGRATION_MISSING");
    expect(await project.manager().migrate({ allow: { missing: true } })).toHaveLength(1);
  });

  test("a file out of order", async () => {
    using project = new Project();
    project.tables(2);
    await project.run();
    project.tables(1, 3);
    expect((await failureOf(project.manager().migrate())).code).toBe("OUT_OF_ORDER");
    const done = await project.manager().migrate({ allow: { outOfOrder: true } });
    expect(done.map(({ version }) => version)).toEqual([v(1), v(3)]);
  });

  test("a requirement that is not met, with both versions named", async () => {
    using project = new Project();
    const file = project.sql(2, "SELECT 1;", null, `-- Requires: ${v(1)}\n\n`);
    const failure = await failureOf(project.manager().migrate());
    expect(failure).toMatchObject({
      code: "REQUIREMENT_MISSING",
      exitCode: 3,
      message: `${v(2)} requires ${v(1)}, which is neither applied nor earlier in this run`,
    });
    expect(failure.location?.file).toBe(file);
    expect(project.exists()).toBe(false);
    project.tables(1);
    expect(await project.manager().migrate()).toHaveLength(2);
  });
});

describe("a database that is not there", () => {
  test("is shown as all pending, and not made", async () => {
    using project = new Project();
    project.tables(1);
    expect((await project.manager().getStatus()).map(({ state }) => state)).toEqual(["pending"]);
    expect(project.exists()).toBe(false);
  });

  test.each(["rollback", "redo"] as const)("is not made by %s", async (kind) => {
    using project = new Project();
    project.tables(1);
    const failure = await failureOf(project.run({ kind }));
    expect(failure).toMatchObject({
      code: "DATABASE_NOT_FOUND",
      exitCode: 4,
      message: `there is no database ${project.path}`,
      hint: "check the path",
    });
    expect(project.exists()).toBe(false);
  });

  test("is not made where it must exist", async () => {
    using project = new Project();
    project.tables(1);
    const failure = await failureOf(project.run({ kind: "migrate" }, {}, { mustExist: true }));
    expect(failure).toMatchObject({
      code: "DATABASE_NOT_FOUND",
      hint: "check the path, or leave out --must-exist",
    });
    expect(project.exists()).toBe(false);
  });

  test("is not made where nothing is to be applied, or where the folder is missing", async () => {
    using project = new Project();
    expect((await project.run()).created).toBe(false);
    expect(project.exists()).toBe(false);
    const manager = new MigrationManager(project.path, `${project.folder}-none`);
    expect((await failureOf(manager.migrate())).code).toBe("MIGRATIONS_NOT_FOUND");
    expect(project.exists()).toBe(false);
  });

  test("is made from an empty file as well", async () => {
    using project = new Project();
    project.tables(1);
    await Bun.write(project.path, "");
    expect((await project.run()).created).toBe(false);
    expect(project.applied()).toEqual([1]);
  });
});

describe("a handle of the caller's", () => {
  test("is used and left open, in memory too", async () => {
    using project = new Project();
    project.tables(1);
    using db = new Database(":memory:");
    await new MigrationManager(db, project.folder).migrate();
    expect(db.query("SELECT count(*) FROM t1").values()).toEqual([[0]]);
    expect(project.exists()).toBe(false);
  });

  test.each([0, 1])("keeps a transaction that is open on it, foreign keys %i", async (enforced) => {
    using project = new Project();
    project.tables(1);
    using db = new Database(project.path);
    db.run(`PRAGMA foreign_keys = ${enforced}; CREATE TABLE mine (id); BEGIN; INSERT INTO mine VALUES (1)`);
    const failure = await failureOf(new MigrationManager(db, project.folder).migrate());
    expect(failure).toMatchObject({
      code: "DATABASE_FAILED",
      exitCode: 4,
      message: `a transaction is open on this connection to ${project.path}`,
      hint: "commit it or roll it back first",
      outcome: "unchanged",
    });
    expect(await failureOf(new MigrationManager(db, project.folder).mark(v(1), "applied"))).toMatchObject({
      code: "DATABASE_FAILED",
    });
    expect(db.inTransaction).toBe(true);
    db.run("COMMIT");
    expect(project.column("SELECT id FROM mine")).toEqual([1]);
  });
});

function listing(source: FolderSource, files: readonly MigrationFile[]): HookedSource {
  return Object.assign(new HookedSource(source), { list: () => files });
}
