import {
  type Check,
  failed,
  good,
  type InputCase,
  refused,
  SEED_ROWS,
  sql,
  TABLES,
  table,
  ts,
  tsName,
  up,
  version,
} from "./input-case.ts";

const FIRST_KEPT: Partial<InputCase> = { applied: [1], holds: [[TABLES, "t1"], SEED_ROWS] };
const OFF = "/** Transaction: off */\n";
const HISTORY: Check = ["SELECT group_concat(version) FROM schema_migrations", version(1)];

/** Another godwit, started by the code itself, which records a version: it must not get in while the lock is held. */
const marks = (n: number) =>
  `Bun.spawnSync([process.execPath, "mark", "${version(n)}", "--applied", "--db", "{{db}}", "--dir", "{{dir}}", "--lock-timeout", "0"])`;

/** TypeScript that is wrong, or does what no migration should. */
export const CODE: readonly InputCase[] = [
  ...imports(),
  ...throwing(),
  ...ending(),
  ...handles(),
  ...files(),
  ...strange(),
];

function imports(): InputCase[] {
  const code = "CODE_INVALID";
  const bad = (name: string, text: string) => refused(name, code, { ...table(1), ...ts(2, text) });
  return [
    bad("code that does not parse", "export function up(db) {\n  db.run('x'\n}\n"),
    bad("code without up", "export function down() {}\n"),
    bad("an up that is no function", "export const up = 1;\n"),
    bad("code that throws when imported", "throw new Error('no');\nexport function up() {}\n"),
    bad(
      "code that imports what is not there",
      'import x from "./nowhere.ts";\nexport function up() { x(); }\n',
    ),
    bad(
      "code that imports a package that is not there",
      'import x from "no-such-package";\nexport function up() { x(); }\n',
    ),
    bad("code that ends the process when imported", "process.exit(0);\nexport function up() {}\n"),
    bad("code that waits for ever when imported", "await new Promise(() => {});\nexport function up() {}\n"),
    bad("code that rejects beside its import", "Promise.reject(new Error('no'));\nexport function up() {}\n"),
    bad("CommonJS", "exports.up = () => {};\n"),
  ];
}

function throwing(): InputCase[] {
  const second = (name: string, body: string) =>
    failed(
      name,
      "MIGRATION_FAILED",
      { ...table(1), ...up(2, `  db.run("DELETE FROM notes");\n${body}`) },
      FIRST_KEPT,
    );
  return [
    second("throws an error", "  throw new Error('no');"),
    second("throws undefined", "  throw undefined;"),
    second("throws null", "  throw null;"),
    second("throws an object without text", "  throw Object.create(null);"),
    second("rejects after a wait", "  await Bun.sleep(1);\n  throw new Error('no');"),
    second("rejects where nobody awaits it", "  Promise.reject(new Error('no'));"),
    second("throws in a timer", "  setTimeout(() => { throw new Error('no'); }, 1);\n  await Bun.sleep(20);"),
    second("runs wrong SQL", '  db.run("NOPE");'),
    failed(
      "verify finds a row by code",
      "VERIFY_FAILED",
      ts(
        1,
        'export function up(db) { db.run("DELETE FROM notes"); }\nexport function verify(db) { return db.query("SELECT id FROM users").all(); }\n',
      ),
    ),
    failed(
      "verify writes by code",
      "VERIFY_FAILED",
      ts(
        1,
        'export function up(db) { db.run("CREATE TABLE t1 (id)"); }\nexport function verify(db) { db.run("DELETE FROM notes"); }\n',
      ),
    ),
    failed("code outside a transaction throws", "MIGRATION_FAILED", up(1, "  throw new Error('no');", OFF), {
      exit: 5,
      applied: [],
      incomplete: [1],
      holds: [[TABLES, "t1"], SEED_ROWS],
    }),
  ];
}

function ending(): InputCase[] {
  const second = (name: string, body: string, more: Partial<InputCase> = {}) =>
    failed(name, "MIGRATION_FAILED", { ...table(1), ...up(2, body) }, { ...FIRST_KEPT, ...more });
  return [
    second("process.exit(0)", "  process.exit(0);"),
    second("process.exit that is caught", "  try { process.exit(0); } catch {}"),
    second("process.reallyExit(0)", "  process.reallyExit(0);"),
    second("exit of node:process", '  (await import("node:process")).exit(0);'),
    second("waits for ever", "  await new Promise(() => {});"),
    second("returns a generator", "  return (function* () { yield db.run('DELETE FROM notes'); })();"),
    second("returns a function", "  return () => db.run('DELETE FROM notes');"),
    second("deletes the history", '  db.run("DELETE FROM schema_migrations");'),
    {
      name: "kills the process",
      files: up(1, "  process.kill(process.pid, 'SIGKILL');\n  await Bun.sleep(10000);"),
      exit: null,
      code: null,
      applied: [],
      holds: [[TABLES, ""], SEED_ROWS],
      isText: true,
    },
    {
      name: "kills the process outside a transaction",
      files: up(1, "  process.kill(process.pid, 'SIGKILL');\n  await Bun.sleep(10000);", OFF),
      exit: null,
      code: null,
      applied: [],
      incomplete: [1],
      holds: [[TABLES, "t1"], SEED_ROWS],
      isText: true,
    },
  ];
}

/** What the handle that a migration is given does not do. */
function handles(): InputCase[] {
  const second = (code: string) => (body: string) =>
    failed(body, code, { ...table(1), ...up(2, `  db.run("DELETE FROM notes");\n  ${body};`) }, FIRST_KEPT);
  const refusedSql = [
    'db.run("COMMIT")',
    'db.run("COMMIT; BEGIN")',
    'db.run("END")',
    'db.run("ROLLBACK")',
    'db.run("/* so */ rollback; BEGIN IMMEDIATE")',
    'db.run("BEGIN")',
    'db.run("VACUUM")',
    `db.run("ATTACH 'x.db' AS x")`,
    `db.exec("INSERT INTO users VALUES (9, 'x'); COMMIT")`,
    'db.query("COMMIT").run()',
    'db.prepare("COMMIT").run()',
    'db.query("SELECT 1; DELETE FROM users").all()',
    'db.prepare("SELECT 1; DELETE FROM users").all()',
    'db.run("DELETE FROM users WHERE id = 1;\\0 SELECT 1")',
  ];
  const failing = [
    "db.close()",
    "db.transaction(async () => { await 1; })()",
    "process.abort()",
    `db.run("INSERT OR ROLLBACK INTO users VALUES (1, 'x')")`,
  ];
  return [...refusedSql.map(second("STATEMENT_NOT_ALLOWED")), ...failing.map(second("MIGRATION_FAILED"))];
}

/** Code that goes at the database's file itself. */
function files(): InputCase[] {
  const fs = 'import { readFileSync, renameSync, copyFileSync, unlinkSync } from "node:fs";\n';
  return [
    failed("reads the database's file", "LOCK_LOST", up(1, '  readFileSync("{{db}}");', fs), {
      mode: "delete",
      // The journal stays for the next one to play back.
      holds: [[TABLES, ""], SEED_ROWS],
    }),
    good(
      "reads the database's file beside a write-ahead log",
      up(1, '  readFileSync("{{db}}");', fs),
      [1],
      [[TABLES, "t1"]],
      {
        mode: "wal",
      },
    ),
    failed(
      "puts another file in its place",
      "DATABASE_REPLACED",
      up(1, '  copyFileSync("{{db}}", "{{dir}}/copy");\n  renameSync("{{dir}}/copy", "{{db}}");', fs),
      {
        mode: "wal",
        holds: [[TABLES, ""], SEED_ROWS],
      },
    ),
  ];
}

function strange(): InputCase[] {
  return [
    good(
      "prints on stdout",
      up(1, "  console.log('hello');\n  process.stdout.write('{}');\n  console.table([1]);"),
      [1],
      [[TABLES, "t1"]],
    ),
    good(
      "leaves a statement unfinished",
      up(1, '  db.query("SELECT * FROM notes").iterate().next();'),
      [1],
      [[TABLES, "t1"]],
      {
        exit: 0,
      },
    ),
    good(
      "uses its own savepoint",
      up(
        1,
        '  db.run("SAVEPOINT s");\n  db.run("DELETE FROM notes");\n  db.run("ROLLBACK TO s");\n  db.run("RELEASE s");',
      ),
      [1],
      [[TABLES, "t1"], SEED_ROWS],
    ),
    good(
      "sees that commits are synced",
      up(1, '  if (db.query("PRAGMA synchronous").values()[0][0] < 2) throw new Error("not FULL");'),
      [1],
      [[TABLES, "t1"]],
    ),
    good(
      "another process cannot write while it runs",
      {
        ...ts(
          1,
          `export function up(db) {\n  const other = ${marks(2)};\n  if (other.exitCode !== 4) throw new Error("it got in: " + other.exitCode);\n  db.run("CREATE TABLE t1 (id)");\n}\n`,
        ),
        ...table(2),
      },
      [1, 2],
      [[TABLES, "t1,t2"]],
    ),
    good(
      "another process applies it while it is imported",
      ts(1, `${marks(1)};\nexport function up(db) { db.run("CREATE TABLE t1 (id)"); }\n`),
      [1],
      [[TABLES, ""], HISTORY],
    ),
    good(
      "a file is changed while it is to run",
      {
        ...ts(
          1,
          `await Bun.write("{{dir}}/${version(2)}_step_2.sql", "DROP TABLE notes;");\nexport function up(db) { db.run("CREATE TABLE t1 (id)"); }\n`,
        ),
        ...table(2),
      },
      [1, 2],
      [[TABLES, "t1,t2"], SEED_ROWS],
    ),
    good(
      "code is changed while it is to run",
      {
        ...ts(
          1,
          `await Bun.write("{{dir}}/${tsName(2)}", "export function up(db) { db.run('DROP TABLE notes'); }");\nexport function up(db) { db.run("CREATE TABLE t1 (id)"); }\n`,
        ),
        ...up(2, ""),
      },
      [1, 2],
      [[TABLES, "t1,t2"], SEED_ROWS],
    ),
    good(
      "its settings end with it",
      {
        ...up(1, '  db.run("PRAGMA ignore_check_constraints = ON");'),
        ...sql(2, "CREATE TABLE t2 (a CHECK (a > 0));\nINSERT OR IGNORE INTO t2 VALUES (0);"),
      },
      [1, 2],
      [["SELECT count(*) FROM t2", "0"]],
    ),
    {
      name: "status runs no code",
      files: ts(1, "await Bun.write('{{dir}}/ran', '');\nexport function up() {}\n"),
      words: ["status"],
      exit: 0,
      code: null,
      holds: "same",
    },
  ];
}
