import { describe, expect, test } from "bun:test";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { Terminal } from "../support/terminal.ts";

/** Takes longer than what is not shown, on any machine: one statement, during which nothing else of the thread runs. */
const LONG = `CREATE TABLE waited (n);
INSERT INTO waited WITH RECURSIVE w(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM w WHERE n < 8000000) SELECT max(n) FROM w;`;

const ROWS = `export async function up(db, { progress, log }) {
  for (let done = 0; done <= 1000; done += 100) {
    progress(done, 1000);
    if (done === 500) log("half of them");
    await Bun.sleep(100);
  }
}`;

function migrateAt(
  project: CliProject,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Terminal {
  return new Terminal(project.cwd, ["migrate", "--db", "app.db", ...args], { env, columns: 100 });
}

const LINE = "\r\u001b[K";

describe("at a terminal", () => {
  test("a statement that keeps the thread busy is shown, with the time it has taken, and the line goes", async () => {
    using project = new CliProject();
    project.tables(1);
    project.sql(2, LONG, null, "-- Description: Wait a while\n");
    using terminal = migrateAt(project);
    await terminal.shows(`applying ${v(2)}  Wait a while  (2 of 2)  0.`);
    expect(await terminal.exitCode()).toBe(0);
    const drawn = terminal.output.split(LINE).filter((part) => part.startsWith("applying"));
    expect(drawn.length).toBeGreaterThan(3);
    // Each one is drawn over, the last one too.
    expect(terminal.output.slice(terminal.output.lastIndexOf("applying"))).toContain(LINE);
    expect(terminal.lines.at(-1)).toMatch(/^2 migrations applied in /);
    expect(terminal.output.lastIndexOf("applying")).toBeLessThan(
      terminal.output.indexOf("2 migrations applied"),
    );
  });

  test("rows that code reports are in it, and what it logs stands above", async () => {
    using project = new CliProject();
    project.write(1, ROWS, "js");
    using terminal = migrateAt(project);
    await terminal.shows("(1 of 1)  ");
    await terminal.shows(" of 1,000 rows  ");
    await terminal.shows(`${v(1)}: half of them`);
    expect(await terminal.exitCode()).toBe(0);
    expect(terminal.output).not.toContain(" of 1000 rows");
  });

  test.each([
    [[], {}],
    [["--quiet"], {}],
    [[], { TERM: "dumb" }],
  ])("nothing is drawn for what ends soon, nor with %j and %j", async (args, env) => {
    using project = new CliProject();
    if (args.length + Object.keys(env).length === 0) project.tables(1, 2, 3);
    else project.sql(1, LONG);
    using terminal = migrateAt(project, args, env);
    expect(await terminal.exitCode()).toBe(0);
    expect(terminal.output).not.toContain("applying");
  });

  test("a failure stands where the line was", async () => {
    using project = new CliProject();
    project.sql(1, `${LONG}\nINSERT INTO nowhere VALUES (1);`);
    using terminal = migrateAt(project);
    await terminal.shows("applying ");
    expect(await terminal.exitCode()).toBe(4);
    const after = terminal.output.slice(terminal.output.lastIndexOf("applying"));
    expect(after).toContain(LINE);
    expect(Bun.stripANSI(after)).toContain("error[MIGRATION_FAILED] no such table: nowhere");
  });

  test("code that waits for what never happens is found out all the same", async () => {
    using project = new CliProject();
    project.write(
      1,
      "export async function up() { await Bun.sleep(600); await new Promise(() => {}); }",
      "js",
    );
    using terminal = migrateAt(project);
    await terminal.shows("applying ");
    await terminal.shows("waits for what never happens");
    expect(await terminal.exitCode()).toBe(4);
  });
});

test("elsewhere there are plain lines", async () => {
  using project = new CliProject();
  project.write(1, ROWS, "js");
  const { stdout, stderr } = await project.migrate();
  expect(`${stdout}${stderr}`).not.toContain("\r");
  expect(stderr).toContain(`${v(1)}: 1000 of 1000 rows\n`);
  expect(stdout).not.toContain("applying");
});
