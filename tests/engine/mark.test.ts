import { describe, expect, test } from "bun:test";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";

function existing(...numbers: readonly number[]): Project {
  const project = new Project();
  project.tables(...numbers);
  project.exec("CREATE TABLE legacy (id)");
  return project;
}

function marked(state: "applied" | "pending", ...numbers: readonly number[]) {
  return numbers.map((n) => ({ version: v(n), description: `Step ${n}`, state }));
}

describe("mark as applied", () => {
  test("records one without running it", async () => {
    using project = existing(1, 2);
    expect(await project.manager().mark(v(1), "applied")).toEqual(marked("applied", 1));
    expect(project.applied()).toEqual([1]);
    expect(project.tableNames()).toEqual(["legacy"]);
    expect(project.column("SELECT execution_time_ms FROM schema_migrations")).toEqual([null]);
    await project.run();
    expect(project.tableNames()).toEqual(["legacy", "t2"]);
  });

  test("through a version records all before it too: a baseline", async () => {
    using project = existing(1, 2, 3);
    expect(await project.manager().mark(v(2), "applied", { through: true })).toEqual(marked("applied", 1, 2));
    await project.run();
    expect(project.tableNames()).toEqual(["legacy", "t3"]);
  });

  test("takes the present checksum of a changed file", async () => {
    using project = existing(1);
    await project.run();
    project.sql(1, "CREATE TABLE t1 (id TEXT);");
    expect((await failureOf(project.run())).code).toBe("MIGRATION_CHANGED");
    expect(await project.manager().mark(v(1), "applied")).toEqual(marked("applied", 1));
    expect((await project.run()).done).toEqual([]);
  });

  test("gives a row of the older runner its checksum", async () => {
    using project = existing(1);
    await project.run();
    project.exec("UPDATE schema_migrations SET checksum = NULL");
    await project.manager().mark(v(1), "applied");
    expect(project.column("SELECT length(checksum) FROM schema_migrations")).toEqual([64]);
  });

  test("changes nothing where it is so already", async () => {
    using project = existing(1, 2);
    await project.run();
    expect(await project.manager().mark(v(2), "applied", { through: true })).toEqual([]);
  });

  test("takes a Python migration, which cannot be run", async () => {
    using project = existing();
    project.write(1, '"""\nDescription: From Python\n"""\n', "py");
    expect(await project.manager().mark(v(1), "applied")).toEqual([
      { version: v(1), description: "From Python", state: "applied" },
    ]);
    expect(await project.manager().mark(v(1), "applied")).toEqual([]);
    expect(project.query("SELECT version, checksum FROM schema_migrations")).toEqual([
      { version: v(1), checksum: null },
    ]);
  });

  test("leaves versions out that have no file", async () => {
    using project = existing(1, 2);
    await project.run();
    project.remove(1);
    project.exec("DELETE FROM schema_migrations WHERE version LIKE '%2'");
    expect(await project.manager().mark(v(2), "applied", { through: true })).toEqual(marked("applied", 2));
  });

  test("is refused, as a whole, for a file whose checksum cannot be known", async () => {
    using project = existing(1);
    project.write(2, "-- up\nSELECT 'open");
    const failure = await failureOf(project.manager().mark(v(2), "applied", { through: true }));
    expect(failure).toMatchObject({ code: "SQL_UNTERMINATED", exitCode: 3 });
    expect(failure.details).toEqual([`${v(2)} cannot be marked: its checksum is not known`]);
    expect(project.applied()).toEqual([]);
  });
});

describe("mark as pending", () => {
  test("forgets one without undoing it", async () => {
    using project = existing(1, 2);
    await project.run();
    expect(await project.manager().mark(v(2), "pending")).toEqual(marked("pending", 2));
    expect(project.applied()).toEqual([1]);
    expect(project.tableNames()).toEqual(["legacy", "t1", "t2"]);
  });

  test("through a version forgets all before it too", async () => {
    using project = existing(1, 2, 3);
    await project.run();
    expect(await project.manager().mark(v(2), "pending", { through: true })).toEqual(marked("pending", 1, 2));
    expect(project.applied()).toEqual([3]);
  });

  test("forgets a row whose file is gone", async () => {
    using project = existing(1);
    await project.run();
    project.remove(1);
    expect(await project.manager().mark(v(1), "pending")).toEqual(marked("pending", 1));
    expect(await project.manager().getStatus()).toEqual([]);
  });

  test("changes nothing, and makes no table, where nothing is applied", async () => {
    using project = existing(1);
    expect(await project.manager().mark(v(1), "pending")).toEqual([]);
    expect(project.column("SELECT name FROM sqlite_schema")).toEqual(["legacy"]);
  });
});

describe("mark is refused", () => {
  test.each([
    ["applied", v(9), "neither a file nor the history has it"],
    ["pending", v(9), "neither a file nor the history has it"],
  ] as const)("as %s for a version nobody knows", async (as, version, why) => {
    using project = existing(1);
    const failure = await failureOf(project.manager().mark(version, as));
    expect(failure).toMatchObject({
      code: "TARGET_UNKNOWN",
      exitCode: 3,
      message: `unknown version ${version}: ${why}`,
      hint: "see the versions with: godwit status",
    });
  });

  test("as applied for a version without a file", async () => {
    using project = existing(1);
    await project.run();
    project.remove(1);
    const failure = await failureOf(project.manager().mark(v(1), "applied"));
    expect(failure.message).toBe(`unknown version ${v(1)}: no file has it`);
    expect(project.applied()).toEqual([1]);
  });

  test("without a database, and makes none", async () => {
    using project = new Project();
    project.tables(1);
    const failure = await failureOf(project.manager().mark(v(1), "applied"));
    expect(failure).toMatchObject({ code: "DATABASE_NOT_FOUND", exitCode: 4 });
    expect(project.exists()).toBe(false);
  });
});
