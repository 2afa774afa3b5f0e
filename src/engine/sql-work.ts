import { GodwitError } from "../base/failure.ts";
import { indexOfByte, locate } from "../base/source-text.ts";
import type { Connection } from "../databases/connection.ts";
import { DatabaseError, databaseFailure } from "../databases/database-error.ts";
import type { Migration } from "../migrations/migration.ts";
import type { Statement } from "../sql/statement-reader.ts";
import type { SqlWork } from "./prepare.ts";

/** What SQL runs on. */
interface SqlContext {
  readonly connection: Connection;
  readonly migration: Migration;
  /** Called before each statement, with its number from 1. */
  readonly onStatement?: ((number: number) => Promise<void>) | undefined;
}

/**
 * With larger ones SQLite's journal of savepoints grows beyond 64 KB, and from then on is a file to which each statement of several rows writes
 * (https://sqlite.org/compile.html#stmtjrnl_spill).
 */
const BATCH_CHARACTERS = 16_384;

/**
 * Runs statement by statement, so that the one that fails is known even where SQLite names no place. Many are run in batches; one that fails is undone, and
 * run again by its statements to find the one.
 * @throws GodwitError MIGRATION_FAILED with the place, or the database's failure (disk full, damaged) with the place.
 */
export async function runSql(work: SqlWork, context: SqlContext): Promise<void> {
  const { statements } = work;
  if (work.mayBatch && context.onStatement === undefined) return runBatches(work, context);
  const run = (sql: string) => context.connection.run(sql);
  for (let index = 0; index < statements.length; index++) {
    if (context.onStatement !== undefined) await context.onStatement(index + 1);
    await runStatement(work, statements[index]!, context, run);
  }
}

/** Runs one statement, and says where it stands if it fails. @throws as `runSql` */
export async function runStatement<T>(
  work: SqlWork,
  statement: Statement,
  context: SqlContext,
  run: (sql: string) => Promise<T>,
): Promise<T> {
  try {
    return await run(work.text.slice(statement.start, statement.end));
  } catch (error) {
    throw error instanceof DatabaseError ? statementFailure(work, statement, context, error) : error;
  }
}

/** Where a statement stands, and what it failed with: MIGRATION_FAILED, or the database's failure (disk full, damaged). */
export function statementFailure(
  { text }: SqlWork,
  { start, end }: Statement,
  { migration, connection }: SqlContext,
  error: DatabaseError,
): GodwitError {
  const sql = text.slice(start, end);
  const offset = error.byteOffset === null ? 0 : indexOfByte(sql, error.byteOffset);
  const location = locate(migration.file, text, start + offset);
  if (error.kind !== "statement") return databaseFailure(error, connection.name).with({ location });
  return new GodwitError("MIGRATION_FAILED", error.message, { location, cause: error });
}

async function runBatches(work: SqlWork, context: SqlContext): Promise<void> {
  const { statements } = work;
  for (let first = 0, next = 0; first < statements.length; first = next) {
    const { start } = statements[first]!;
    while (next < statements.length && statements[next]!.end - start <= BATCH_CHARACTERS) next++;
    // One that is longer than a batch.
    if (next === first) next++;
    await runBatch(work, statements.slice(first, next), context);
  }
}

/** SQL in transactions has no savepoints of its own. */
const SAVEPOINT = "godwit_batch";

async function runBatch(work: SqlWork, batch: readonly Statement[], context: SqlContext): Promise<void> {
  const { connection } = context;
  await connection.run(`SAVEPOINT ${SAVEPOINT}`);
  try {
    await connection.run(work.text.slice(batch[0]!.start, batch.at(-1)!.end));
    await connection.run(`RELEASE ${SAVEPOINT}`);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    if (await isUndone(connection)) {
      const run = (sql: string) => connection.run(sql);
      for (const statement of batch) await runStatement(work, statement, context, run);
    }
    // What failed together and not one by one has failed all the same. And a full disk, or a trigger, has undone the whole transaction.
    throw batchFailure(error, work, batch, context);
  }
}

/** Nothing tells any more which of its statements it was. */
function batchFailure(
  error: DatabaseError,
  { text }: SqlWork,
  batch: readonly Statement[],
  { connection, migration }: SqlContext,
): GodwitError {
  const location = locate(migration.file, text, batch[0]!.start);
  const { line } = locate(migration.file, text, batch.at(-1)!.start);
  const details = [`it is one of the statements in lines ${location.line} to ${line}`];
  if (error.kind !== "statement") return databaseFailure(error, connection.name).with({ location, details });
  return new GodwitError("MIGRATION_FAILED", error.message, { location, details, cause: error });
}

async function isUndone(connection: Connection): Promise<boolean> {
  try {
    await connection.run(`ROLLBACK TO ${SAVEPOINT}`);
    await connection.run(`RELEASE ${SAVEPOINT}`);
    return true;
  } catch (error) {
    if (error instanceof DatabaseError) return false;
    throw error;
  }
}
