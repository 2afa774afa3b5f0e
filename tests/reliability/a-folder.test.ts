import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { digestOf } from "../support/digest.ts";
import { v } from "../support/intent.ts";
import { refused } from "../support/refused.ts";
import { type Ended, GODWIT, runProcess } from "../support/run-godwit.ts";
import { openToEveryone, runUnprivileged, testUnprivileged } from "../support/unprivileged.ts";
import { JOURNAL_MODES, SOUND, soundness, standing } from "./journal-modes.ts";
import { FILE, PLAIN } from "./one-file.ts";

/** A file that is opened although it is none may never answer. */
function inThreeSeconds(project: CliProject, ...args: readonly string[]): Promise<Ended> {
  return runProcess(["timeout", "3", GODWIT, ...args, "--db", "app.db"], { cwd: project.cwd });
}

describe("what lies in the folder of the migrations", () => {
  test("A36: a folder that is named like a migration is refused by its name", async () => {
    using project = await standing();
    mkdirSync(project.root.join(FILE));
    for (const args of [["migrate"], ["status"], ["rollback"]]) {
      const refusal = await refused(project, ...args);
      expect(refusal).toMatchObject({ exitCode: 3, code: "MIGRATION_NAME_INVALID", place: FILE });
      expect(refusal.text).not.toContain("EISDIR");
    }
    rmSync(project.root.join(FILE), { recursive: true });
    project.root.write(FILE, PLAIN);
    expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
  });

  test.each(["inside", "outside"])("A37: a link to a file %s the folder is that file", async (where) => {
    using project = await standing();
    const target = where === "inside" ? "migrations/shared/two.txt" : "elsewhere/two.txt";
    const file = project.root.write(target, PLAIN);
    symlinkSync(file, project.root.join(FILE));
    expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
    expect(project.applied()).toEqual([1, 2]);
    expect(project.column("SELECT id FROM t2")).toEqual([1]);
    project.root.write(target, PLAIN.replace("(1)", "(2)"));
    expect(await refused(project)).toMatchObject({ exitCode: 3, code: "MIGRATION_CHANGED", place: FILE });
  });

  test.each([
    ["that leads nowhere", "nowhere.sql"],
    ["to itself", `${v(2)}_step_2.sql`],
    ["to a folder", "."],
    ["to a device", "/dev/zero"],
    ["to the database", "../app.db"],
  ])("A37: a link %s is refused by its name", async (_, target) => {
    using project = await standing();
    symlinkSync(target, project.root.join(FILE));
    expect(await refused(project)).toMatchObject({ exitCode: 3, place: expect.stringContaining(FILE) });
    expect(soundness(project)).toEqual(SOUND);
  });

  test.each([
    ["pipe", `mkfifo ${FILE}`],
    ["link to a pipe", `mkfifo pipe && ln -s ../pipe ${FILE}`],
    [
      "socket",
      `'${process.execPath}' -e 'require("net").createServer().listen("${FILE}", () => process.exit())'`,
    ],
  ])("A38: a %s that is named like a migration is refused and never opened", async (_, make) => {
    using project = await standing();
    expect(await project.shell(make)).toMatchObject({ stderr: "", exitCode: 0 });
    for (const args of [["migrate"], ["status"], ["rollback"], ["mark", v(2), "--applied"]]) {
      const { stderr, exitCode } = await inThreeSeconds(project, ...args);
      expect({ args, exitCode }).toEqual({ args, exitCode: 3 });
      expect(stderr).toStartWith("error[MIGRATION_NAME_INVALID] ");
      expect(stderr).toContain(`\n  ${FILE}\n`);
    }
    expect(project.applied()).toEqual([1]);
  });

  test("A38: nor is a pipe in the place of the database", async () => {
    using project = new CliProject();
    project.tables(1);
    await project.shell("mkfifo app.db");
    const { stderr, exitCode } = await inThreeSeconds(project, "migrate");
    expect(exitCode).toBe(4);
    expect(stderr).toContain("hint: ");
  });

  test("A44: a folder that is missing, a file, or empty is told from a folder with nothing to do", async () => {
    using project = await standing();
    const done = await project.migrate();
    expect(done).toMatchObject({ stderr: "", exitCode: 0 });
    project.root.write("plain", "");
    mkdirSync(project.root.join("empty"));
    for (const dir of ["missing", "plain", "empty"]) {
      const refusal = await refused(project, "migrate", "--dir", dir);
      expect(refusal).toMatchObject({ exitCode: 2, code: "MIGRATIONS_NOT_FOUND" });
      expect(refusal.message).toContain(dir);
    }
    const messages = new Set<string>();
    for (const dir of ["missing", "plain", "empty"])
      messages.add((await refused(project, "migrate", "--dir", dir)).message.replaceAll(dir, "DIR"));
    expect(messages.size).toBe(3);
  });

  test("A44: a new database is not made for such a folder", async () => {
    using project = new CliProject();
    for (const dir of ["missing", "migrations"])
      expect((await refused(project, "migrate", "--dir", dir)).exitCode).toBe(2);
    expect(project.exists()).toBe(false);
  });

  const LEFTOVERS = [
    `.${v(2)}_a.sql.swp`,
    `${v(2)}_a.sql.swp`,
    `${v(2)}_a.sql~`,
    `.#${v(2)}_a.sql`,
    `#${v(2)}_a.sql#`,
    ".DS_Store",
    `._${v(2)}_a.sql`,
    "Thumbs.db",
    "4913",
    `${v(2)}_a.sql.orig`,
    `${v(2)}_a.sql.bak`,
    `${v(2)}_a.sql.tmp`,
    "README.md",
  ];

  test("A45: what editors and systems leave behind is left alone", async () => {
    using project = await standing();
    for (const name of LEFTOVERS) project.root.write(`migrations/${name}`, "DROP TABLE kept;\n\0");
    symlinkSync("user@host.1234", project.root.join(`migrations/.#${v(3)}_a.sql`));
    expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
    expect((await project.status("--check")).exitCode).toBe(0);
    expect(project.applied()).toEqual([1]);
    expect(soundness(project)).toEqual(SOUND);
  });

  test.each([
    `${v(2)}_a (1).sql`,
    `${v(2)}_a.sql `,
    `${v(2)}-a.sql`,
    `${v(2)}.sql`,
    `${v(2)}_.sql`,
    `${v(2)} a.sql`,
    `${v(2)}_a.TS`,
    "2_a.sql",
  ])("A45: what looks like a migration and is none is an error: %j", async (name) => {
    using project = await standing();
    project.root.write(`migrations/${name}`, PLAIN);
    const refusal = await refused(project);
    expect(refusal).toMatchObject({
      exitCode: 3,
      code: "MIGRATION_NAME_INVALID",
      place: `migrations/${name}`,
    });
  });
});

describe.each(JOURNAL_MODES)("what may not be read, journal mode %s", (mode) => {
  async function refusedToNobody(project: CliProject): Promise<Ended> {
    const before = digestOf(project.path);
    const ended = await runUnprivileged([GODWIT, "migrate", "--db", "app.db"], { cwd: project.cwd });
    expect(digestOf(project.path)).toBe(before);
    expect(ended.stderr).toContain("\n  hint: ");
    return ended;
  }

  testUnprivileged("A39: a file of mode 000 is refused before anything is run", async () => {
    using project = await standing(mode);
    project.tables(2, 3);
    await openToEveryone(project.cwd);
    chmodSync(project.file(3), 0o000);
    const { stderr, exitCode } = await refusedToNobody(project);
    expect(exitCode).toBe(3);
    expect(stderr).toStartWith("error[MIGRATION_UNREADABLE] ");
    expect(stderr).toContain(`\n  migrations/${v(3)}_step_3.sql\n  unchanged: nothing was run\n`);
    expect(project.applied()).toEqual([1]);
    chmodSync(project.file(3), 0o644);
    const mended = await runUnprivileged([GODWIT, "migrate", "--db", "app.db"], { cwd: project.cwd });
    expect(mended).toMatchObject({ stderr: "", exitCode: 0 });
    expect(project.applied()).toEqual([1, 2, 3]);
  });

  testUnprivileged("A39: so is code, and an applied file that cannot be compared", async () => {
    using project = await standing(mode);
    project.write(2, 'export function up(db) { db.run("CREATE TABLE t2 (id)"); }\n', "ts");
    await openToEveryone(project.cwd);
    chmodSync(project.file(2, "ts"), 0o000);
    expect(await refusedToNobody(project)).toMatchObject({ exitCode: 3 });
    chmodSync(project.file(2, "ts"), 0o644);
    chmodSync(project.file(1), 0o000);
    expect(await refusedToNobody(project)).toMatchObject({ exitCode: 3 });
    expect(project.applied()).toEqual([1]);
    expect(soundness(project)).toEqual(SOUND);
  });

  testUnprivileged.each([
    ["may be neither listed nor entered", 0o000],
    ["may not be listed", 0o311],
  ])("A44: a folder that %s is refused", async (_, permissions) => {
    using project = await standing(mode);
    project.tables(2);
    await openToEveryone(project.cwd);
    chmodSync(project.folder, permissions);
    const { stderr, exitCode } = await refusedToNobody(project);
    chmodSync(project.folder, 0o755);
    expect(exitCode).toBe(2);
    expect(stderr).toStartWith("error[MIGRATIONS_NOT_FOUND] ");
  });

  testUnprivileged("A44: a folder whose files may not be reached is refused", async () => {
    using project = await standing(mode);
    project.tables(2);
    await openToEveryone(project.cwd);
    chmodSync(project.folder, 0o644);
    const { stderr, exitCode } = await refusedToNobody(project);
    chmodSync(project.folder, 0o755);
    expect(exitCode).toBe(3);
    expect(stderr).toContain("permission");
    renameSync(project.folder, project.root.join("moved"));
    expect((await refusedToNobody(project)).exitCode).toBe(2);
  });
});
