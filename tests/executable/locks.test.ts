import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { documentOf, exitOf, GODWIT, startProcess } from "../support/run-godwit.ts";

/** A database that another process, this one, keeps locked. */
function lockedProject(): { project: CliProject; other: Database } {
  const project = new CliProject();
  project.tables(1);
  project.exec("CREATE TABLE present (id)");
  const other = new Database(project.path);
  other.run("BEGIN IMMEDIATE");
  return { project, other };
}

describe("a lock that another process holds", () => {
  test("is waited for, which is said after a second, and then all is well", async () => {
    const { project, other } = lockedProject();
    using _ = project;
    const child = startProcess([GODWIT, "migrate", "--db", "app.db"], { cwd: project.cwd });
    const stdout = child.stdout.text();
    let stderr = "";
    for await (const chunk of child.stderr) {
      stderr += new TextDecoder().decode(chunk);
      if (other.inTransaction && stderr.endsWith("\n")) other.run("COMMIT");
    }
    expect(stderr).toBe(`waiting for the lock on ${project.path} (up to 30 s)\n`);
    expect(await exitOf(child)).toBe(0);
    expect(await stdout).toContain(`applied      ${v(1)}  Step 1`);
    expect(project.applied()).toEqual([1]);
    other.close();
  });

  test("ends the run after --lock-timeout, with nothing run", async () => {
    const { project, other } = lockedProject();
    using _ = project;
    const { stdout, stderr, exitCode } = await project.migrate("--lock-timeout", "0.2");
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 4 });
    expect(stderr).toBe(
      `error[DATABASE_BUSY] ${project.path} is locked by another connection\n` +
        "  unchanged: nothing was run\n" +
        "  hint: end what holds the database, or wait longer with --lock-timeout\n",
    );
    const ended = await project.migrate("--lock-timeout", "0", "--json");
    expect(documentOf(ended)).toMatchObject({
      applied: [],
      error: { code: "DATABASE_BUSY", outcome: "unchanged" },
    });
    other.close();
    expect(project.applied()).toEqual([]);
  });

  test("keeps no reader out", async () => {
    const { project, other } = lockedProject();
    using _ = project;
    expect(await project.status("--lock-timeout", "0")).toMatchObject({ stderr: "", exitCode: 0 });
    other.close();
  });
});

describe("many processes at once", () => {
  test("all succeed, and each migration is applied once", async () => {
    using project = new CliProject();
    for (let n = 1; n <= 10; n++) {
      if (n % 2 === 0) project.sql(n, "INSERT INTO runs VALUES (1);");
      else if (n > 1)
        project.write(
          n,
          'export async function up(db) { await Bun.sleep(5); db.run("INSERT INTO runs VALUES (1)"); }',
          "ts",
        );
    }
    project.sql(1, "CREATE TABLE runs (id); INSERT INTO runs VALUES (1);");
    const runs = await Promise.all(Array.from({ length: 10 }, () => project.migrate("--json")));
    expect(runs.map(({ exitCode }) => exitCode)).toEqual(Array(10).fill(0));
    const applied = runs.flatMap((ended) => documentOf(ended)["applied"] as { version: string }[]);
    expect(applied.map(({ version }) => version).sort()).toEqual(
      Array.from({ length: 10 }, (_, index) => v(index + 1)),
    );
    expect(project.column("SELECT count(*) FROM runs")).toEqual([10]);
    expect(project.applied()).toHaveLength(10);
    expect((await project.status("--check")).exitCode).toBe(0);
  });

  test("of which some roll back leave the tables and the history of one accord", async () => {
    using project = new CliProject();
    project.tables(1, 2, 3);
    await project.migrate();
    const runs = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        project.godwit(index % 2 === 0 ? "rollback" : "migrate", "--db", "app.db"),
      ),
    );
    expect(runs.filter(({ exitCode }) => exitCode !== 0 && exitCode !== 3)).toEqual([]);
    expect(project.tableNames()).toEqual(project.applied().map((n) => `t${n}`));
  });
});
