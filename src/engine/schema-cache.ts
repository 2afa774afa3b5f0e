import type { Connection } from "../databases/connection.ts";

/**
 * In KiB. SQLite reads the whole of its schema table for each table that is made; with its usual 2,000 that table is read from the file again and again
 * where there are some thousands.
 */
const CACHE = -8000;

/** A run of fewer steps does without, and with less memory. */
const MANY = 3000;

/** Lets more of the file stay in memory where many steps come. `duringRun` puts back what was. */
export async function growCache(connection: Connection, steps: number): Promise<void> {
  if (steps >= MANY && !isLarger(await connection.cacheSize())) await connection.setCacheSize(CACHE);
}

/** KiB below zero, pages above it (https://sqlite.org/pragma.html#pragma_cache_size): of those at most two go into a KiB. */
function isLarger(cacheSize: number): boolean {
  return cacheSize < 0 ? cacheSize < CACHE : cacheSize / 2 > -CACHE;
}
