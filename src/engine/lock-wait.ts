import type { Clock } from "../base/clock.ts";
import { DatabaseError, databaseFailure } from "../databases/database-error.ts";

export interface LockWait {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Called once, after the first second. */
  readonly onWaiting: () => void;
}

const TELL_AFTER_MS = 1000;

/**
 * Tries until the database is not busy. Polled here rather than in SQLite's busy handler, which would keep the
 * process from saying that it waits. Random pauses keep many runners from trying in step.
 * @throws GodwitError DATABASE_BUSY after the timeout; other errors at once, as they are.
 */
export async function untilFree<T>(wait: LockWait, name: string, action: () => Promise<T>): Promise<T> {
  const start = wait.clock.elapsed();
  let isTold = false;
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.kind !== "busy") throw error;
      const waited = wait.clock.elapsed() - start;
      if (waited >= wait.timeoutMs) throw databaseFailure(error, name);
      if (!isTold && waited >= TELL_AFTER_MS) {
        isTold = true;
        wait.onWaiting();
      }
      await wait.clock.sleep(Math.min(5 + Math.random() * 45, wait.timeoutMs - waited));
    }
  }
}
