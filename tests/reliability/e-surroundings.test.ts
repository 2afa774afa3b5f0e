import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { GODWIT, startProcess } from "../support/run-godwit.ts";
import { openToEveryone, runUnprivileged, testUnprivileged } from "../support/unprivileged.ts";
import { JOURNAL_MODES, standing } from "./journal-modes.ts";

const INTRUDER = 'require("node:fs").writeFileSync(__dirname + "/intruded", "");\n';
const COMMANDS = [["migrate"], ["status"], ["status", "--check"], ["create", "x"], ["help"], ["version"]];

/** Runs all that an untrusted folder might be asked, and looks for what its code would have left. */
async function intrudes(project: CliProject, env: Readonly<Record<string, string>> = {}): Promise<boolean> {
  for (const args of COMMANDS) {
    const { stderr, exitCode } = await project.godwitWith(env, ...args, "--db", "app.db");
    expect({ args, stderr, exitCode }).toEqual({ args, stderr: "", exitCode: 0 });
  }
  const names = readdirSync(project.cwd, { recursive: true, encoding: "utf8" });
  return names.some((name) => name.endsWith("intruded"));
}

describe("what lies in an untrusted folder", () => {
  test("E1: a .env sets nothing unless it is named", async () => {
    using project = new CliProject();
    project.tables(1);
    for (const name of [".env", ".env.local", ".env.development", ".env.production", ".env.test"])
      project.root.write(
        name,
        "GODWIT_DB=evil.db\nDATABASE_URL=evil.db\nGODWIT_DIR=evil\nGODWIT_TABLE=evil\nBUN_OPTIONS=--preload ./x.ts\n",
      );
    expect((await project.godwit("migrate")).exitCode).toBe(2);
    expect((await project.migrate()).exitCode).toBe(0);
    expect(project.applied()).toEqual([1]);
    const named = await project.godwit("status", "--env-file", ".env", "--dir", "migrations");
    expect(named.stdout).toContain("evil.db");
    expect(existsSync(project.root.join("evil.db"))).toBe(false);
  });

  test.each([
    [
      "E2",
      "bunfig.toml",
      'preload = ["./evil.ts"]\n[run]\npreload = ["./evil.ts"]\n[test]\npreload = ["./evil.ts"]\n',
    ],
    ["E2", ".bunfig.toml", 'preload = ["./evil.ts"]\n'],
    ["E2", "migrations/bunfig.toml", 'preload = ["../evil.ts"]\n'],
    [
      "E3",
      "tsconfig.json",
      '{"compilerOptions":{"paths":{"*":["./evil.ts"],"bun:sqlite":["./evil.ts"]},"jsxImportSource":"./evil.ts"}}',
    ],
    [
      "E3",
      "migrations/tsconfig.json",
      '{"compilerOptions":{"paths":{"bun:sqlite":["../evil.ts"],"node:fs":["../evil.ts"]}}}',
    ],
    [
      "E3",
      "package.json",
      '{"imports":{"#x":"./evil.ts"},"exports":"./evil.ts","main":"./evil.ts","scripts":{"preinstall":"touch intruded"}}',
    ],
    [
      "E3",
      "migrations/package.json",
      '{"type":"commonjs","browser":{"bun:sqlite":"../evil.ts"},"scripts":{"preinstall":"touch intruded"}}',
    ],
    ["E3", "node_modules/bun:sqlite/index.js", INTRUDER],
    ["E3", "node_modules/citty/index.js", INTRUDER],
  ])("%s: a hostile %s runs no code", async (_, name, content) => {
    using project = new CliProject();
    project.root.write("evil.ts", INTRUDER);
    project.root.write(name, content);
    project.tables(1);
    project.write(
      2,
      'import { Database } from "bun:sqlite";\nexport function up(db: Database) { db.run("CREATE TABLE t2 (id)"); }\n',
      "ts",
    );
    expect(await intrudes(project)).toBe(false);
    expect(project.applied()).toEqual([1, 2]);
  });

  test("E4: looking at a folder, and all that is refused or asks first, imports none of its code", async () => {
    using project = await standing();
    project.write(2, `${INTRUDER}export function up() {}\nexport function down() {}\n`, "ts");
    project.root.write("migrations/helper.ts", INTRUDER);
    for (const args of [
      ["status"],
      ["status", "--check"],
      ["status", "--json"],
      ["create", "x"],
      ["mark", v(2), "--applied"],
      ["mark", v(2), "--pending"],
    ])
      await project.godwit(...args, "--db", "app.db");
    expect(existsSync(project.root.join("migrations/intruded"))).toBe(false);
    await project.migrate("--to", v(2));
    expect(existsSync(project.root.join("migrations/intruded"))).toBe(true);
  });

  test.each([["migrate"], ["rollback"]])(
    "E4: %s refused for another file imports nothing",
    async (command) => {
      using project = await standing();
      project.write(1, `${INTRUDER}export function up() {}\nexport function down() {}\n`, "ts");
      project.remove(1);
      project.write(2, `${INTRUDER}export function up() {}\nexport function down() {}\n`, "ts");
      project.root.write(`migrations/${v(2)}_twin.sql`, "SELECT 1;\n");
      expect((await project.godwit(command, "--db", "app.db")).exitCode).toBe(3);
      expect(existsSync(project.root.join("migrations/intruded"))).toBe(false);
    },
  );
});

describe.each(JOURNAL_MODES)("what is left on the disk, journal mode %s", (mode) => {
  test("E19: the lock is the database's: no file stands for it, during a run or after a kill", async () => {
    using project = await standing(mode);
    project.write(
      2,
      'export async function up(db, { log }) { db.run("CREATE TABLE t2 (id)"); log("begun"); await Bun.sleep(60_000); }\n',
      "ts",
    );
    const child = startProcess([GODWIT, "migrate", "--db", "app.db"], { cwd: project.cwd });
    for await (const chunk of child.stderr) if (new TextDecoder().decode(chunk).includes("begun")) break;
    const own = (name: string) =>
      !/^app\.db(-journal|-wal|-shm|\.godwit)?$/.test(name) && name !== "migrations";
    expect(readdirSync(project.cwd).filter(own)).toEqual([]);
    child.kill("SIGKILL");
    await child.exited;
    project.remove(2, "ts");
    project.tables(2);
    expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
    expect(project.applied()).toEqual([1, 2]);
    expect(
      readdirSync(project.cwd)
        .filter((name) => name !== "migrations")
        .sort(),
    ).toEqual(["app.db", "app.db.godwit"]);
  });
});

testUnprivileged("E18: a new database obeys the umask", async () => {
  using project = new CliProject();
  project.tables(1);
  await openToEveryone(project.cwd);
  for (const [mask, mode] of [
    ["077", 0o600],
    ["027", 0o640],
    ["022", 0o644],
  ] as const) {
    const line = `umask ${mask}; exec "$0" migrate --db app${mask}.db`;
    const { exitCode } = await runUnprivileged(["sh", "-c", line, GODWIT], { cwd: project.cwd });
    expect(exitCode).toBe(0);
    expect(statSync(project.root.join(`app${mask}.db`)).mode & 0o777).toBe(mode);
  }
});

test("E18: create writes through no link that was laid in its way", async () => {
  using project = new CliProject();
  const victim = project.root.write("victim", "as it was");
  const now = Date.now();
  for (let second = -1; second < 60; second++) {
    const version = new Date(now + second * 1000).toISOString().replace(/\D/g, "").slice(0, 14);
    symlinkSync(victim, join(project.folder, `${version}_x.sql`));
  }
  await project.godwit("create", "x", "--format", "sql");
  expect(readFileSync(victim, "utf8")).toBe("as it was");
});
