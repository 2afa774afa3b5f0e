import { Database } from "bun:sqlite";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { CliProject } from "../support/cli-project.ts";
import { digestOf } from "../support/digest.ts";
import { documentOf, GODWIT, runProcess, startProcess } from "../support/run-godwit.ts";
import { HAS_STRACE } from "../support/strace.ts";
import { TempDir } from "../support/temp-dir.ts";
import { openToEveryone, runUnprivileged, testUnprivileged } from "../support/unprivileged.ts";

setDefaultTimeout(60_000);

const DRY_RUN = ["migrate", "--dry-run", "--db", "app.db"];
const COMMANDS: readonly (readonly string[])[] = [DRY_RUN, ["test", "--db", "app.db"]];

function used(mode = "delete"): CliProject {
  const project = new CliProject();
  project.exec(
    `PRAGMA journal_mode = ${mode}; CREATE TABLE kept (id INTEGER PRIMARY KEY, word TEXT); INSERT INTO kept (word) VALUES ('one')`,
  );
  return project;
}

test("only its owner may look into a copy, and the next one removes what a killed one left", async () => {
  using project = used();
  using temporary = new TempDir();
  const env = { TMPDIR: temporary.path };
  project.sql(1, "UPDATE kept SET word = 'x';", "SELECT 1;");
  project.write(2, 'export async function up(_, { log }) { log("begun"); await Bun.sleep(60_000); }\n', "ts");
  for (const words of COMMANDS) {
    const child = startProcess([GODWIT, ...words], { cwd: project.cwd, env });
    for await (const chunk of child.stderr) if (new TextDecoder().decode(chunk).includes("begun")) break;
    const [folder] = readdirSync(temporary.path);
    const copies = readdirSync(temporary.join(folder!));
    expect(copies).toContain("scratch.db");
    const modes = [".", ...copies].map((name) => statSync(temporary.join(folder!, name)).mode & 0o077);
    expect(modes).toEqual(modes.map(() => 0));
    child.kill("SIGKILL");
    await child.exited;
    expect(readdirSync(temporary.path)).toEqual([folder!]);
    const after = await project.godwitWith(env, "migrate", "--dry-run", "--steps", "1", "--db", "app.db");
    expect(after).toMatchObject({ stderr: "", exitCode: 0 });
    expect(readdirSync(temporary.path)).toEqual([]);
  }
});

test("a -wal that a killed application left stays as it is", async () => {
  using project = used("wal");
  project.sql(1, "UPDATE kept SET word = 'x';", "SELECT 1;");
  const application = `
    import { Database } from "bun:sqlite";
    new Database("app.db").run("INSERT INTO kept (word) VALUES ('two')");
    process.kill(process.pid, "SIGKILL");`;
  const killed = startProcess([process.execPath, "-e", application], { cwd: project.cwd });
  await killed.exited;
  const digests = () => ["", "-wal"].map((end) => digestOf(project.path + end));
  const before = digests();
  expect(before).not.toContain(null);
  for (const words of COMMANDS) {
    const { stdout, stderr } = await project.godwit(...words);
    expect({ words, stderr, digests: digests() }).toEqual({ words, stderr: "", digests: before });
    expect(stdout).toContain(words === DRY_RUN ? "kept: 2 updated" : "failed");
  }
});

test.skipIf(!HAS_STRACE)(
  "a full disk under the copy is told as one, wherever it is met",
  async () => {
    using project = used();
    project.sql(1, "UPDATE kept SET word = hex(zeroblob(200000));", "UPDATE kept SET word = 'one';");
    const before = digestOf(project.path);
    using temporary = new TempDir();
    for (const words of COMMANDS) {
      let isMet = true;
      for (let when = 1; isMet; when += 6) {
        const trace = project.root.join("trace");
        const inject = `inject=pwrite64:error=ENOSPC:when=${when}+`;
        const command = ["strace", "-f", "-o", trace, "-e", "trace=pwrite64", "-e", inject, GODWIT, ...words];
        const ended = await runProcess(command, { cwd: project.cwd, env: { TMPDIR: temporary.path } });
        isMet = (await Bun.file(trace).text()).includes("(INJECTED)");
        const { exitCode } = ended;
        expect({ when, exitCode, left: readdirSync(temporary.path) }).toEqual({
          when,
          exitCode: isMet ? 4 : 0,
          left: [],
        });
        if (!isMet) continue;
        const [first, state] = ended.stderr.split("\n");
        expect(first).toBe(
          `error[DATABASE_FAILED] the disk is full that the copy of ${project.path} is on: ${temporary.path}`,
        );
        expect(state).toBe(`  unchanged: only the copy was worked on, and ${project.path} was not touched`);
      }
    }
    expect(digestOf(project.path)).toBe(before);
    // A run for every sixth write, each of them traced.
  },
  180_000,
);

describe("migrate --dry-run", () => {
  test("gives the document of a rehearsal also where it is refused", async () => {
    using project = used();
    project.sql(1, "COMMIT;");
    const ended = await project.godwit(...DRY_RUN, "--json");
    expect(ended).toMatchObject({ stderr: "", exitCode: 3 });
    expect(documentOf(ended)).toMatchObject({
      dry_run: true,
      applied: [],
      lock: { longest_ms: 0, total_ms: 0 },
      error: { code: "STATEMENT_NOT_ALLOWED" },
    });
    const back = await project.godwit("rollback", "--dry-run", "--db", "app.db", "--json");
    expect(documentOf(back)).toMatchObject({ dry_run: true, rolled_back: [] });
  });

  test("tries what does not touch a table whose order only the application knows", async () => {
    using project = new CliProject();
    const make = `
      import sqlite3
      db = sqlite3.connect("app.db")
      db.create_collation("own", lambda a, b: (a > b) - (a < b))
      db.executescript("CREATE TABLE kept (id INTEGER PRIMARY KEY); CREATE TABLE p (k TEXT COLLATE own PRIMARY KEY) WITHOUT ROWID; INSERT INTO p VALUES ('a')")`;
    if (Bun.which("python3") === null) return;
    await runProcess(["python3", "-c", make.replaceAll("\n      ", "\n")], { cwd: project.cwd });
    project.sql(1, "INSERT INTO kept VALUES (1);", "DELETE FROM kept;");
    const ended = await project.godwit(...DRY_RUN, "--no-backup");
    expect(ended).toMatchObject({ stderr: "", exitCode: 0 });
    expect(ended.stdout).toContain("kept: 1 inserted");
    const [tried, ran] = [await project.godwit(...DRY_RUN), await project.migrate()];
    const first = (text: string) => text.split("\n")[0];
    expect(first(tried.stderr)).toBe(first(ran.stderr));
  });

  testUnprivileged("works for whoever may only read, and says that the run would not", async () => {
    using project = used();
    project.sql(1, "UPDATE kept SET word = 'x';");
    await openToEveryone(project.cwd);
    chmodSync(project.path, 0o444);
    const command = [GODWIT, ...DRY_RUN];
    const ended = await runUnprivileged(command, { cwd: project.cwd });
    expect(ended.stderr).toBe(`note: ${project.path}: you may not write to it: the run itself would fail\n`);
    expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("kept: 1 updated") });
    chmodSync(project.path, 0o000);
    const [tried, ran] = [
      await runUnprivileged(command, { cwd: project.cwd }),
      await runUnprivileged([GODWIT, "migrate", "--db", "app.db"], { cwd: project.cwd }),
    ];
    expect(tried).toMatchObject({ exitCode: 4, stderr: ran.stderr });
  });

  testUnprivileged("needs no right to list the folder of its copies", async () => {
    using project = used();
    project.sql(1, "UPDATE kept SET word = 'x';");
    const folder = project.root.join("hidden");
    await runProcess(["mkdir", folder], { cwd: project.cwd });
    await openToEveryone(project.cwd);
    chmodSync(folder, 0o1733);
    const ended = await runUnprivileged([GODWIT, ...DRY_RUN], { cwd: project.cwd, env: { TMPDIR: folder } });
    expect(ended).toMatchObject({ stderr: "", exitCode: 0 });
    expect(readdirSync(folder)).toEqual([]);
  });
});

test("a copy of a database that others change goes on to the end", async () => {
  using project = used("wal");
  using db = new Database(project.path);
  db.run("CREATE TABLE acknowledged (writer INTEGER, number INTEGER, PRIMARY KEY (writer, number))");
  project.sql(1, "UPDATE kept SET word = 'x';", "SELECT 1;");
  const application = join(import.meta.dir, "../support/busy-application.ts");
  const writer = startProcess([process.execPath, application, project.path, "0"], { cwd: project.cwd });
  await writer.stdout.getReader().read();
  expect((await project.godwit(...DRY_RUN)).exitCode).toBe(0);
  writer.kill("SIGTERM");
  await writer.exited;
  expect(db.query("SELECT word FROM kept").values()).toEqual([["one"]]);
});
