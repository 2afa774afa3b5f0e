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
 * In KiB. SQLite reads the whole of its schema table for each table that is made; with its usual 2,000 that table is read from the file again and again
 * where there are some thousands.
 */
const CACHE = -16_000;

/**
 * Runs with the settings that a run needs: commits that a power cut does not undo, and locks that are waited for outside SQLite. What
 * the run switches, foreign keys too, is as before afterwards.
 */
export async function duringRun<T>(
  connection: Connection,
  wait: LockWait,
  run: () => Promise<T>,
): Promise<T> {
  // SQLite reads the schema first, which a commit of another connection can keep it from.
  const setSynchronous = (level: string) =>
    untilFree(wait, connection.name, () => connection.setSynchronous(level));
  const wereEnforced = await connection.foreignKeysEnforced();
  const busyTimeout = await connection.setBusyTimeout(0);
  const cacheSize = await connection.setCacheSize(CACHE);
  if (isLarger(cacheSize)) await connection.setCacheSize(cacheSize);
  try {
    const synchronous = await setSynchronous(DURABLE);
    try {
      return await run();
    } finally {
      await tolerant(() => setSynchronous(synchronous));
    }
  } finally {
    await tolerant(() => connection.setForeignKeys(wereEnforced));
    await tolerant(() => connection.setCacheSize(cacheSize));
    await tolerant(() => connection.setBusyTimeout(busyTimeout));
  }
}

/** KiB below zero, pages above it (https://sqlite.org/pragma.html#pragma_cache_size): of those at most two go into a KiB. */
function isLarger(cacheSize: number): boolean {
  return cacheSize < 0 ? cacheSize < CACHE : cacheSize / 2 > -CACHE;
}

/** A connection that no longer answers has nothing to put back; what the run came to is told all the same. */
async function tolerant(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof DatabaseError || error instanceof GodwitError)) throw error;
  }
}
