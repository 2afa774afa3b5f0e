import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { mark } from "../../src/engine/mark.ts";
import { readStatus } from "../../src/engine/migration-status.ts";
import { type LoggedRun, RunLog } from "../../src/history/run-log.ts";
import { initDatabase, MigrationManager } from "../../src/index.ts";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";

/** What the log says, oldest first. */
function logged(
  project: Project,
): (Pick<LoggedRun, "command"> & { outcome?: string; code?: string; done?: string[] })[] {
  return [...new RunLog(project.path).read()].reverse().map(({ command, end }) => ({
    command,
    ...(end === null
      ? {}
      : {
          outcome: end.outcome,
          done: end.done.map(({ version, direction }) => `${Number(version.slice(-2))} ${direction}`),
        }),
    ...(end?.error == null ? {} : { code: end.error.code }),
  }));
}

describe("what is written into the log", () => {
  test("runs with what they did, one after the other", async () => {
    using project = new Project();
    project.tables(1, 2);
    await project.run();
    await project.run({ kind: "rollback" });
    await project.run({ kind: "redo" });
    await mark(project.subject(), { version: v(2), as: "applied" });
    expect(logged(project)).toEqual([
      { command: "migrate", outcome: "done", done: ["1 up", "2 up"] },
      { command: "rollback", outcome: "done", done: ["2 down"] },
      { command: "redo", outcome: "done", done: ["1 down", "1 up"] },
      { command: "mark", outcome: "done", done: ["2 applied"] },
    ]);
  });

  test("failures with their place, refusals too, and what was committed before", async () => {
    using project = new Project();
    project.tables(1);
    const file = project.sql(2, "SELECT nope;");
    await failureOf(() => project.run());
    project.sql(1, "CREATE TABLE t1 (other);");
    await failureOf(() => project.run());
    expect(logged(project)).toEqual([
      { command: "migrate", outcome: "rolled_back", done: ["1 up"], code: "MIGRATION_FAILED" },
      { command: "migrate", outcome: "unchanged", done: [], code: "MIGRATION_CHANGED" },
    ]);
    expect(new RunLog(project.path).read()[1]!.end!.error).toMatchObject({ file, line: 2 });
  });

  test("the restore point that stays, and none that went", async () => {
    using project = new Project();
    project.sql(1, "CREATE TABLE t1 (id);\nINSERT INTO t1 VALUES (1);");
    await project.run();
    project.sql(2, "DELETE FROM t1;");
    await project.run();
    project.sql(3, "SELECT nope;");
    await failureOf(() => project.run());
    expect(new RunLog(project.path).read().map(({ end }) => end!.restorePoint)).toEqual([
      null,
      expect.stringMatching(/^\d{8}T/),
      null,
    ]);
  });

  test("nothing where there was nothing to do, but for what settles a failure", async () => {
    using project = new Project();
    project.tables(1);
    await project.run();
    await project.run();
    expect(logged(project).length).toBe(1);
    project.sql(2, "SELECT nope;");
    await failureOf(() => project.run());
    expect((await readStatus(project.subject())).lastFailure).toMatchObject({ command: "migrate" });
    project.remove(2);
    await project.run();
    expect(logged(project).map(({ outcome }) => outcome)).toEqual(["done", "rolled_back", "done"]);
    expect((await readStatus(project.subject())).lastFailure).toBeNull();
    await project.run();
    expect(logged(project).length).toBe(3);
  });

  test("nothing where there is no database, nor for one in memory", async () => {
    using project = new Project();
    project.sql(1, "COMMIT;");
    await failureOf(() => project.run());
    expect(existsSync(`${project.path}.godwit`)).toBe(false);
    project.tables(1);
    using db = new Database(":memory:");
    await new MigrationManager(db, project.folder).migrate();
    expect(existsSync(":memory:.godwit")).toBe(false);
  });

  test("nothing beside what is no database", async () => {
    using project = new Project();
    project.tables(1);
    writeFileSync(project.path, "text, and more text\n".repeat(99));
    await failureOf(() => project.run());
    expect(existsSync(`${project.path}.godwit`)).toBe(false);
  });

  test("what a server does at its start", async () => {
    using project = new Project();
    project.tables(1);
    using _ = await initDatabase(project.path, { migrations: project.folder });
    expect(logged(project)).toEqual([{ command: "migrate", outcome: "done", done: ["1 up"] }]);
  });
});

test("what keeps a server from its start is written, too", async () => {
  using project = new Project();
  project.tables(1);
  using application = new Database(project.path);
  application.run("BEGIN EXCLUSIVE");
  const start = () => initDatabase(project.path, { migrations: project.folder, lockTimeoutMs: 30 });
  expect(await failureOf(start)).toMatchObject({ code: "DATABASE_BUSY" });
  expect(logged(project)).toEqual([
    { command: "migrate", outcome: "unchanged", done: [], code: "DATABASE_BUSY" },
  ]);
});

test("a link in the log's place is a note, told once, and what it points at stays", async () => {
  using project = new Project();
  project.tables(1);
  await project.run();
  const log = `${project.path}.godwit/runs.ndjson`;
  rmSync(log);
  const secret = project.root.write("secret", "secret");
  symlinkSync(secret, log);
  project.tables(2);
  await project.run();
  expect(project.applied()).toEqual([1, 2]);
  expect(project.notes().map(({ message }) => message)).toEqual([expect.stringContaining("is a link")]);
  expect(readFileSync(secret, "utf8")).toBe("secret");
});

test("a log that cannot be written is a note, and the run goes on", async () => {
  using project = new Project();
  project.tables(1, 2);
  await project.run({ kind: "migrate", steps: 1 });
  rmSync(`${project.path}.godwit`, { recursive: true });
  writeFileSync(`${project.path}.godwit`, "in the way");
  await project.run();
  expect(project.applied()).toEqual([1, 2]);
  expect(project.notes().map(({ message }) => message)).toEqual([
    expect.stringMatching(/^the log of this run cannot be written: /),
  ]);
});
