import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { documentOf, exitOf, GODWIT, startProcess } from "../support/run-godwit.ts";
import { JOURNAL_MODES } from "./journal-modes.ts";

/** A database in a journal mode, with one migration applied, and the next one given. */
async function prepared(mode: string, text: string, kind = "ts"): Promise<CliProject> {
  const project = new CliProject();
  project.exec(`PRAGMA journal_mode = ${mode}`);
  project.sql(1, "CREATE TABLE t (id INTEGER PRIMARY KEY);\nINSERT INTO t VALUES (1);");
  await project.migrate();
  project.write(2, text, kind);
  return project;
}

const up = (body: string) =>
  `export async function up(db) {\n  db.run("INSERT INTO t VALUES (2)");\n  ${body}\n}\n`;

async function refused(project: CliProject, code: string): Promise<Record<string, unknown>> {
  const ended = await project.migrate("--json");
  const error = documentOf(ended)["error"] as Record<string, unknown>;
  expect({ exitCode: ended.exitCode, code: error["code"], outcome: error["outcome"] }).toEqual({
    exitCode: 4,
    code,
    outcome: "rolled_back",
  });
  expect(project.column("SELECT id FROM t")).toEqual([1]);
  expect(project.column("PRAGMA integrity_check")).toEqual(["ok"]);
  return error;
}

/** Code that awaits with something alive in the event loop, for as long as nobody ends it. */
const WAITS = up("setInterval(() => {}, 1000); await new Promise(() => {});");
const SPINS = up("for (;;) {}");
const COUNTS = up(
  'db.run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");',
);

describe.each(JOURNAL_MODES)("in journal mode %s", (mode) => {
  test.each([
    ["B5", "waits with a timer alive", WAITS],
    ["B6", "never gives the thread back", SPINS],
    ["B6", "runs a statement without end", COUNTS],
  ])("%s: code that %s is ended by a signal, and leaves nothing", async (_, __, text) => {
    using project = await prepared(mode, text);
    const child = startProcess([GODWIT, "migrate", "--db", "app.db"], { cwd: project.cwd });
    for (let left = 200; left > 0 && !isLocked(project); left--) await Bun.sleep(20);
    expect(isLocked(project)).toBe(true);
    child.kill("SIGTERM");
    await child.exited;
    expect(child.signalCode).toBe("SIGTERM");
    expect(project.column("SELECT id FROM t")).toEqual([1]);
    expect(project.applied()).toEqual([1]);
    project.write(2, up(""), "ts");
    expect((await project.migrate()).exitCode).toBe(0);
  });

  test.each([
    "db.run('COMMIT')",
    "db.query('COMMIT').run()",
    "db.exec('COMMIT; BEGIN')",
    "db.run('ROLLBACK')",
    "db.run('ROLLBACK; BEGIN')",
    "db.run('BEGIN')",
    "db.prepare('END').run()",
  ])("B13: %s is refused before it runs", async (statement) => {
    using project = await prepared(mode, up(`${statement};`));
    const error = await refused(project, "STATEMENT_NOT_ALLOWED");
    expect(error["location"]).toMatchObject({ file: `migrations/${v(2)}_step_2.ts`, line: 3 });
  });

  test("B13: a savepoint of the code's own is not", async () => {
    using project = await prepared(
      mode,
      up(
        "db.run('SAVEPOINT a'); db.run('INSERT INTO t VALUES (3)'); db.run('ROLLBACK TO a'); db.run('RELEASE a');",
      ),
    );
    expect((await project.migrate()).exitCode).toBe(0);
    expect(project.column("SELECT id FROM t")).toEqual([1, 2]);
  });

  test("B13: OR ROLLBACK takes the transaction, and the error is its own", async () => {
    using project = await prepared(mode, up("db.run('INSERT OR ROLLBACK INTO t VALUES (1)');"));
    expect((await refused(project, "MIGRATION_FAILED"))["message"]).toBe("UNIQUE constraint failed: t.id");
  });

  test.each(["db.close()", "db[Symbol.dispose]()", "{ using mine = db; }"])(
    "B14: %s is refused, and the file is free afterwards",
    async (body) => {
      using project = await prepared(mode, up(`${body};`));
      expect((await refused(project, "MIGRATION_FAILED"))["message"]).toContain("closes the database");
      expect(isLocked(project)).toBe(false);
    },
  );

  test.each([0, 300])(
    "B15: a second connection that writes (busy timeout %i) fails with the reason",
    async (timeout) => {
      const body = `const other = new Database("app.db"); other.run("PRAGMA busy_timeout = ${timeout}"); try { other.run("INSERT INTO t VALUES (9)"); } finally { other.close(); }`;
      using project = await prepared(mode, `import { Database } from "bun:sqlite";\n${up(body)}`);
      const error = await refused(project, "MIGRATION_FAILED");
      expect(error).toMatchObject({
        message: "database is locked",
        hint: expect.stringContaining("godwit holds the lock"),
      });
    },
  );

  test.each([
    [
      "an async function",
      "await db.transaction(async () => { db.run('INSERT INTO t VALUES (3)'); await 1; throw new Error('too late'); })();",
    ],
    [
      "a function that returns a promise",
      "db.transaction(() => Bun.sleep(1).then(() => db.run('INSERT INTO t VALUES (3)')))();",
    ],
  ])("B16: db.transaction of %s is refused", async (_, body) => {
    using project = await prepared(mode, up(body));
    expect((await refused(project, "MIGRATION_FAILED"))["message"]).toContain("no async function");
  });

  test("B22: code that reads the database file does not commit without its lock", async () => {
    using project = await prepared(
      mode,
      `import { readFileSync } from "node:fs";\n${up('readFileSync("app.db");')}`,
    );
    // In WAL mode the locks are on another file, and nothing is lost.
    if (mode === "wal") expect((await project.migrate()).exitCode).toBe(0);
    else await refused(project, "LOCK_LOST");
  });

  test("B23: statements and iterators that are left open hinder nothing", async () => {
    using project = await prepared(
      mode,
      up(
        "db.query('SELECT id FROM t').iterate().next(); db.prepare('INSERT INTO t VALUES (?)'); globalThis.kept = db.prepare('SELECT id FROM t').iterate(); kept.next();",
      ),
    );
    project.write(3, "-- Transaction: off\n-- up\nVACUUM;\n");
    expect((await project.migrate()).exitCode).toBe(0);
    expect(project.applied()).toEqual([1, 2, 3]);
  });
});

/** Whether somebody else is writing. */
function isLocked(project: CliProject): boolean {
  try {
    project.exec("BEGIN IMMEDIATE; ROLLBACK");
    return false;
  } catch {
    return true;
  }
}

describe("B18: the exports that are read", () => {
  test.each([
    ["named", "export function up(db) { db.run('INSERT INTO t VALUES (2)'); }", "ts"],
    ["a default object", "export default { up(db) { db.run('INSERT INTO t VALUES (2)'); } };", "ts"],
    ["async", "export const up = async (db) => { db.run('INSERT INTO t VALUES (2)'); };", "js"],
  ])("%s: accepted", async (_, text, kind) => {
    using project = await prepared("delete", text, kind);
    expect((await project.migrate()).exitCode).toBe(0);
    expect(project.column("SELECT id FROM t")).toEqual([1, 2]);
  });

  test.each([
    ["none", "const up = 1;", 3],
    ["no function", "export const up = 1;", 3],
    ["CommonJS", "module.exports = { up() {} };", 3],
    ["an async generator", "export async function* up(db) { db.run('INSERT INTO t VALUES (2)'); }", 4],
    ["a generator", "export function* up(db) { db.run('INSERT INTO t VALUES (2)'); }", 4],
  ] as const)("%s: refused, with the file", async (_, text, code) => {
    using project = await prepared("delete", text, "js");
    const { stderr, exitCode } = await project.migrate();
    expect(exitCode).toBe(code);
    expect(stderr).toContain(`migrations/${v(2)}_step_2.js`);
    expect(project.column("SELECT id FROM t")).toEqual([1]);
  });
});

describe("B20: what code does to its surroundings", () => {
  test("chdir, umask and the environment lead nowhere else", async () => {
    using project = await prepared(
      "delete",
      up(
        "process.chdir('/'); process.umask(0o777); process.env.GODWIT_DB = 'other.db'; process.env.TMPDIR = '/nowhere';",
      ),
    );
    project.write(
      3,
      `import { name } from "./lib/name.ts";\nexport function up(db) { db.run("INSERT INTO t (id) VALUES (3)"); if (name !== "lib") throw 1; }`,
      "ts",
    );
    project.root.write("migrations/lib/name.ts", 'export const name = "lib";');
    expect((await project.migrate()).exitCode).toBe(0);
    expect(project.column("SELECT id FROM t")).toEqual([1, 2, 3]);
  });

  test("changed built-ins and noise leave the document whole", async () => {
    using project = await prepared(
      "delete",
      up(`Array.prototype.last = function () { return this.at(-1); }; Object.prototype.extra = 1; JSON.stringify = () => "{"; JSON.parse = () => 1;
  console.log("noise"); process.stdout.write("noise"); console.table([1]);`),
    );
    const ended = await project.migrate("--json");
    expect(ended.exitCode).toBe(0);
    expect(documentOf(ended)).toMatchObject({ applied: [{ version: v(2) }] });
  });
});

test("B24: a million rows through code take little memory, and a kill for want of it leaves nothing", async () => {
  using project = await prepared(
    "delete",
    up(
      "const insert = db.prepare('INSERT INTO t VALUES (?)'); for (let i = 10; i < 300_000; i++) insert.run(i); if (process.env.STOP) process.kill(process.pid, 'SIGKILL');",
    ),
  );
  const child = startProcess([GODWIT, "migrate", "--db", "app.db"], { cwd: project.cwd, env: { STOP: "1" } });
  await child.exited;
  expect(child.signalCode).toBe("SIGKILL");
  expect(project.column("SELECT count(*) FROM t")).toEqual([1]);
  const again = startProcess([GODWIT, "migrate", "--db", "app.db"], { cwd: project.cwd });
  expect(await exitOf(again)).toBe(0);
  expect(project.column("SELECT count(*) FROM t")).toEqual([299_992]);
});

const LIBRARY = [
  "/usr/lib/x86_64-linux-gnu/libsqlite3.so.0",
  "/usr/lib/aarch64-linux-gnu/libsqlite3.so.0",
].find(existsSync);
if (LIBRARY === undefined) console.log("B21 is skipped: there is no second SQLite library here");

test.skipIf(LIBRARY === undefined)(
  "B21: a second SQLite library on the same file does not go unseen",
  async () => {
    const text = `import { dlopen } from "bun:ffi";
export function up(db) {
  db.run("INSERT INTO t VALUES (2)");
  const { symbols } = dlopen(${JSON.stringify(LIBRARY)}, {
    sqlite3_open: { args: ["cstring", "ptr"], returns: "int" },
    sqlite3_exec: { args: ["ptr", "cstring", "ptr", "ptr", "ptr"], returns: "int" },
    sqlite3_close: { args: ["ptr"], returns: "int" },
  });
  const handle = new BigUint64Array(1);
  symbols.sqlite3_open(Buffer.from("app.db\\0"), handle);
  symbols.sqlite3_exec(Number(handle[0]), Buffer.from("SELECT count(*) FROM t\\0"), null, null, null);
  symbols.sqlite3_close(Number(handle[0]));
}
`;
    using project = await prepared("delete", text);
    await refused(project, "LOCK_LOST");
  },
);
