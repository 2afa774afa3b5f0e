import { GodwitError, inspectable, messageOf } from "../base/failure.ts";
import { printable } from "../base/printable.ts";
import { locate, locateFile } from "../base/source-text.ts";
import type { Connection, SchemaObject } from "../databases/connection.ts";
import { type DatabaseError, type DatabaseErrorKind, databaseFailure } from "../databases/database-error.ts";
import { locateThrown, withoutQuery } from "../migrations/code-file.ts";
import type { Migration, MigrationContext } from "../migrations/migration.ts";
import type { Statement } from "../sql/statement-reader.ts";
import type { CodeSql } from "./code-sql.ts";
import type { MigrationLabel } from "./events.ts";
import type { CodeWork, SqlWork, Work } from "./prepare.ts";
import type { RunSettings } from "./run-settings.ts";
import { runSql, runStatement } from "./sql-work.ts";
import { locateFunction } from "./step-place.ts";

/**
 * Runs around a migration's code: the executable keeps its output off stdout and its attempts to end the process from looking like
 * success; a library runs it as it is. Told of the migration where it is imported, which runs the code at the top of its module.
 */
export type CodeGuard = <T>(run: () => Promise<T>, imported?: Migration) => Promise<T>;

/** What is looked at while code runs. */
interface CodeChecks {
  /** Looks at the SQL that code runs. */
  readonly codeSql: CodeSql;
  /** Told what code dropped or altered of the schema, as it was before. */
  onReshape(before: readonly SchemaObject[]): void;
}

/** What the code of one migration is given, and what tells of it. */
interface CodeTools {
  readonly context: MigrationContext;
  /** Called every ten seconds while code is awaited. */
  readonly onStillRunning: (elapsedMs: number) => void;
}

export function codeToolsFor(
  migration: MigrationLabel,
  { emit, signal }: Pick<RunSettings, "emit" | "signal">,
): CodeTools {
  const context: MigrationContext = {
    log: (message) => emit({ kind: "migration-log", migration, message: String(message) }),
    progress: (done, total) => emit({ kind: "migration-progress", migration, done, total: total ?? null }),
    signal,
  };
  return {
    context,
    onStillRunning: (elapsedMs) => emit({ kind: "migration-running", migration, elapsedMs }),
  };
}

export interface WorkContext {
  readonly connection: Connection;
  readonly migration: Migration;
  /** Asked once for each function that is run: most steps are SQL, which has no use for them. */
  readonly codeTools: () => CodeTools;
  readonly guard: CodeGuard;
  readonly checks: CodeChecks;
  /** Called before each statement, with its number from 1. */
  readonly onStatement?: ((number: number) => Promise<void>) | undefined;
}

/**
 * Runs `up` or `down` to its end.
 * @throws GodwitError MIGRATION_FAILED with the place, or the database's failure (disk full, damaged) with the place.
 */
export function runWork(work: Work, context: WorkContext): Promise<void> {
  return work.kind === "code" ? runWholeCode(work, context) : runSql(work, context);
}

async function runWholeCode(work: CodeWork, context: WorkContext): Promise<void> {
  // Code counts as one statement.
  if (context.onStatement !== undefined) await context.onStatement(1);
  return runCode(work, context, (result) => refuseUnrun(result, work, context.migration));
}

/**
 * Runs `verify`: each row returned is a violation. The database takes no writes meanwhile.
 * @throws GodwitError VERIFY_FAILED with the rows; MIGRATION_FAILED if it cannot be run.
 */
export async function runVerify(work: Work, context: WorkContext): Promise<void> {
  await context.connection.setQueryOnly(true);
  context.checks.codeSql.beginVerify();
  try {
    if (work.kind === "code") {
      return await runCode(work, context, (result) => refuseRows(result, context.migration, work));
    }
    for (const statement of work.statements) {
      const rows = await readRows(work, statement, context);
      refuseRows(rows, context.migration, work, statement);
    }
  } finally {
    await context.connection.setQueryOnly(false);
  }
}

async function readRows(work: SqlWork, statement: Statement, context: WorkContext): Promise<unknown> {
  try {
    return await runStatement(work, statement, context, (sql) => context.connection.all(sql));
  } catch (error) {
    if (!(error instanceof GodwitError) || error.code !== "DATABASE_READONLY") throw error;
    throw new GodwitError("MIGRATION_FAILED", "verify may only read", {
      location: error.location,
      hint: 'move what writes under "-- up"',
      cause: error,
    });
  }
}

/** Runs code and judges what it returned, which may throw as well when it is looked at: a proxy, a getter. */
async function runCode(
  work: CodeWork,
  context: WorkContext,
  judge: (result: unknown) => void,
): Promise<void> {
  const { connection, checks } = context;
  const tools = context.codeTools();
  const lent = connection.lend(checks.codeSql);
  const notice = noticeOf(tools);
  try {
    await context.guard(async () => {
      try {
        judge(await work.run(lent.handle, tools.context));
      } finally {
        lent.end();
      }
      // A rejection that nobody awaits surfaces one turn later, while the savepoint can still undo the work.
      await new Promise((resolve) => setImmediate(resolve));
    });
  } catch (caught) {
    lent.end();
    throw codeFailure(inspectable(caught), work, context);
  } finally {
    clearInterval(notice);
  }
  checks.onReshape(lent.objectsBefore);
}

const NOTICE_EVERY_MS = 10_000;

/** It must not keep the process alive: that nothing else does is how a promise that never settles is found out. */
function noticeOf({ onStillRunning }: CodeTools): NodeJS.Timeout {
  let elapsedMs = 0;
  const notice = setInterval(() => {
    elapsedMs += NOTICE_EVERY_MS;
    onStillRunning(elapsedMs);
  }, NOTICE_EVERY_MS);
  return notice.unref();
}

function codeFailure(thrown: unknown, work: CodeWork, { connection, migration }: WorkContext): GodwitError {
  const location = locateThrown(migration, thrown) ?? locateFunction(migration, work.name);
  if (thrown instanceof GodwitError) return thrown.location ? thrown : thrown.with({ location });
  const error = asDatabaseError(connection, thrown);
  if (error !== null && NOT_THE_CODE.has(error.kind))
    return databaseFailure(error, connection.name).with({ location });
  const kind = work.name === "verify" ? "VERIFY_FAILED" : "MIGRATION_FAILED";
  return new GodwitError(kind, withoutQuery(messageOf(thrown)), {
    location,
    hint: error?.kind === "busy" ? OWN_LOCK : undefined,
    cause: thrown,
  });
}

/** What is no fault of the code that met it. */
const NOT_THE_CODE: ReadonlySet<DatabaseErrorKind> = new Set(["full", "io", "corrupt", "replaced"]);

/** What code throws may throw in turn where it is only asked what it is. */
function asDatabaseError(connection: Connection, thrown: unknown): DatabaseError | null {
  try {
    return connection.errorOf(thrown);
  } catch {
    return null;
  }
}

/** A second connection waits for the lock that its own process holds. */
const OWN_LOCK = "godwit holds the lock: write through the handle that the migration is given";

/** A generator, or what `db.transaction` makes, is a promise to run; nothing has run. */
function refuseUnrun(result: unknown, { name }: CodeWork, migration: Migration): void {
  const isGenerator = typeof result === "object" && result !== null && "next" in result && "throw" in result;
  if (typeof result !== "function" && !isGenerator) return;
  const what = isGenerator ? "a generator" : "a function";
  throw new GodwitError("MIGRATION_FAILED", `${name} returned ${what}, which nobody runs`, {
    location: locateFile(migration.file),
    hint: isGenerator ? `write ${name} without *` : "call what db.transaction returns",
  });
}

const ROWS_SHOWN = 10;

function refuseRows(result: unknown, migration: Migration, work: Work, statement?: Statement): void {
  const rows = violations(result);
  if (rows.length === 0) return;
  const location =
    work.kind === "sql" && statement !== undefined
      ? locate(migration.file, work.text, statement.start)
      : locateFile(migration.file);
  const shown = rows.slice(0, ROWS_SHOWN).map(describeRow);
  const more = rows.length > ROWS_SHOWN ? [`and ${rows.length - ROWS_SHOWN} more`] : [];
  throw new GodwitError(
    "VERIFY_FAILED",
    `verify found ${rows.length === 1 ? "a row" : `${rows.length} rows`} in violation`,
    {
      location,
      details: [...shown, ...more],
    },
  );
}

/** What `verify` returned, as rows: nothing, true, zero and an empty list or iterator say that all is well. */
function violations(result: unknown): readonly unknown[] {
  if (result === undefined || result === null || result === true || result === 0) return [];
  if (typeof result === "object" && Symbol.iterator in result) return [...(result as Iterable<unknown>)];
  return [result];
}

function describeRow(row: unknown): string {
  if (typeof row !== "object" || row === null) return printable(String(row));
  const pairs = Object.entries(row).map(([name, value]) => `${name}=${describeValue(value)}`);
  return printable(pairs.join(" "));
}

function describeValue(value: unknown): string {
  if (value === null) return "NULL";
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString("hex").slice(0, 40)}'`;
  const text = String(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
