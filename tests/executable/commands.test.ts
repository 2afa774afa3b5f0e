import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";

describe("the commands and their other names", () => {
  test.each(["migrate", "up"])("%s applies what is pending", async (name) => {
    using project = new CliProject();
    project.tables(1, 2);
    const { stdout, stderr, exitCode } = await project.godwit(name, "--db", "app.db");
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout).toContain(`applied      ${v(1)}  Step 1`);
    expect(stdout).toContain(`applied      ${v(2)}  Step 2`);
    expect(project.applied()).toEqual([1, 2]);
    expect(project.tableNames()).toEqual(["t1", "t2"]);
  });

  test.each(["rollback", "down"])("%s undoes the newest", async (name) => {
    using project = new CliProject();
    project.tables(1, 2);
    await project.migrate();
    const { stdout, exitCode } = await project.godwit(name, "--db", "app.db");
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`rolled back  ${v(2)}  Step 2`);
    expect(project.applied()).toEqual([1]);
    expect(project.tableNames()).toEqual(["t1"]);
  });

  test.each(["create", "new"])("%s writes a file and prints its path", async (name) => {
    using project = new CliProject();
    const { stdout, exitCode } = await project.godwit(name, "add user email");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^migrations\/\d{14}_add_user_email\.sql\n$/);
    expect(readdirSync(project.folder)).toEqual([stdout.trim().replace("migrations/", "")]);
  });

  test("create --format ts writes TypeScript", async () => {
    using project = new CliProject();
    const { stdout } = await project.godwit("create", "--format", "ts", "add user email");
    expect(stdout).toMatch(/^migrations\/\d{14}_add_user_email\.ts\n$/);
  });

  test("create given the same second many times gives every file a version of its own", async () => {
    using project = new CliProject();
    const runs = await Promise.all(
      Array.from({ length: 8 }, (_, index) => project.godwit("create", `writer ${index}`)),
    );
    expect(runs.map(({ exitCode }) => exitCode)).toEqual(Array(8).fill(0));
    const versions = readdirSync(project.folder).map((name) => name.slice(0, 14));
    expect(new Set(versions).size).toBe(8);
  });

  test("redo takes the newest back and applies it again", async () => {
    using project = new CliProject();
    project.tables(1, 2);
    await project.migrate();
    project.exec("INSERT INTO t1 VALUES (1); INSERT INTO t2 VALUES (1)");
    const { stdout, exitCode } = await project.godwit("redo", "--db", "app.db");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("1 migration rolled back, 1 migration applied again");
    expect(project.column("SELECT count(*) FROM t1 UNION ALL SELECT count(*) FROM t2")).toEqual([1, 0]);
    expect(project.applied()).toEqual([1, 2]);
  });

  test("mark records and forgets without running", async () => {
    using project = new CliProject();
    project.tables(1, 2);
    project.exec("CREATE TABLE t1 (id)");
    const baseline = await project.godwit("mark", v(1), "--applied", "--db", "app.db");
    expect(baseline).toEqual({ stdout: `marked applied  ${v(1)}  Step 1\n`, stderr: "", exitCode: 0 });
    await project.migrate();
    expect(project.applied()).toEqual([1, 2]);
    await project.godwit("mark", v(2), "--pending", "--through", "--db", "app.db");
    expect(project.applied()).toEqual([]);
    expect(project.tableNames()).toEqual(["t1", "t2"]);
  });

  test("status shows what is applied and what is pending", async () => {
    using project = new CliProject();
    project.tables(1, 2);
    await project.migrate("--steps", "1");
    const { stdout, exitCode } = await project.status();
    expect(exitCode).toBe(0);
    expect(stdout).toStartWith(`database    ${project.path}\nmigrations  migrations\n\n`);
    expect(stdout).toMatch(new RegExp(`\\napplied  ${v(1)}  Step 1  \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d  `));
    expect(stdout).toContain(`\npending  ${v(2)}  Step 2\n`);
    expect(stdout).toEndWith("\n2 migrations: 1 applied, 1 pending\n  pending: apply with: godwit migrate\n");
  });
});

describe("what a command is told", () => {
  test("flags work before the command, after it, and in every spelling", async () => {
    using project = new CliProject();
    project.tables(1);
    for (const args of [
      ["--db", "app.db", "status"],
      ["status", "--db=app.db"],
      ["-u", "app.db", "--dir", "migrations", "status"],
      ["--url=app.db", "status", "--db", "app.db", "-d", "./migrations"],
      ["--quiet", "status", "--db", "sqlite:app.db"],
      ["status", "--db", `file://${project.path}`],
    ]) {
      const { stdout, exitCode } = await project.godwit(...args);
      expect({ args, exitCode }).toEqual({ args, exitCode: 0 });
      expect(stdout).toStartWith(`database    ${project.path} (not there yet)\n`);
    }
  });

  test("--to and --steps say how far", async () => {
    using project = new CliProject();
    project.tables(1, 2, 3, 4);
    await project.migrate("--to", v(3));
    expect(project.applied()).toEqual([1, 2, 3]);
    await project.godwit("rollback", "--to", v(1), "--db", "app.db");
    expect(project.applied()).toEqual([1]);
    await project.migrate("--steps=2");
    expect(project.applied()).toEqual([1, 2, 3]);
    await project.godwit("rollback", "--steps", "2", "--db", "app.db");
    expect(project.applied()).toEqual([1]);
    await project.migrate();
    await project.godwit("rollback", "--all", "--yes", "--db", "app.db");
    expect(project.applied()).toEqual([]);
  });

  test("--table keeps the history elsewhere", async () => {
    using project = new CliProject();
    project.tables(1);
    expect((await project.migrate("--table", "my history")).exitCode).toBe(0);
    expect(project.column('SELECT version FROM "my history"')).toEqual([v(1)]);
    expect((await project.status("--check", "--table", "my history")).exitCode).toBe(0);
    expect((await project.status("--check")).exitCode).toBe(1);
  });

  test.each([
    { args: ["migrate", "--to", "1"], message: '--to takes a version of 14 digits, not "1"' },
    { args: ["migrate", "--steps", "0"], message: '--steps takes a whole number from 1, not "0"' },
    { args: ["migrate", "--steps", "1.5"], message: '--steps takes a whole number from 1, not "1.5"' },
    { args: ["mark", "2026", "--applied"], message: 'VERSION takes a version of 14 digits, not "2026"' },
    { args: ["migrate", "--to", v(1), "--steps", "1"], message: "--to and --steps cannot be given together" },
    { args: ["rollback", "--all", "--to", v(1)], message: "--to and --all cannot be given together" },
    {
      args: ["mark", v(1), "--applied", "--pending"],
      message: "--applied and --pending cannot be given together",
    },
    { args: ["mark", v(1)], message: "mark needs --applied or --pending" },
    { args: ["mark", "--applied"], message: "mark needs a version" },
    { args: ["create"], message: "create needs a description" },
    { args: ["migrate", "--stpes=1"], message: "unknown flag --stpes for migrate" },
    { args: ["migrate", "--to"], message: "--to needs a value" },
    { args: ["migrate", "extra"], message: 'unexpected argument "extra"' },
    {
      args: ["--db", "a.db", "migrate", "--url", "b.db"],
      message: "--url is given twice, as a.db and as b.db",
    },
    { args: ["migarte"], message: 'unknown command "migarte"' },
  ])("$args is refused before anything is touched", async ({ args, message }) => {
    using project = new CliProject();
    project.tables(1);
    const { stdout, stderr, exitCode } = await project.godwitWith({ GODWIT_DB: "app.db" }, ...args);
    expect(stderr).toMatch(/^error\[[A-Z_]+\] /);
    expect(stderr.slice(stderr.indexOf("]") + 2).split("\n")[0]).toBe(message);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
    expect(project.exists()).toBe(false);
  });
});
