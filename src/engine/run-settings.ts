import type { Clock } from "../base/clock.ts";
import type { EventListener } from "./events.ts";
import type { LockWait } from "./lock-wait.ts";
import type { CodeGuard } from "./work.ts";

/** How runs on one database go, whatever they do. */
export interface RunSettings {
  /** The history table. */
  readonly table: string;
  readonly lockTimeoutMs: number;
  /** `grouped`: many migrations share a commit; `each`: every one has its own. */
  readonly commit: "grouped" | "each";
  readonly clock: Clock;
  readonly emit: EventListener;
  readonly guard: CodeGuard;
  /** Handed to migrations in code. */
  readonly signal: AbortSignal;
}

/** How a run with these settings waits for the lock on a database. */
export function lockWait({ clock, lockTimeoutMs: timeoutMs, emit }: RunSettings, database: string): LockWait {
  return { clock, timeoutMs, onWaiting: () => emit({ kind: "lock-waiting", database, timeoutMs }) };
}
