import { inputsFrom } from "../inputs.ts";
import { powerCuts } from "../power-cuts.ts";
import type { Bug } from "./bug.ts";

/** The connection, the locks, and code that runs inside the process. */
export const DATABASE_BUGS: readonly Bug[] = [
  {
    name: "synchronous is OFF",
    file: "databases/sqlite/sqlite-connection.ts",
    find: "    await this.run(`PRAGMA synchronous = ${level}`);",
    replace: '    await this.run("PRAGMA synchronous = OFF");',
    caughtBy: [inputsFrom("sees that commits are synced"), powerCuts],
  },
  {
    name: "a busy database is not tried again",
    file: "engine/lock-wait.ts",
    find: "      if (waited >= wait.timeoutMs) throw",
    replace: "      if (waited >= 0) throw",
    caughtBy: [inputsFrom("a writer that ends in time")],
  },
  {
    name: "a file put in the database's place is not seen",
    file: "engine/transaction.ts",
    find: "      await this.connection.requireInPlace();",
    replace: "",
    caughtBy: [inputsFrom("puts another file in its place")],
  },
  {
    name: "a lost lock is not seen",
    file: "engine/transaction.ts",
    find: "    if (!this.connection.isLockObserved || !(await this.connection.hasLostLock())) return;",
    replace: "    if (this.connection !== null) return;",
    caughtBy: [inputsFrom("reads the database's file")],
  },
  {
    name: "a failure exits with 0",
    file: "cli/run-cli.ts",
    find: "    this.stderr.flush();\n    return error.exitCode;",
    replace: "    this.stderr.flush();\n    return 0;",
    caughtBy: [inputsFrom("a constraint")],
  },
  {
    name: "code may end the process",
    file: "cli/code-guard.ts",
    find: "    Object.assign(process, Object.fromEntries(refused));",
    replace: "    void refused;",
    caughtBy: [inputsFrom("process.exit(0)")],
  },
  {
    name: "a rejection that nobody awaits is passed over",
    file: "cli/code-guard.ts",
    find: '    process.on("unhandledRejection", this.take);',
    replace: '    process.on("unhandledRejection", () => {});',
    caughtBy: [inputsFrom("rejects where nobody awaits it")],
  },
  {
    name: "code that waits for ever is a success",
    file: "main.ts",
    find: "  const code = run === null ? BROKEN : run.stuck();",
    replace: "  const code = 0;",
    caughtBy: [inputsFrom("waits for ever")],
  },
  {
    name: "console prints into the JSON",
    file: "cli/code-output.ts",
    find: "  Object.assign(console, ...names.map(lazily), { write: writeAll });",
    replace: "",
    caughtBy: [inputsFrom("prints on stdout")],
  },
  {
    name: "what code writes to stdout itself goes into the JSON",
    file: "cli/code-guard.ts",
    find: "    redirectStreams();\n",
    replace: "",
    caughtBy: [inputsFrom("prints on stdout")],
  },
  {
    name: "code may end the transaction",
    file: "engine/code-sql.ts",
    find: "    if (this.migration.transactional) refuseInCode(sql, statements);",
    replace: "",
    caughtBy: [inputsFrom('db.run("COMMIT")')],
  },
  {
    name: "code may run the first of many statements unknowingly",
    file: "engine/code-sql.ts",
    find: '    if (call === "statement" && looked.count > 1) {',
    replace: '    if (call === "statement" && looked.count < 0) {',
    caughtBy: [inputsFrom('db.query("SELECT 1; DELETE FROM users").all()')],
  },
  {
    name: "an async function in db.transaction is let through",
    file: "databases/sqlite/lent-handle.ts",
    find: '    if (isAsync(body)) this.refuse("async-transaction");',
    replace: "    if (isAsync(body)) return () => body();",
    caughtBy: [inputsFrom("db.transaction(async () => { await 1; })()")],
  },
  {
    name: "an import runs what the file holds by then",
    file: "migrations/code-loader.ts",
    find: "contents: migration.body.text,",
    replace: "contents: await Bun.file(real).text(),",
    caughtBy: [inputsFrom("code is changed while it is to run")],
  },
  {
    name: "status makes the database",
    file: "engine/migration-status.ts",
    find: 'exists ? "read" : null',
    replace: '"create"',
    caughtBy: [inputsFrom("status without a database")],
  },
  {
    name: "status runs code",
    file: "engine/migration-status.ts",
    find: "  const migrations = readAll(source);",
    replace:
      '  const migrations = readAll(source);\n  for (const one of migrations) if (one.body.kind === "code") await source.load(one);',
    caughtBy: [inputsFrom("status runs no code")],
  },
];
