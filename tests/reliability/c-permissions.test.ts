import { expect, setDefaultTimeout } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { type Expected, expectRefused } from "../support/expect-refused.ts";
import { v } from "../support/intent.ts";
import { type Ended, GODWIT } from "../support/run-godwit.ts";
import { openToEveryone, runUnprivileged, testUnprivileged } from "../support/unprivileged.ts";
import { JOURNAL_MODES } from "./journal-modes.ts";

setDefaultTimeout(60_000);

/** A project whose database, with one migration applied and one pending, stands in a folder of its own. */
class ForeignProject extends CliProject {
  readonly data = this.root.join("data");
  override readonly path = this.root.join("data/app.db");

  static async make(mode: string): Promise<ForeignProject> {
    const project = new ForeignProject();
    mkdirSync(project.data);
    project.tables(1);
    await project.godwit("migrate", "--db", "data/app.db");
    project.exec(`PRAGMA journal_mode = ${mode}; CREATE TABLE present (id); INSERT INTO present VALUES (1)`);
    project.tables(2);
    await openToEveryone(project.cwd);
    return project;
  }

  /** As a user who owns nothing. */
  readonly unprivileged = (...args: readonly string[]): Promise<Ended> =>
    runUnprivileged([GODWIT, ...args], { cwd: this.cwd });

  refuses(command: readonly string[], expected: Omit<Expected, "start">) {
    const args = [...command, "--db", "data/app.db"];
    return expectRefused(this, args, { ...expected, start: this.unprivileged });
  }

  /** Reading needs no right to write. */
  async showsStatus(): Promise<void> {
    const { stdout, stderr, exitCode } = await this.unprivileged("status", "--db", "data/app.db");
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout).toContain("2 migrations: 1 applied, 1 pending");
  }
}

const WRITING = [["migrate"], ["rollback"], ["redo"], ["mark", v(2), "--applied"]];

testUnprivileged("C9 to C11: with the rights it needs, the other user migrates", async () => {
  using project = await ForeignProject.make("delete");
  expect(await project.unprivileged("migrate", "--db", "data/app.db")).toMatchObject({
    stderr: "",
    exitCode: 0,
  });
  expect(project.applied()).toEqual([1, 2]);
});

for (const mode of JOURNAL_MODES) {
  testUnprivileged(`C9: a file that may only be read is refused before anything runs (${mode})`, async () => {
    using project = await ForeignProject.make(mode);
    project.write(
      2,
      'import { writeFileSync } from "node:fs"; export function up(db) { writeFileSync("ran", ""); db.run("CREATE TABLE t2 (id)"); } export function down() {}',
      "ts",
    );
    project.remove(2);
    chmodSync(project.path, 0o444);
    await project.refuses(["migrate"], {
      exitCode: 4,
      code: "DATABASE_READONLY",
      message: `${project.path} cannot be written to`,
      hint: "let this user write",
    });
    expect(existsSync(project.root.join("ran"))).toBe(false);
  });

  testUnprivileged(
    `C9: every command that writes refuses such a file, and status reads it (${mode})`,
    async () => {
      using project = await ForeignProject.make(mode);
      chmodSync(project.path, 0o444);
      await project.showsStatus();
      for (const command of WRITING)
        await project.refuses(command, {
          exitCode: 4,
          code: "DATABASE_READONLY",
          hint: "let this user write",
        });
    },
  );

  testUnprivileged(`C11: a file that may not be read is refused by every command (${mode})`, async () => {
    using project = await ForeignProject.make(mode);
    chmodSync(project.path, 0o000);
    for (const command of [["status"], ...WRITING]) {
      const { message, hint } = await project.refuses(command, { exitCode: 4, code: "DATABASE_FAILED" });
      expect(message).toContain(project.path);
      expect(hint).toContain("permissions");
    }
  });

  testUnprivileged(`C11: so is one in a folder that may not be entered (${mode})`, async () => {
    using project = await ForeignProject.make(mode);
    chmodSync(project.data, 0o600);
    for (const command of [["status"], ...WRITING])
      await project.refuses(command, { exitCode: 4, code: "DATABASE_FAILED", hint: "permissions" });
  });
}

testUnprivileged("C10: a folder that may only be read is refused before anything runs", async () => {
  using project = await ForeignProject.make("delete");
  chmodSync(project.data, 0o555);
  await project.showsStatus();
  for (const command of WRITING)
    await project.refuses(command, { exitCode: 4, code: "DATABASE_READONLY", hint: "folder" });
  expect(readdirSync(project.data)).toEqual(["app.db", "app.db.godwit"]);
});

// Not even a reader can do without the -shm file: https://sqlite.org/wal.html#read_only_databases
testUnprivileged("C10: in such a folder a WAL database cannot even be read, and that is said", async () => {
  using project = await ForeignProject.make("wal");
  chmodSync(project.data, 0o555);
  for (const command of [["status"], ...WRITING])
    await project.refuses(command, { exitCode: 4, code: "DATABASE_READONLY", hint: "folder" });
});

testUnprivileged(
  "C10: a restore point is made where its folder may be written to, and not be looked into",
  async () => {
    using project = await ForeignProject.make("delete");
    rmSync(`${project.path}.godwit`, { recursive: true });
    chmodSync(project.data, 0o333);
    expect(await project.unprivileged("backup", "--db", "data/app.db")).toMatchObject({
      stderr: "",
      exitCode: 0,
    });
    chmodSync(project.data, 0o777);
    expect(readdirSync(`${project.path}.godwit`)).toContainEqual(expect.stringMatching(/^\d{8}T\d{6}Z\.db$/));
  },
);

testUnprivileged("C10: no database is made in a folder that may only be read", async () => {
  using project = await ForeignProject.make("delete");
  renameSync(project.path, project.root.join("app.db"));
  rmSync(`${project.path}.godwit`, { recursive: true });
  chmodSync(project.data, 0o555);
  await project.refuses(["migrate"], { exitCode: 4, code: "DATABASE_READONLY", hint: "folder" });
  expect(readdirSync(project.data)).toEqual([]);
});
