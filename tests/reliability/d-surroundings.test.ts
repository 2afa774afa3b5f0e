import { expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { CliProject } from "../support/cli-project.ts";
import { errorIn } from "../support/expect-refused.ts";
import { expectRecovery, expectWhole, populate } from "../support/expect-whole.ts";
import { GODWIT, runProcess, startProcess } from "../support/run-godwit.ts";
import { JOURNAL_MODES } from "./journal-modes.ts";

setDefaultTimeout(60_000);

const README = readFileSync(resolve(import.meta.dir, "../../README.md"), "utf8");

/** Two migrations in SQL and one in TypeScript. */
function mixedProject(mode = "delete"): CliProject {
  const project = new CliProject();
  populate(project, mode, 2);
  project.write(
    3,
    'export async function up(db: any): Promise<void> { await 0; db.run("CREATE TABLE t3 (id)"); }',
    "ts",
  );
  return project;
}

/** Whether a command works here; if not, a line says what is skipped. */
async function works(what: string, ...command: readonly string[]): Promise<boolean> {
  const isThere = Bun.which(command[0]!) !== null;
  const isWorking = isThere && (await runProcess(command, { cwd: "/" })).exitCode === 0;
  if (!isWorking) console.log(`skipped: ${what} needs: ${command.join(" ")}`);
  return isWorking;
}

const hasLimits = await works("a limit on resources", "prlimit", "--nofile=64", "true");
const hasProcesses = await works("process number 1", "unshare", "-rpf", "true");
const hasMounts = await works("a read-only root", "unshare", "-rm", "mount", "-o", "remount,bind,ro", "/");
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log("skipped: a user without a name needs root");

test("D21: in a folder that is gone, every command fails and says so", async () => {
  using project = mixedProject();
  const line = 'mkdir gone && cd gone && rmdir ../gone && "$GODWIT"';
  for (const words of ["status --db app.db", `migrate --db ${project.path} --dir ${project.folder}`]) {
    const { stdout, stderr, exitCode } = await project.shell(`${line} ${words}`);
    // Bun's own words and code: it ends before any code of godwit runs.
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
    expect(stderr).toContain("current working directory was deleted");
  }
  expect(expectWhole(project)).toBe(0);
});

const BARE = [
  "env -i",
  "env -i LANG=C LC_ALL=C",
  "env -i HOME=/nonexistent",
  "env -i HOME= PATH= TMPDIR= TERM= LANG=xx_YY.latin-9",
];

test.each(BARE)("D22: with next to no environment all works (%s)", async (lead) => {
  using project = mixedProject();
  const made = await project.shell(`${lead} "$GODWIT" migrate --db app.db`);
  expect(made).toMatchObject({ stderr: "", exitCode: 0 });
  expect(await project.shell(`${lead} "$GODWIT" status --check --db app.db`)).toMatchObject({
    stderr: "",
    exitCode: 0,
  });
  expect(await project.shell(`${lead} "$GODWIT" create "ä b"`)).toMatchObject({ stderr: "", exitCode: 0 });
  expect(expectWhole(project)).toBe(3);
});

/** A mask, and the mode of a new database under it: SQLite asks for 0644. */
const MASKS: Readonly<Record<string, number>> = {
  "000": 0o644,
  "022": 0o644,
  "027": 0o640,
  "077": 0o600,
  "277": 0o400,
};

test.each(Object.entries(MASKS))(
  "D23: under umask %s a new database has no wider mode than that allows",
  async (mask, mode) => {
    using project = new CliProject();
    project.tables(1);
    const { exitCode } = await project.shell(`umask ${mask}; "$GODWIT" migrate --db app.db`);
    expect(exitCode).toBe(0);
    expect((statSync(project.path).mode & 0o777).toString(8)).toBe(mode.toString(8));
    expect((await project.shell(`umask ${mask}; "$GODWIT" create x`)).exitCode).toBe(0);
    for (const name of readdirSync(project.folder).filter((file) => file.endsWith("_x.sql")))
      expect(statSync(`${project.folder}/${name}`).mode & Number.parseInt(mask, 8)).toBe(0);
  },
);

test.each(JOURNAL_MODES)(
  "D23: the journal has the mode of the database, whatever the mask (%s)",
  async (mode) => {
    using project = mixedProject(mode);
    await project.shell("chmod 600 app.db");
    project.write(
      4,
      `import { readdirSync, statSync, writeFileSync } from "node:fs";
     export function up(db) { db.run("PRAGMA cache_size = 1"); db.run("CREATE TABLE t4 AS SELECT randomblob(9000) AS x FROM present");
       const files = readdirSync(".").filter((name) => /^app.db(-|$)/.test(name));
       writeFileSync("modes", files.map((name) => name + " " + (statSync(name).mode & 0o777).toString(8)).join("\\n")); }`,
      "ts",
    );
    expect((await project.shell('umask 000; "$GODWIT" migrate --db app.db')).exitCode).toBe(0);
    const modes = (await Bun.file(project.root.join("modes")).text()).split("\n");
    expect(modes.length).toBeGreaterThan(1);
    for (const line of modes) expect(line).toEndWith(" 600");
  },
);

test.skipIf(!hasLimits)("D24: sixteen open files are enough", async () => {
  for (const mode of JOURNAL_MODES) {
    using project = mixedProject(mode);
    const ended = await project.shell('prlimit --nofile=16 "$GODWIT" migrate --db app.db');
    expect(ended).toMatchObject({ stderr: "", exitCode: 0 });
    expect(expectWhole(project)).toBe(3);
  }
});

test.skipIf(!hasLimits)("D24: with fewer, the run works or fails without a trace", async () => {
  for (const count of [3, 4, 5, 6, 7, 8, 10, 12]) {
    using project = mixedProject();
    const { stdout, stderr, exitCode } = await project.shell(
      `prlimit --nofile=${count} "$GODWIT" migrate --db app.db`,
    );
    const isDone = expectWhole(project, { count, stderr }) === 3;
    expect({ count, isDone: exitCode === 0 }).toEqual({ count, isDone });
    if (!isDone) expect({ count, stdout, stderr }).toMatchObject({ stderr: expect.stringMatching(/\S/) });
    await expectRecovery(project, 3, count);
  }
});

test.skipIf(!hasLimits)("D24: where files run out, no file is called wrong", async () => {
  using project = mixedProject();
  const { stderr } = await project.shell('prlimit --nofile=6 "$GODWIT" migrate --db app.db');
  expect(stderr).toContain("too many open files");
  expect(stderr).not.toContain("hint: mend");
});

test.skipIf(!hasLimits)("D24: little memory ends the run, and the database is whole", async () => {
  for (const megabytes of [100, 200, 300, 400]) {
    using project = mixedProject();
    const { exitCode } = await project.shell(
      `ulimit -c 0; prlimit --as=${megabytes}000000 "$GODWIT" migrate --db app.db`,
    );
    const isDone = expectWhole(project, { megabytes }) === 3;
    expect({ megabytes, isDone: exitCode === 0 }).toEqual({ megabytes, isDone });
    await expectRecovery(project, 3, megabytes);
  }
});

test.each(["/nonexistent", "/proc", "/dev/null", "", "."])(
  "D25: TMPDIR=%j does not matter",
  async (folder) => {
    using project = mixedProject();
    const { stderr, exitCode } = await project.godwitWith(
      { TMPDIR: folder, TEMP: folder, TMP: folder },
      "migrate",
      "--db",
      "app.db",
    );
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(expectWhole(project)).toBe(3);
    expect(readdirSync(project.cwd).sort()).toEqual(["app.db", "app.db.godwit", "migrations"]);
  },
);

test.skipIf(!hasMounts)("D26: all but the project's folder may be read-only", async () => {
  using project = mixedProject();
  const line = `mount --bind "$PWD" "$PWD" && mount -o remount,bind,ro / && cd "$PWD" &&
    "$GODWIT" migrate --db app.db && "$GODWIT" status --check --db app.db`;
  const { stderr, exitCode } = await runProcess(["unshare", "-rm", "sh", "-c", line], {
    cwd: project.cwd,
    env: { GODWIT, TMPDIR: "/usr" },
  });
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  expect(expectWhole(project)).toBe(3);
});

test.skipIf(!isRoot)("D26: a user without a name or a home can migrate", async () => {
  using project = mixedProject();
  const line = `chmod -R a+rwX . && exec 3<"$GODWIT" && exec setpriv --reuid=54321 --regid=54321 --clear-groups /proc/self/fd/3 migrate --db app.db`;
  expect(await project.shell(line)).toMatchObject({ stderr: "", exitCode: 0 });
  expect(expectWhole(project)).toBe(3);
});

test.skipIf(!hasProcesses)("D26: as process number 1 it migrates and ends", async () => {
  using project = mixedProject();
  project.write(
    4,
    'export function up(db, { log }) { log("I am " + process.pid); db.run("CREATE TABLE t4 (id)"); }',
    "ts",
  );
  const { stderr, exitCode } = await project.shell('unshare -rpf "$GODWIT" migrate --db app.db');
  expect(exitCode).toBe(0);
  expect(stderr).toContain("I am 1\n");
  expect(expectWhole(project)).toBe(4);
});

test("D27: the executable may be replaced while it runs", async () => {
  using project = mixedProject();
  const own = project.root.join("godwit");
  copyFileSync(GODWIT, own);
  project.remove(1);
  project.write(
    1,
    'import { existsSync } from "node:fs"; export async function up(db, { log }) { log("begun"); while (!existsSync("go")) await Bun.sleep(5); db.run("CREATE TABLE t1 (id)"); }',
    "ts",
  );
  const child = startProcess([own, "migrate", "--db", "app.db"], { cwd: project.cwd });
  for await (const chunk of child.stderr) if (new TextDecoder().decode(chunk).includes("begun")) break;
  await project.shell("echo 'another program' > new && chmod +x new && mv new godwit && touch go");
  await child.exited;
  expect({ exitCode: child.exitCode, signal: child.signalCode }).toEqual({ exitCode: 0, signal: null });
  expect(expectWhole(project)).toBe(3);
});

// Bun reads both before any code of godwit runs: who may set the environment may run anything.
test("D27: BUN_OPTIONS and BUN_BE_BUN act on the executable, and the README says so", async () => {
  using project = mixedProject();
  project.root.write("hook.ts", 'require("node:fs").writeFileSync("hooked", "");');
  await project.godwitWith({ BUN_OPTIONS: "--preload ./hook.ts" }, "status", "--db", "app.db");
  expect(readdirSync(project.cwd)).toContain("hooked");
  expect((await project.godwitWith({ BUN_BE_BUN: "1" }, "--version")).stdout).toBe(`${Bun.version}\n`);
  expect(expectWhole(project)).toBe(0);
  expect(["BUN_OPTIONS", "BUN_BE_BUN"].filter((name) => !README.includes(name))).toEqual([]);
});

test("D22: a folder of migrations that is deep and oddly named is found", async () => {
  using project = new CliProject();
  const folder = project.root.join("a b/ä€/…");
  mkdirSync(folder, { recursive: true });
  await Bun.write(
    `${folder}/20260101000001_x.ts`,
    'export function up(db) { db.run("CREATE TABLE t1 (id)"); }',
  );
  const ended = await project.migrate("--dir", "a b/ä€/…");
  expect(ended).toMatchObject({ stderr: "", exitCode: 0 });
  expect(project.applied()).toEqual([1]);
  const json = await project.migrate("--dir", "a b/no", "--json");
  expect(errorIn(json).code).toBe("MIGRATIONS_NOT_FOUND");
});
