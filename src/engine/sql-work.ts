import { GodwitError } from "../base/failure.ts";
import { indexOfByte, locate, locateFile } from "../base/source-text.ts";
import type { Connection } from "../databases/connection.ts";
import { DatabaseError, databaseFailure } from "../databases/database-error.ts";
import { markerInside } from "../migrations/marker.ts";
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

/** From so many statements on they are handed over in batches: calls, not rows, are what would take the time. */
const MANY = 200;
const BATCH_CHARACTERS = 65_536;

/**
 * Runs statement by statement, so that the one that fails is known even where SQLite names no place. Many are run in batches; one that fails is undone and
 * run again by its statements.
 * @throws GodwitError MIGRATION_FAILED with the place, or the database's failure (disk full, damaged) with the place.
 */
export async function runSql(work: SqlWork, context: SqlContext): Promise<void> {
  const { statements } = work;
  if (statements.length >= MANY && work.isWhole && context.onStatement === undefined)
    return runBatches(work, context);
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
  { migration, connection }: SqlContext,
  run: (sql: string) => Promise<T>,
): Promise<T> {
  const sql = work.text.slice(statement.start, statement.end);
  try {
    return await run(sql);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    const offset = error.byteOffset === null ? 0 : indexOfByte(sql, error.byteOffset);
    const location = locate(migration.file, work.text, statement.start + offset);
    if (error.kind !== "statement") throw databaseFailure(error, connection.name).with({ location });
    throw new GodwitError("MIGRATION_FAILED", error.message, {
      location,
      hint: hintFor(error, sql),
      cause: error,
    });
  }
}

async function runBatches(work: SqlWork, context: SqlContext): Promise<void> {
  const { statements, text } = work;
  for (let first = 0, next = 0; first < statements.length; first = next) {
    const { start } = statements[first]!;
    while (next < statements.length && statements[next]!.end - start <= BATCH_CHARACTERS) next++;
    // One that is longer than a batch.
    if (next === first) next++;
    const sql = text.slice(start, statements[next - 1]!.end);
    if (await runBatch(sql, context)) continue;
    for (const statement of statements.slice(first, next))
      await runStatement(work, statement, context, (one) => context.connection.run(one));
  }
}

/** SQL in transactions has no savepoints of its own. */
const SAVEPOINT = "godwit_batch";

/** @returns false where a statement failed and all of the batch is undone. */
async function runBatch(sql: string, { connection, migration }: SqlContext): Promise<boolean> {
  await connection.run(`SAVEPOINT ${SAVEPOINT}`);
  try {
    await connection.run(sql);
    await connection.run(`RELEASE ${SAVEPOINT}`);
    return true;
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    if (await isUndone(connection)) return false;
    // A full disk, or a trigger, has undone the whole transaction: nothing tells any more which statement it was.
    const location = locateFile(migration.file);
    if (error.kind !== "statement") throw databaseFailure(error, connection.name).with({ location });
    throw new GodwitError("MIGRATION_FAILED", error.message, { location, cause: error });
  }
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

function hintFor(error: DatabaseError, sql: string): string | undefined {
  const isSyntax = error.message.includes("syntax error");
  return isSyntax && markerInside(sql) !== null
    ? "a marker stands inside this statement: is a semicolon missing before it?"
    : undefined;
}
