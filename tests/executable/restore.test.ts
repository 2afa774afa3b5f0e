import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, renameSync } from "node:fs";
import { RestorePoints } from "../../src/history/restore-points.ts";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { documentOf, runGodwit } from "../support/run-godwit.ts";
import { KEYS, Terminal } from "../support/terminal.ts";

/** Two migrations, the second of which takes a row; its restore point is there. */
async function moved(): Promise<CliProject> {
  const project = new CliProject();
  project.sql(
    1,
    "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT);\nINSERT INTO items (name) VALUES ('a'), ('b');",
  );
  await project.migrate();
  project.sql(2, "DELETE FROM items WHERE name = 'b';\nCREATE TABLE more (id);");
  await project.migrate();
  return project;
}

function names(project: CliProject): unknown[] {
  return project.column("SELECT name FROM items ORDER BY id");
}

describe("restore at a terminal", () => {
  test("shows what would change, and asks", async () => {
    using project = await moved();
    using terminal = new Terminal(project.cwd, ["restore", "--db", "app.db"]);
    await terminal.shows("Put ");
    await terminal.shows("in the place of");
    await terminal.shows("items: 1 -> 2 rows");
    await terminal.shows("more: 0 -> no table");
    await terminal.shows(`undone: ${v(2)}`);
    await terminal.shows("What is there now becomes a restore point first.");
    terminal.type(`y`);
    expect(await terminal.exitCode()).toBe(0);
    expect(terminal.lines.at(-1)).toMatch(/^what was there before is \d{8}T\d{6}Z/);
    expect(names(project)).toEqual(["a", "b"]);
  });

  test.each([KEYS.enter, KEYS.cancel, "n"])("does nothing when the answer is no: %j", async (key) => {
    using project = await moved();
    using terminal = new Terminal(project.cwd, ["restore", "--db", "app.db"]);
    await terminal.shows("in the place of");
    terminal.type(key);
    expect(await terminal.exitCode()).toBe(130);
    expect(names(project)).toEqual(["a"]);
    expect(new RestorePoints(project.path).list().length).toBe(1);
  });
});

describe("restore", () => {
  test("wants --yes where nobody can be asked", async () => {
    using project = await moved();
    const ended = await project.godwit("restore", "--db", "app.db", "--json");
    expect(ended.exitCode).toBe(2);
    expect(documentOf(ended)).toMatchObject({ restored: null, error: { code: "CONFIRMATION_REQUIRED" } });
    expect(names(project)).toEqual(["a"]);
  });

  test("gives one document", async () => {
    using project = await moved();
    const [point] = new RestorePoints(project.path).list();
    const ended = await project.godwit("restore", point!.id, "--yes", "--db", "app.db", "--json");
    expect(ended).toMatchObject({ stderr: "", exitCode: 0 });
    expect(documentOf(ended)).toEqual({
      godwit: expect.any(String),
      database: project.path,
      created: false,
      restored: { id: point!.id, file: point!.file, bytes: point!.bytes, newest_version: v(1) },
      backup: {
        id: expect.any(String),
        file: expect.any(String),
        bytes: expect.any(Number),
        created_at: expect.any(String),
      },
      rows: [
        { table: "items", now: 1, restored: 2 },
        { table: "more", now: 0, restored: null },
      ],
      undone: [v(2)],
      redone: [],
      open_by: [],
      duration_ms: expect.any(Number),
    });
  });

  test("takes a name with everything in it, from another folder", async () => {
    using project = await moved();
    const odd = 'it\'s "my" app.db';
    mkdirSync(project.root.join("data"));
    renameSync(project.path, project.root.join("data", odd));
    mkdirSync(project.root.join("elsewhere"));
    const backup = await runGodwit(
      project.root.join("elsewhere"),
      "backup",
      "--db",
      `../data/${odd}`,
      "--quiet",
    );
    expect([backup.stderr, backup.exitCode]).toEqual(["", 0]);
    expect(backup.stdout).toMatch(/\.godwit\/\d{8}T\d{6}Z\.db\n$/);
    const file = backup.stdout.trim();
    const restored = await runGodwit(
      project.root.join("elsewhere"),
      "restore",
      file,
      "--db",
      `../data/${odd}`,
      "--yes",
      "--quiet",
    );
    expect(restored).toEqual({ stdout: "", stderr: "", exitCode: 0 });
  });

  test("prints the way back that works as it stands", async () => {
    using project = await moved();
    project.sql(3, "INSERT INTO items (name) VALUES ('c');\nSELECT nope;", null, "-- Transaction: off\n");
    const failed = await project.migrate();
    expect(failed.exitCode).toBe(5);
    const [, command] = /: godwit (restore .*)$/m.exec(failed.stderr)!;
    expect((await project.shell(`"$GODWIT" ${command} --yes`)).exitCode).toBe(0);
    expect(names(project)).toEqual(["a"]);
    expect(project.applied()).toEqual([1, 2]);
    expect((await project.status("--check")).exitCode).toBe(1);
  });
});

describe("migrate --restore-on-failure", () => {
  test("puts the database back where a failure leaves it changed", async () => {
    using project = await moved();
    project.sql(3, "INSERT INTO items (name) VALUES ('c');\nSELECT nope;", null, "-- Transaction: off\n");
    const ended = await project.migrate("--restore-on-failure", "--json");
    expect(ended.exitCode).toBe(4);
    expect(documentOf(ended)).toMatchObject({
      applied: [],
      error: { code: "MIGRATION_FAILED", outcome: "rolled_back" },
    });
    expect(names(project)).toEqual(["a"]);
    expect((await project.status("--json")).exitCode).toBe(0);
  });

  test("leaves alone what a transaction has undone", async () => {
    using project = await moved();
    project.sql(3, "SELECT nope;");
    const points = new RestorePoints(project.path).list().length;
    const ended = await project.migrate("--restore-on-failure");
    expect(ended.exitCode).toBe(4);
    expect(ended.stderr).toContain("rolled back: the database is at");
    expect(new RestorePoints(project.path).list().length).toBe(points);
  });
});

describe("backup", () => {
  test.each([
    [["backup", "lits"], 2, "did you mean list?"],
    [["backup", "list", "more"], 2, 'unexpected argument "more"'],
    [["restore", "a", "b"], 2, 'unexpected argument "b"'],
    [["backup", "--no-backup"], 2, "unknown flag"],
  ])("%p is refused", async (words, exitCode, text) => {
    using project = await moved();
    const ended = await project.godwit(...words, "--db", "app.db");
    expect(ended.exitCode).toBe(exitCode);
    expect(ended.stderr).toContain(text);
  });

  test("list names what is in each, also where the database is gone", async () => {
    using project = await moved();
    await project.godwit("backup", "--db", "app.db");
    renameSync(project.path, project.root.join("elsewhere.db"));
    const ended = await project.godwit("backup", "list", "--db", "app.db", "--json");
    const { restore_points: points } = documentOf(ended) as { restore_points: { newest_version: string }[] };
    expect(points.map(({ newest_version: version }) => version)).toEqual([v(2), v(1)]);
    expect(readdirSync(project.cwd)).not.toContain("app.db");
  });
});
