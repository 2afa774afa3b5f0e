import { describe, expect, test } from "bun:test";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { documentOf, type Ended, GODWIT, runProcess } from "../support/run-godwit.ts";
import { openToEveryone, runUnprivileged, testUnprivileged } from "../support/unprivileged.ts";

const MOMENT = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`;

function log(project: CliProject, ...args: readonly string[]): Promise<Ended> {
  return project.godwit("log", "--db", "app.db", ...args);
}

/** One that went well, one that failed, one that was refused. */
async function used(): Promise<CliProject> {
  const project = new CliProject();
  project.tables(1);
  await project.migrate();
  project.sql(2, "SELECT nope;");
  await project.migrate();
  project.remove(2);
  project.sql(1, "CREATE TABLE t1 (other);");
  await project.migrate();
  return project;
}

describe("godwit log", () => {
  test("shows what each run came to, newest first, and where it failed", async () => {
    using project = await used();
    const { stdout, stderr, exitCode } = await log(project);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    const who = String.raw`\S+@\S+, godwit \d+\.\d+\.\d+\S*`;
    const lines = [
      `${MOMENT}  migrate  failed: MIGRATION_CHANGED, unchanged, \\d+ ms  ${who}`,
      `  migrations/${v(1)}_step_1\\.sql: .+`,
      `${MOMENT}  migrate  failed: MIGRATION_FAILED, rolled back, \\d+ ms  ${who}`,
      `  migrations/${v(2)}_step_2\\.sql:2: no such column: nope`,
      `${MOMENT}  migrate  done, 1 applied, \\d+ ms  ${who}`,
    ];
    expect(stdout).toMatch(new RegExp(`^${lines.join("\n")}\n$`));
  });

  test("shows as many as are wanted, and how to see the rest", async () => {
    using project = await used();
    const { stdout } = await log(project, "--limit", "1");
    expect(stdout.split("\n")).toEqual([
      expect.stringContaining("MIGRATION_CHANGED"),
      expect.stringContaining("step_1.sql"),
      "and 2 before them: godwit log --limit 3",
      "",
    ]);
    const { runs } = documentOf(await log(project, "--limit=2", "--json")) as { runs: object[] };
    expect(runs).toMatchObject([
      { outcome: "unchanged", done: [], error: { code: "MIGRATION_CHANGED" } },
      {
        command: "migrate",
        outcome: "rolled_back",
        done: [],
        error: {
          code: "MIGRATION_FAILED",
          message: "no such column: nope",
          file: `migrations/${v(2)}_step_2.sql`,
          line: 2,
        },
        restore_point: null,
      },
    ]);
    for (const limit of ["0", "-1", "many"])
      expect((await log(project, `--limit=${limit}`)).exitCode).toBe(2);
  });

  test("is empty for a database that no run has changed", async () => {
    using project = new CliProject();
    project.exec("CREATE TABLE t (id)");
    expect(await log(project)).toEqual({
      stdout: `no run is in the log of ${project.path}\n`,
      stderr: "",
      exitCode: 0,
    });
    expect(documentOf(await log(project, "--json"))["runs"]).toEqual([]);
  });

  test("of no database is refused, but what is left of one is shown", async () => {
    using project = new CliProject();
    expect(await log(project)).toMatchObject({ stdout: "", exitCode: 4 });
    project.tables(1);
    await project.migrate();
    rmSync(project.path);
    expect(await log(project)).toMatchObject({ stdout: expect.stringContaining("1 applied"), exitCode: 0 });
  });

  test("names who has called sudo", async () => {
    using project = new CliProject();
    project.tables(1);
    await project.godwitWith({ SUDO_USER: "ada" }, "migrate", "--db", "app.db");
    expect((await log(project)).stdout).toMatch(/ ada as \S+@/);
  });

  testUnprivileged("says so where it may not be read, and status goes on without it", async () => {
    using project = await used();
    await openToEveryone(project.cwd);
    await runProcess(["chmod", "-R", "go-rwx", "app.db.godwit"], { cwd: project.cwd });
    const read = (command: string) =>
      runUnprivileged([GODWIT, command, "--db", "app.db"], { cwd: project.cwd });
    expect(await read("log")).toMatchObject({
      stdout: "",
      stderr: expect.stringMatching(
        /^error\[DATABASE_FAILED\] the log cannot be read: EACCES: permission denied/,
      ),
      exitCode: 4,
    });
    expect(await read("status")).toMatchObject({ stderr: "", exitCode: 0 });
  });

  testUnprivileged("and restore points are not taken for none where they may not be seen", async () => {
    using project = await used();
    await openToEveryone(project.cwd);
    await runProcess(["chmod", "go-rwx", "app.db.godwit"], { cwd: project.cwd });
    const run = (...words: string[]) =>
      runUnprivileged([GODWIT, ...words, "--db", "app.db"], { cwd: project.cwd });
    for (const words of [
      ["backup", "list"],
      ["restore", "--yes"],
    ])
      expect(await run(...words)).toMatchObject({
        stderr: expect.stringMatching(/error\[DATABASE_FAILED\] \S+app\.db\.godwit cannot be read: EACCES/),
        exitCode: 4,
      });
    project.remove(1);
    expect(await run("rollback")).toMatchObject({
      stderr: expect.stringContaining("error[MIGRATION_MISSING]"),
      exitCode: 3,
    });
  });
});

test("runs that usage keeps from beginning are not in the log, nor those that only read", async () => {
  using project = await used();
  const file = `${project.path}.godwit/runs.ndjson`;
  const before = readFileSync(file, "utf8");
  for (const words of [
    ["status"],
    ["verify"],
    ["test"],
    ["migrate", "--dry-run"],
    ["migrate", "--steps=x"],
    ["log"],
  ])
    await project.godwit(...words, "--db", "app.db");
  expect(readFileSync(file, "utf8")).toBe(before);
});

test("a disk that fills up in the middle of a line fails no run, and loses no other", async () => {
  using project = new CliProject();
  project.tables(1);
  await project.migrate();
  const file = `${project.path}.godwit/runs.ndjson`;
  const limit = 64 * 1024;
  // sh counts in blocks of 512 bytes (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/ulimit.html).
  const shell = (line: string) => project.shell(`ulimit -f ${limit / 512}; ${line}`);
  const old = readFileSync(file, "utf8");
  // Room for the line that a run begins with, and for half of the one that it ends with.
  const filled = limit - old.indexOf("\n") - 60;
  writeFileSync(file, `${"\n".repeat(filled - old.length)}${old}`);
  project.tables(2);
  const full = await shell(`"$GODWIT" migrate --db app.db`);
  expect(full.exitCode).toBe(0);
  expect(full.stderr.match(/the log of this run cannot be written/g)).toHaveLength(1);
  expect(project.applied()).toEqual([1, 2]);
  expect(statSync(file).size).toBe(limit);
  project.tables(3);
  await project.migrate();
  expect((await log(project)).stdout.match(/ done, 1 applied,/g)).toHaveLength(2);
});
