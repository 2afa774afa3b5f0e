import { expect, test } from "bun:test";
import { existsSync, linkSync, mkdirSync, readdirSync, realpathSync, statSync, symlinkSync } from "node:fs";
import { networkFileSystem } from "../../src/databases/sqlite/file-oddities.ts";
import { CliProject } from "../support/cli-project.ts";
import { expectRefused } from "../support/expect-refused.ts";
import { v } from "../support/intent.ts";
import { documentOf } from "../support/run-godwit.ts";
import { JOURNAL_MODES } from "./journal-modes.ts";

/** What needs a database, apart from `migrate`. */
const OTHERS = [["rollback"], ["redo"], ["mark", v(1), "--applied"]];
const ALL = [["migrate"], ["status"], ...OTHERS];

function projectWith(...numbers: number[]): CliProject {
  const project = new CliProject();
  project.tables(...numbers);
  return project;
}

test("C1: a database in a folder that is missing is refused, and the folder is not made", async () => {
  using project = projectWith(1);
  for (const args of [["migrate"], ...OTHERS]) {
    await expectRefused(project, [...args, "--db", "no/such/app.db"], {
      exitCode: 4,
      code: "DATABASE_NOT_FOUND",
      message: /there is no (folder|database) .*no\/such/,
      hint: "check the path",
    });
  }
  expect((await project.godwit("status", "--db", "no/such/app.db")).exitCode).toBe(0);
  expect(existsSync(project.root.join("no"))).toBe(false);
});

test("C2: a folder is no database", async () => {
  using project = projectWith(1);
  mkdirSync(project.path);
  for (const args of ALL) {
    await expectRefused(project, [...args, "--db", "app.db"], {
      exitCode: 4,
      code: "NOT_A_DATABASE",
      message: `${project.path} is a folder`,
    });
  }
  expect(readdirSync(project.path)).toEqual([]);
});

test("C2: the next step for a folder is to name a file in it, not to look for a key", async () => {
  using project = projectWith(1);
  mkdirSync(project.path);
  const { hint } = await expectRefused(project, ["migrate", "--db", "app.db"], {
    exitCode: 4,
    code: "NOT_A_DATABASE",
  });
  expect(hint).not.toContain("encrypted");
});

/** What is neither a file nor a folder, made at `$0`. */
const NO_FILES: Readonly<Record<string, string>> = {
  "a named pipe": 'mkfifo "$0"',
  "a device": 'ln -s /dev/null "$0"',
};

test.each(Object.keys(NO_FILES))("C2: %s is no database, and nothing is run on it", async (what) => {
  using project = projectWith();
  project.write(
    1,
    'import { writeFileSync } from "node:fs"; export function up() { writeFileSync("ran", ""); }',
    "ts",
  );
  await project.shell(NO_FILES[what]!.replace("$0", project.path));
  for (const args of ALL) {
    const { stderr, exitCode } = await project.godwit(...args, "--db", "app.db");
    expect({ args, exitCode }).toEqual({ args, exitCode: 4 });
    expect(stderr).toContain("\n  unchanged: nothing was run\n");
    expect(stderr).toContain("\n  hint: ");
  }
  expect(existsSync(project.root.join("ran"))).toBe(false);
});

test("C3: only migrate makes a database, and says so", async () => {
  using project = projectWith(1);
  const shown = await project.status();
  expect(shown).toMatchObject({ stderr: "", exitCode: 0 });
  expect(shown.stdout).toContain("(not there yet)");
  expect((await project.status("--check")).exitCode).toBe(1);
  for (const args of OTHERS) {
    await expectRefused(project, [...args, "--db", "app.db"], { exitCode: 4, code: "DATABASE_NOT_FOUND" });
  }
  await expectRefused(project, ["migrate", "--db", "app.db", "--must-exist"], {
    exitCode: 4,
    code: "DATABASE_NOT_FOUND",
  });
  expect(project.exists()).toBe(false);
  expect((await project.migrate()).stdout).toStartWith(`creating ${project.path}\n`);
  const made = await project.godwit("migrate", "--db", "other.db", "--json");
  expect(documentOf(made)).toMatchObject({ created: true });
  expect(documentOf(await project.migrate("--json"))).toMatchObject({ created: false });
});

// SQLite takes a file of one byte for an empty one, too: findInodeInfo in https://sqlite.org/src/file/src/os_unix.c
test("C6: a file that holds less than a page of any database is none", async () => {
  using project = projectWith(1);
  for (const content of ["xx", "x".repeat(511)]) {
    await Bun.write(project.path, content);
    for (const args of ALL)
      await expectRefused(project, [...args, "--db", "app.db"], { exitCode: 4, code: "NOT_A_DATABASE" });
  }
});

test.each(["", "x"])("C6: a file that holds %j is a new database", async (content) => {
  using project = projectWith(1);
  await Bun.write(project.path, content);
  expect(await project.status()).toMatchObject({ stderr: "", exitCode: 0 });
  expect(await Bun.file(project.path).text()).toBe(content);
  expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
  expect(project.applied()).toEqual([1]);
  expect(project.column("PRAGMA integrity_check")).toEqual(["ok"]);
});

test.each([" ", ":memory:", "sqlite::memory:", "file::memory:"])(
  "C30: %j, a database that would end with the command, is refused",
  async (name) => {
    using project = projectWith(1);
    for (const args of ALL) {
      await expectRefused(project, [...args, `--db=${name}`], { exitCode: 2, code: "DATABASE_URL_INVALID" });
    }
    expect(readdirSync(project.cwd)).toEqual(["migrations"]);
  },
);

test("C30: an empty name is refused", async () => {
  using project = projectWith(1);
  for (const args of ALL)
    await expectRefused(project, [...args, "--db="], { exitCode: 2, code: "MISSING_VALUE" });
  const { stderr, exitCode } = await project.godwitWith({ GODWIT_DB: "" }, "migrate");
  expect(exitCode).toBe(2);
  expect(stderr).toStartWith("error[DATABASE_NOT_NAMED] ");
  expect(readdirSync(project.cwd)).toEqual(["migrations"]);
});

/** A name as it is given, and the file that it must mean. */
const ODD_NAMES: Readonly<Record<string, string>> = {
  "what?.db": "what?.db",
  "a#1.db": "a#1.db",
  "a%20b.db": "a%20b.db",
  "a b.db": "a b.db",
  "./ lead.db": " lead.db",
  'it\'s "q".db': 'it\'s "q".db',
  "ä€😀.db": "ä€😀.db",
  "-dash.db": "-dash.db",
  "a;b&c|d.db": "a;b&c|d.db",
  "a*b[c].db": "a*b[c].db",
  "a\\b.db": "a\\b.db",
  "./a:b.db": "a:b.db",
  "./:memory:": ":memory:",
  "sqlite:x.db": "x.db",
  "file:x.db": "x.db",
  "SQLite:./x.db": "x.db",
  "file:a%20b%3F%23.db": "a b?#.db",
  "no-extension": "no-extension",
};

test.each(Object.entries(ODD_NAMES))("C31: %j is the file %j and no other", async (name, file) => {
  using project = projectWith(1);
  expect(await project.godwit("migrate", `--db=${name}`)).toMatchObject({ stderr: "", exitCode: 0 });
  expect(readdirSync(project.cwd).sort()).toEqual([file, `${file}.godwit`, "migrations"].sort());
  const shown = documentOf(await project.godwit("status", `--db=${name}`, "--json"));
  expect(shown).toMatchObject({ database: project.root.join(file), summary: { applied: 1 } });
});

test.each([
  " lead.db",
  "trail.db ",
  "a\nb.db",
  "sqlite:",
  "sqlite://host/x.db",
  "file:x.db?mode=ro",
  "file:x.db#1",
  "sqlite:100%.db",
  "file:a%00b.db",
  "oracle:x",
  "postgres://me:s3cret@host/x",
])("C31: %j is refused", async (name) => {
  using project = projectWith(1);
  for (const args of ALL) {
    const { message } = await expectRefused(project, [...args, `--db=${name}`], {
      exitCode: 2,
      code: "DATABASE_URL_INVALID",
    });
    expect(message).not.toContain("s3cret");
  }
  expect(readdirSync(project.cwd)).toEqual(["migrations"]);
});

test("C31: a path longer than the system takes is refused", async () => {
  using project = projectWith(1);
  await expectRefused(project, ["migrate", "--db", `${"x".repeat(300)}.db`], {
    exitCode: 4,
    code: "DATABASE_FAILED",
  });
});

test.each(JOURNAL_MODES)(
  "C32: through a symbolic link the journal stands beside the file itself (%s)",
  async (mode) => {
    using project = projectWith(1, 2);
    mkdirSync(project.root.join("data"));
    mkdirSync(project.root.join("run"));
    const target = project.root.join("data/real.db");
    const link = project.root.join("run/link.db");
    symlinkSync("../data/real.db", link);
    const seen = project.root.join("seen");
    const look = `import { readdirSync, writeFileSync } from "node:fs";
      export function up(db) { db.run("CREATE TABLE t3 (id); INSERT INTO t3 VALUES (randomblob(1))");
        db.run("PRAGMA cache_size = 1"); db.run("CREATE TABLE big AS WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 500) SELECT randomblob(900) AS x FROM c");
        writeFileSync(${JSON.stringify(seen)}, [...readdirSync("run"), ...readdirSync("data").sort()].join(" ")); }`;
    project.write(3, look, "ts");
    expect((await project.godwit("migrate", "--db", "run/link.db", "--steps", "1")).exitCode).toBe(0);
    await project.shell(`"${process.execPath}" -e '
      new (require("bun:sqlite").Database)("data/real.db").run("PRAGMA journal_mode = ${mode}")'`);
    expect(await project.godwit("migrate", "--db", "run/link.db")).toMatchObject({ stderr: "", exitCode: 0 });
    expect(await Bun.file(seen).text()).toMatch(
      /^link\.db real\.db real\.db-(journal|shm real\.db-wal) real\.db\.godwit$/,
    );
    expect(realpathSync(link)).toBe(target);
    const status = documentOf(await project.godwit("status", "--db", "data/real.db", "--json"));
    expect(status).toMatchObject({ summary: { applied: 3 } });
  },
);

test("C32: a link to nothing makes its target, and a loop of links is refused", async () => {
  using project = projectWith(1);
  symlinkSync("real.db", project.path);
  symlinkSync("loop.db", project.root.join("loop.db"));
  expect((await project.status()).exitCode).toBe(0);
  expect(existsSync(project.root.join("real.db"))).toBe(false);
  expect(await project.migrate()).toMatchObject({ exitCode: 0, stderr: "" });
  expect(statSync(project.root.join("real.db")).size).toBeGreaterThan(0);
  expect(project.applied()).toEqual([1]);
  const { stderr, exitCode } = await project.godwit("migrate", "--db", "loop.db");
  expect(exitCode).toBe(4);
  expect(stderr).toContain("\n  unchanged: nothing was run\n");
  expect(stderr).toContain("\n  hint: ");
});

// SQLite names the journal after the name that was opened, so two names of one file have two journals:
// https://sqlite.org/howtocorrupt.html#_multiple_links_to_the_same_file
test("C32: a file with a second name (a hard link) is warned of", async () => {
  using project = projectWith(1);
  project.exec("CREATE TABLE present (id)");
  linkSync(project.path, project.root.join("twin.db"));
  const { stderr, exitCode } = await project.migrate();
  expect(exitCode).toBe(0);
  expect(project.applied()).toEqual([1]);
  expect(stderr).toMatch(/link|name/);
});

// No network file system can be mounted here; what the system says of one is known (https://man7.org/linux/man-pages/man2/statfs.2.html).
test.each([
  [0x6969, "NFS"],
  [-0xacb2be, "CIFS"],
  [0xff534d42, "CIFS"],
  [0xef53, null],
  [0x01021994, null],
])("C34: a file system of type %d is a network's: %s", (type, name) => {
  expect(networkFileSystem(type)).toBe(name);
});

test("C34: a database on a disk of this machine is not warned of", async () => {
  using project = projectWith(1);
  expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
});
