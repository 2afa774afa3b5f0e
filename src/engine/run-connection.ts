import { GodwitError } from "../base/failure.ts";
import type { Connection } from "../databases/connection.ts";
import { DatabaseError } from "../databases/database-error.ts";
import { type LockWait, untilFree } from "./lock-wait.ts";

/**
 * FULL does not sync the folder after the journal is unlinked: a power cut can bring it back
 * (https://sqlite.org/pragma.html#pragma_synchronous).
 */
const DURABLE = "EXTRA";

/**
 * In KiB; SQLite's usual is 2,000. Each time that no further changed page fits, the journal is synced, and from then on nobody else can read
 * (https://sqlite.org/pragma.html#pragma_cache_spill). With more, the pages of memory that are touched for the first time take longer than what is saved.
 */
const CACHE = 4096;

/** SQLite reads the whole of its schema table for each table that is made: where there are thousands, again and again from the file. */
const CACHE_OF_MANY = 16_384;
const MANY = 3000;

/**
 * Runs with the settings that a run needs: commits that a power cut does not undo, and locks that are waited for outside SQLite. What
 * the run switches, foreign keys too, is as before afterwards.
 */
export async function duringRun<T>(
  connection: Connection,
  wait: LockWait,
  run: () => Promise<T>,
): Promise<T> {
  // For these SQLite reads the schema first, which a commit of another connection can keep it from.
  const whenFree = <R>(action: () => Promise<R>) => untilFree(wait, connection.name, action);
  const wereEnforced = await connection.foreignKeysEnforced();
  const busyTimeout = await connection.setBusyTimeout(0);
  try {
    const synchronous = await whenFree(() => connection.setSynchronous(DURABLE));
    try {
      const cacheSize = await whenFree(() => connection.growCache(CACHE));
      try {
        return await run();
      } finally {
        await tolerant(() => whenFree(() => connection.setCacheSize(cacheSize)));
      }
    } finally {
      await tolerant(() => whenFree(() => connection.setSynchronous(synchronous)));
    }
  } finally {
    await tolerant(() => connection.setForeignKeys(wereEnforced));
    await tolerant(() => connection.setBusyTimeout(busyTimeout));
  }
}

/** Lets more of the file stay in memory where many steps come. `duringRun` puts back what was. */
export async function growCacheFor(connection: Connection, steps: number): Promise<void> {
  if (steps >= MANY) await connection.growCache(CACHE_OF_MANY);
}

/** A connection that no longer answers has nothing to put back; what the run came to is told all the same. */
async function tolerant(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof DatabaseError || error instanceof GodwitError)) throw error;
  }
}
