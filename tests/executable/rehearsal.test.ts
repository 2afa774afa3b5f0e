import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { CliProject } from "../support/cli-project.ts";
import { digestOf } from "../support/digest.ts";
import { v } from "../support/intent.ts";
import { documentOf, GODWIT, startProcess } from "../support/run-godwit.ts";
import { HAS_STRACE, runTraced } from "../support/strace.ts";
import { Terminal } from "../support/terminal.ts";

setDefaultTimeout(60_000);

async function used(mode = "delete"): Promise<CliProject> {
  const project = new CliProject();
  project.exec(
    `PRAGMA journal_mode = ${mode}; CREATE TABLE kept (id INTEGER PRIMARY KEY, word TEXT NOT NULL); INSERT INTO kept (word) VALUES ('one'), ('two');
     CREATE TABLE acknowledged (writer INTEGER, number INTEGER, PRIMARY KEY (writer, number))`,
  );
  project.tables(1);
  await project.migrate();
  return project;
}

/** Ways to fail that a rehearsal must tell in the run's own words. */
const FAILURES: readonly (readonly [what: string, sql: string, head?: string])[] = [
  ["a statement", "ALTER TABLE kept ADD COLUMN y INT NOT NULL;"],
  ["a syntax error", "CREATE TABEL x (id);"],
  ["a verify", "CREATE TABLE t2 (id);\n-- verify\nSELECT * FROM kept;"],
  ["foreign keys", "CREATE TABLE child (id REFERENCES kept (id));\nINSERT INTO child VALUES (7);"],
  ["a lost transaction", "INSERT OR ROLLBACK INTO kept VALUES (1, 'x');"],
  ["half of a migration without a transaction", "DELETE FROM kept;\nSELECT nope;", "-- Transaction: off\n"],
  ["a refusal", "COMMIT;"],
];

describe("migrate --dry-run", () => {
  test.each(FAILURES)("tells of %s what the run tells, and changes nothing", async (_, sql, head = "") => {
    using project = await used();
    project.sql(2, sql, null, head);
    const before = digestOf(project.path);
    const tried = await project.migrate("--dry-run");
    expect(digestOf(project.path)).toBe(before);
    const ran = await project.migrate("--no-backup");
    const told = (text: string) =>
      text.split("\n").filter((line) => !/^ {2}(rolled back|left changed|unchanged|hint)/.test(line));
    expect(told(tried.stderr)).toEqual(told(ran.stderr));
    expect([tried.exitCode, ran.exitCode]).toEqual(
      ran.exitCode === 5 ? [4, 5] : [ran.exitCode, ran.exitCode],
    );
  });

  test("tells of code that is refused half-way what the run tells, with its exit code", async () => {
    using project = await used();
    project.write(2, 'export function up(db) { db.run("DELETE FROM kept"); db.run("COMMIT"); }\n', "ts");
    const [tried, ran] = [await project.migrate("--dry-run"), await project.migrate()];
    expect([tried.exitCode, ran.exitCode]).toEqual([4, 4]);
    expect(tried.stderr.split("\n")[0]).toBe(ran.stderr.split("\n")[0]);
  });

  test("gives one document, also where it fails", async () => {
    using project = await used();
    project.sql(2, "UPDATE kept SET word = 'x';");
    const first = await project.migrate("--dry-run", "--json");
    expect(first).toMatchObject({ stderr: "", exitCode: 0 });
    expect(documentOf(first)).toEqual({
      godwit: expect.any(String),
      database: project.path,
      created: false,
      dry_run: true,
      applied: [
        {
          version: v(2),
          description: "Step 2",
          execution_time_ms: expect.any(Number),
          rows: [{ table: "kept", inserted: 0, updated: 2, deleted: 0 }],
          schema_diff: "",
          size_change: 0,
        },
      ],
      lock: { longest_ms: expect.any(Number), total_ms: expect.any(Number) },
      backup: null,
      would_back_up: true,
      violations: [],
      duration_ms: expect.any(Number),
    });
    project.sql(3, "CREATE TABLE t3 (id);\n-- verify\nSELECT word FROM kept;");
    const second = await project.migrate("--dry-run", "--json");
    expect(second.exitCode).toBe(4);
    expect(documentOf(second)).toMatchObject({
      applied: [{ version: v(2) }],
      violations: ["word=x", "word=x"],
      error: {
        code: "VERIFY_FAILED",
        outcome: "unchanged",
        location: { file: `migrations/${v(3)}_step_3.sql` },
      },
    });
  });

  test("needs no database, and makes none", async () => {
    using project = new CliProject();
    project.tables(1);
    expect(await project.migrate("--dry-run")).toMatchObject({
      stderr: "",
      exitCode: 0,
      stdout: expect.stringContaining("would create"),
    });
    expect(project.exists()).toBe(false);
    expect((await project.migrate("--dry-run", "--must-exist")).exitCode).toBe(4);
    expect((await project.godwit("rollback", "--dry-run", "--db", "app.db")).exitCode).toBe(4);
    expect((await project.godwit("test", "--db", "app.db")).exitCode).toBe(0);
    expect(project.exists()).toBe(false);
  });

  test("shows the difference of the schema in colours at a terminal", async () => {
    using project = await used();
    project.sql(2, "ALTER TABLE kept ADD COLUMN size INTEGER;");
    using terminal = new Terminal(project.cwd, ["migrate", "--dry-run", "--db", "app.db"], {
      env: { NO_COLOR: "" },
    });
    expect(await terminal.exitCode()).toBe(0);
    expect(terminal.output).toContain("\u001b[32m+  size INTEGER\u001b[39m");
    expect(terminal.output).toContain("\u001b[31m-  word TEXT NOT NULL\u001b[39m");
  });

  test("asks nothing before a rollback of everything", async () => {
    using project = await used();
    const ended = await project.godwit("rollback", "--all", "--dry-run", "--db", "app.db", "--json");
    expect(ended).toMatchObject({ stderr: "", exitCode: 0 });
    expect(documentOf(ended)).toMatchObject({ dry_run: true, rolled_back: [{ version: v(1) }] });
    expect(project.applied()).toEqual([1]);
  });
});

test.skipIf(!HAS_STRACE).each(["delete", "wal"])(
  "with writers at work, no call of ours writes to the database or its journals (%s)",
  async (mode) => {
    using project = await used(mode);
    project.sql(2, "UPDATE kept SET word = 'x';\nCREATE TABLE t2 (id);", "DROP TABLE t2;");
    const application = join(import.meta.dir, "../support/busy-application.ts");
    const writers = [1, 2].map(() =>
      startProcess([process.execPath, application, project.path, "1"], { cwd: project.cwd }),
    );
    for (const writer of writers) await writer.stdout.getReader().read();
    const calls =
      "trace=openat,write,pwrite64,pwritev,writev,ftruncate,fallocate,unlink,unlinkat,rename,renameat,renameat2,link,linkat,chmod,fchmod";
    for (const words of [["migrate", "--dry-run"], ["test"], ["status"], ["verify"]]) {
      const ended = await runTraced(project, ["-y", "-e", calls], ...words, "--db", "app.db");
      expect({ words, exitCode: ended.exitCode, stderr: ended.stderr }).toEqual({
        words,
        exitCode: words[0] === "test" ? 1 : 0,
        stderr: "",
      });
      // Opened it is, and read; under strace -P only calls on these files are there at all.
      expect(ended.trace).toContain("openat(");
      const writes = ended.trace
        .split("\n")
        .filter((line) => /\b(p?write|ftruncate|fallocate|unlink|rename|link|f?chmod)/.test(line));
      expect(writes).toEqual([]);
    }
    for (const writer of writers) writer.kill("SIGTERM");
    await Promise.all(writers.map((writer) => writer.exited));
  },
);

test("a run that was killed is in the log as one that did not end", async () => {
  using project = await used();
  project.write(
    2,
    'export async function up(db, { log }) { log("begun"); await Bun.sleep(60_000); }\n',
    "ts",
  );
  const child = startProcess([GODWIT, "migrate", "--db", "app.db"], { cwd: project.cwd });
  for await (const chunk of child.stderr) if (new TextDecoder().decode(chunk).includes("begun")) break;
  child.kill("SIGKILL");
  await child.exited;
  expect((await project.godwit("log", "--db", "app.db")).stdout).toContain("migrate  did not end");
  const status = await project.status();
  expect(status.stdout).toContain("did not end; see: godwit log");
  project.remove(2, "ts");
  await project.migrate();
  expect((await project.status()).stdout).not.toContain("did not end");
});
