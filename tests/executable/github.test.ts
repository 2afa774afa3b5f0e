import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import type { Ended } from "../support/run-godwit.ts";

/** Runs the executable as a step of a job does. */
async function step(project: CliProject, ...args: string[]): Promise<Ended & { summary: string }> {
  const file = project.root.write("summary.md", "");
  const env = { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: file, GITHUB_WORKSPACE: project.cwd };
  const ended = await project.godwitWith(env, ...args);
  return { ...ended, summary: readFileSync(file, "utf8") };
}

/** What GitHub is told; until then it is to read no commands, whatever a migration prints. */
function commands({ stdout, stderr }: Ended): string[] {
  const [stop, resume, ...told] = `${stdout}${stderr}`.split("\n").filter((line) => line.startsWith("::"));
  if (stop === undefined) return [];
  const token = /^::stop-commands::([0-9a-f]{32})$/.exec(stop)?.[1];
  expect(resume).toBe(`::${token}::`);
  return told;
}

describe("in a job of GitHub Actions", () => {
  test("a failure is an annotation at its line, and stands in the summary with what was applied", async () => {
    using project = new CliProject();
    project.sql(1, "CREATE TABLE a (id);", null, "-- Description: Make *a* | <b>\n");
    project.sql(2, "SELECT 1;\nCREATE TABEL b (id);");
    const ended = await step(project, "migrate", "--db", "app.db");
    expect(ended.exitCode).toBe(4);
    expect(commands(ended)).toEqual([
      expect.stringContaining(
        `::error file=migrations/${v(2)}_step_2.sql,line=3,col=8,title=godwit%3A MIGRATION_FAILED::near "TABEL": syntax error%0A`,
      ),
    ]);
    expect(ended.summary).toStartWith(
      `### godwit migrate on \`${project.path}\`\n\n| Migration | Description |  | Time |\n`,
    );
    expect(ended.summary).toContain(`| ${v(1)} | Make \\*a\\* \\| &lt;b> | applied | `);
    expect(ended.summary).toContain(
      `**MIGRATION_FAILED**, \`migrations/${v(2)}_step_2.sql:3\`: near "TABEL": syntax error`,
    );
  });

  test("status --check annotates what is not applied, and stdout holds one document", async () => {
    using project = new CliProject();
    project.tables(1, 2);
    await step(project, "migrate", "--db", "app.db", "--to", v(1));
    const ended = await step(project, "status", "--check", "--json", "--db", "app.db");
    expect(ended.exitCode).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({ summary: { pending: 1 } });
    expect(commands(ended)).toEqual([
      `::error file=migrations/${v(2)}_step_2.sql,title=godwit%3A status --check::${v(2)} is pending`,
    ]);
    expect(ended.summary).toContain(`| ${v(2)} | Step 2 | pending |\n\n1 applied, 1 pending\n`);
  });

  test("status without --check annotates nothing", async () => {
    using project = new CliProject();
    project.tables(1);
    expect(commands(await step(project, "status", "--db", "app.db"))).toEqual([]);
  });

  test("test annotates what it finds in a file", async () => {
    using project = new CliProject();
    project.sql(1, "CREATE TABLE a (id);", "SELECT 1;");
    const ended = await step(project, "test", "--db", "app.db");
    expect(ended.exitCode).toBe(1);
    expect(commands(ended)[0]).toStartWith(
      `::error file=migrations/${v(1)}_step_1.sql,title=godwit%3A test of ${v(1)}::`,
    );
    expect(ended.summary).toContain(`| ${v(1)} | Step 1 | failed |`);
  });

  test("verify annotates violations", async () => {
    using project = new CliProject();
    project.write(1, "-- up\nCREATE TABLE a (id);\n-- verify\nSELECT id FROM a;\n");
    await step(project, "migrate", "--db", "app.db");
    project.exec("INSERT INTO a VALUES (7)");
    const ended = await step(project, "verify", "--db", "app.db");
    expect(commands(ended)).toEqual([
      `::error file=migrations/${v(1)}_step_1.sql,title=godwit%3A verify of ${v(1)}::id=7`,
    ]);
    expect(ended.summary).toContain("Something is wrong.");
  });

  test("embed --check annotates a stale module", async () => {
    using project = new CliProject();
    project.tables(1);
    expect(commands(await step(project, "embed", "-o", "embedded.ts", "--check"))).toEqual([
      "::error file=embedded.ts,title=godwit%3A embed --check::it does not say what the folder holds",
    ]);
  });

  test("a rehearsal that fails is annotated", async () => {
    using project = new CliProject();
    project.sql(1, "CREATE TABEL a (id);");
    const ended = await step(project, "migrate", "--dry-run", "--db", "app.db");
    expect(commands(ended)[0]).toContain(`file=migrations/${v(1)}_step_1.sql,line=2,`);
  });

  test("a note is a notice", async () => {
    using project = new CliProject();
    project.sql(1, "PRAGMA foreign_keys = OFF;\nCREATE TABLE a (id);");
    expect(commands(await step(project, "migrate", "--db", "app.db"))[0]).toStartWith(
      `::notice file=migrations/${v(1)}_step_1.sql,line=2,`,
    );
  });

  test("a refusal of the command line is annotated, without a file", async () => {
    using project = new CliProject();
    const ended = await step(project, "migrate", "--dry-rum");
    expect(ended.exitCode).toBe(2);
    expect(commands(ended)).toEqual([
      "::error title=godwit%3A UNKNOWN_FLAG::unknown flag --dry-rum for migrate%0Adid you mean --dry-run?",
    ]);
  });

  test("what a migration prints is no command", async () => {
    using project = new CliProject();
    project.write(
      1,
      'export function up(_, { log }) { log("one\\n::error::made up"); console.log("::warning::made up"); }',
      "js",
    );
    const ended = await step(project, "migrate", "--db", "app.db");
    const [stopped] = ended.stderr.split("\n");
    expect(stopped).toStartWith("::stop-commands::");
    expect(ended.stderr.indexOf("made up")).toBeGreaterThan(0);
    expect(ended.stderr.lastIndexOf("made up")).toBeLessThan(
      ended.stderr.indexOf(`::${stopped!.split("::")[2]}::`),
    );
  });

  test("a summary that cannot be written fails nothing", async () => {
    using project = new CliProject();
    project.tables(1);
    const env = { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: "/nowhere/summary.md" };
    const { exitCode } = await project.godwitWith(env, "migrate", "--db", "app.db");
    expect(exitCode).toBe(0);
    expect(project.applied()).toEqual([1]);
  });
});

test("elsewhere there is none of it", async () => {
  using project = new CliProject();
  project.sql(1, "CREATE TABEL a (id);");
  const file = project.root.write("summary.md", "");
  const ended = await project.godwitWith({ GITHUB_STEP_SUMMARY: file }, "migrate", "--db", "app.db");
  expect(commands(ended)).toEqual([]);
  expect(readFileSync(file, "utf8")).toBe("");
});
