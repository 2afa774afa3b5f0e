import { describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { failureOf } from "../support/failures.ts";
import { Project } from "../support/project.ts";

const ALL = [
  (project: Project) => project.run(),
  (project: Project) => project.run({ kind: "rollback" }),
  (project: Project) => project.manager().getStatus(),
  (project: Project) => project.manager().mark("20260101000001", "applied"),
];

describe("a file that is no good database is refused and untouched:", () => {
  test("one that holds something else", async () => {
    using project = new Project();
    project.tables(1);
    const text = "this is no database, ".repeat(100);
    await Bun.write(project.path, text);
    for (const action of ALL) {
      expect(await failureOf(action(project))).toMatchObject({
        code: "NOT_A_DATABASE",
        exitCode: 4,
        message: `${project.path} is no SQLite database`,
        outcome: "unchanged",
      });
    }
    expect(await Bun.file(project.path).text()).toBe(text);
  });

  test("one that is damaged", async () => {
    using project = new Project();
    project.tables(1);
    await project.run();
    const bytes = await Bun.file(project.path).bytes();
    bytes.fill(0xff, 100, 4096);
    await Bun.write(project.path, bytes);
    for (const action of ALL) {
      expect(await failureOf(action(project))).toMatchObject({ code: "DATABASE_CORRUPT", exitCode: 4 });
    }
    expect(await Bun.file(project.path).bytes()).toEqual(bytes);
  });

  test("a folder", async () => {
    using project = new Project();
    project.tables(1);
    mkdirSync(project.path);
    for (const action of ALL) {
      expect(await failureOf(action(project))).toMatchObject({
        code: "NOT_A_DATABASE",
        message: `${project.path} is a folder`,
      });
    }
  });
});

describe("a database is carried along", () => {
  test.each([512, 4096, 65_536])("with pages of %i bytes", async (size) => {
    using project = new Project();
    project.tables(1);
    project.exec(`PRAGMA page_size = ${size}; CREATE TABLE present (id)`);
    await project.run();
    await project.run({ kind: "rollback" });
    expect(project.column("PRAGMA page_size")).toEqual([size]);
    expect(project.column("PRAGMA integrity_check")).toEqual(["ok"]);
  });

  test.each(["UTF-8", "UTF-16le", "UTF-16be"])("with text in %s", async (encoding) => {
    using project = new Project();
    const file = project.sql(
      1,
      "CREATE TABLE t1 (id, name);\nINSERT INTO t1 VALUES ('ä€😀', 'x');\nSELECT 'ä€😀', nope FROM t1;",
    );
    project.exec(`PRAGMA encoding = '${encoding}'; CREATE TABLE present (id)`);
    const failure = await failureOf(project.run());
    expect(failure.location).toMatchObject({ file, line: 4, column: 15 });
    project.sql(1, "CREATE TABLE t1 (id, name);\nINSERT INTO t1 VALUES ('ä€😀', 'x');");
    await project.run();
    expect(project.column("SELECT id FROM t1")).toEqual(["ä€😀"]);
  });

  test("with its WAL file, of which none is left behind by reading", async () => {
    using project = new Project();
    project.tables(1);
    project.exec("PRAGMA journal_mode = WAL; CREATE TABLE present (id)");
    await project.run();
    await project.manager().getStatus();
    expect(await Bun.file(`${project.path}-wal`).exists()).toBe(false);
    expect(project.column("PRAGMA journal_mode")).toEqual(["wal"]);
  });

  test("and keeps its user_version and application_id", async () => {
    using project = new Project();
    project.tables(1);
    project.exec("PRAGMA user_version = 7; PRAGMA application_id = 99; CREATE TABLE present (id)");
    await project.run();
    expect([...project.column("PRAGMA user_version"), ...project.column("PRAGMA application_id")]).toEqual([
      7, 99,
    ]);
  });
});
