import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { CliProject } from "../support/cli-project.ts";
import { errorIn } from "../support/expect-refused.ts";
import { type Ended, exitOf, GODWIT, startProcess } from "../support/run-godwit.ts";
import { SqlProcess } from "../support/sql-process.ts";
import { JOURNAL_MODES } from "./journal-modes.ts";

setDefaultTimeout(60_000);

/** A database with rows, and two migrations to come. */
function pendingProject(mode: string): CliProject {
  const project = new CliProject();
  project.tables(1, 2);
  project.exec(
    `PRAGMA journal_mode = ${mode}; CREATE TABLE present (id); INSERT INTO present VALUES (1), (2), (3)`,
  );
  return project;
}

/** Migrates, and lets go of the lock once it is said that it is waited for. */
async function migrateWaiting(
  project: CliProject,
  release: () => Promise<unknown>,
  ...args: readonly string[]
): Promise<Ended> {
  const child = startProcess([GODWIT, "migrate", "--db", "app.db", ...args], { cwd: project.cwd });
  const stdout = child.stdout.text();
  let stderr = "";
  let isHeld = true;
  for await (const chunk of child.stderr) {
    stderr += new TextDecoder().decode(chunk);
    if (isHeld && stderr.endsWith("\n")) {
      isHeld = false;
      await release();
    }
  }
  return { stdout: await stdout, stderr, exitCode: await exitOf(child) };
}

/** Nothing was run, and the message says so; the next run does the work. */
async function expectBusy(project: CliProject, ended: Ended): Promise<void> {
  expect(ended.exitCode).toBe(4);
  const error = errorIn(ended);
  expect(error).toMatchObject({
    code: "DATABASE_BUSY",
    message: `${project.path} is locked by another connection`,
  });
  expect(error.hint).toContain("--lock-timeout");
}

test.each(JOURNAL_MODES)("C12: a writer's lock is waited for, and that is said (%s)", async (mode) => {
  using project = pendingProject(mode);
  using other = new SqlProcess(project.path);
  await other.run("BEGIN IMMEDIATE");
  await other.run("INSERT INTO present VALUES (4)");
  const { stderr, exitCode } = await migrateWaiting(project, () => other.run("COMMIT"));
  expect({ stderr, exitCode }).toEqual({
    stderr: `waiting for the lock on ${project.path} (up to 30 s)\n`,
    exitCode: 0,
  });
  expect(project.applied()).toEqual([1, 2]);
  expect(project.column("SELECT count(*) FROM present")).toEqual([4]);
});

test.each(JOURNAL_MODES)("C12: a writer that stays ends the run, with nothing run (%s)", async (mode) => {
  using project = pendingProject(mode);
  using other = new SqlProcess(project.path);
  await other.run("BEGIN IMMEDIATE");
  const ended = await project.migrate("--lock-timeout", "0.2", "--json");
  await expectBusy(project, ended);
  expect(errorIn(ended).outcome).toBe("unchanged");
  const { stderr } = await project.migrate("--lock-timeout", "0");
  expect(stderr).toContain("\n  unchanged: nothing was run\n");
  expect(await project.status("--lock-timeout", "0")).toMatchObject({ stderr: "", exitCode: 0 });
  await other.run("ROLLBACK");
  expect(project.applied()).toEqual([]);
  expect((await project.migrate()).exitCode).toBe(0);
});

test("C13: a reader in the way of the COMMIT is waited for", async () => {
  using project = pendingProject("delete");
  using other = new SqlProcess(project.path);
  await other.run("BEGIN");
  await other.run("SELECT * FROM present");
  const ended = await migrateWaiting(project, () => other.run("COMMIT"));
  expect(ended).toMatchObject({ exitCode: 0 });
  expect(ended.stdout).toContain("2 migrations applied");
  expect(project.applied()).toEqual([1, 2]);
});

test("C13: a reader that stays in the way of the COMMIT undoes the run", async () => {
  using project = pendingProject("delete");
  using other = new SqlProcess(project.path);
  await other.run("BEGIN");
  await other.run("SELECT * FROM present");
  const ended = await project.migrate("--lock-timeout", "0.3", "--json");
  await expectBusy(project, ended);
  expect(["unchanged", "rolled_back"]).toContain(errorIn(ended).outcome);
  expect(await other.run("SELECT count(*) FROM sqlite_schema")).toEqual([[1]]);
  await other.run("COMMIT");
  expect(project.tableNames()).toEqual(["present"]);
  expect((await project.migrate()).exitCode).toBe(0);
  expect(project.applied()).toEqual([1, 2]);
});

test("C14: in WAL mode a reader that stays is in nobody's way, and keeps what it sees", async () => {
  using project = pendingProject("wal");
  using other = new SqlProcess(project.path);
  await other.run("BEGIN");
  expect(await other.run("SELECT count(*) FROM present")).toEqual([[3]]);
  project.sql(3, "DELETE FROM present WHERE id = 1;");
  expect(await project.migrate("--lock-timeout", "0")).toMatchObject({ stderr: "", exitCode: 0 });
  expect(statSync(`${project.path}-wal`).size).toBeGreaterThan(0);
  expect(await other.run("SELECT count(*) FROM present")).toEqual([[3]]);
  await other.run("COMMIT");
  expect(await other.run("SELECT count(*) FROM present")).toEqual([[2]]);
  expect(project.applied()).toEqual([1, 2, 3]);
  expect((await project.status("--check")).exitCode).toBe(0);
});

// A transaction that reads first and writes later fails at once where another has written in between, whatever the timeout:
// https://sqlite.org/rescode.html#busy_snapshot
test("C15: a transaction always begins with the write lock", async () => {
  const root = resolve(import.meta.dir, "../../src");
  const begins = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) =>
      [...readFileSync(join(root, name), "utf8").matchAll(/["'`]BEGIN\b[^"'`]*["'`]/g)].map(([text]) => text),
    );
  const statements = begins.filter((text) => text !== '"BEGIN"');
  expect(new Set(statements)).toEqual(new Set(['"BEGIN IMMEDIATE"']));
});

test.each(JOURNAL_MODES)("C15: a writer that never rests makes no run fail (%s)", async (mode) => {
  using project = pendingProject(mode);
  for (let n = 3; n <= 12; n++) project.sql(n, `INSERT INTO present VALUES (${n});`);
  using other = new SqlProcess(project.path);
  await other.run("PRAGMA busy_timeout = 20000");
  await other.run("PRAGMA synchronous = OFF");
  let isOver = false;
  const writing = (async () => {
    let count = 0;
    for (; !isOver; count++) await other.run("INSERT INTO present VALUES (0)");
    return count;
  })();
  const { stderr, exitCode } = await project.migrate("--commit", "each");
  isOver = true;
  const written = await writing;
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  expect(written).toBeGreaterThan(1);
  await other.end();
  expect(project.column("SELECT count(*) FROM present")).toEqual([3 + 10 + written]);
  expect(project.applied()).toHaveLength(12);
});

test.each(JOURNAL_MODES)("C37: a database held in exclusive mode is told as locked (%s)", async (mode) => {
  using project = pendingProject(mode);
  using other = new SqlProcess(project.path);
  await other.run("PRAGMA locking_mode = EXCLUSIVE");
  await other.run("INSERT INTO present VALUES (4)");
  for (const command of ["migrate", "status", "rollback"]) {
    const ended = await project.godwit(command, "--db", "app.db", "--lock-timeout", "0.2", "--json");
    await expectBusy(project, ended);
    expect(errorIn(ended).outcome).toBe("unchanged");
  }
  await other.end();
  expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
  expect(project.column("SELECT count(*) FROM present")).toEqual([4]);
});
