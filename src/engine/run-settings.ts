import type { Clock } from "../base/clock.ts";
import type { Retention } from "../history/restore-points.ts";
import type { EventListener } from "./events.ts";
import type { LockWait } from "./lock-wait.ts";
import type { CodeGuard } from "./work.ts";

/** When a run makes a restore point, and how many stay. */
interface BackupSettings extends Retention {
  /** `auto`: before a run that does more than add; `always`: before every run that does anything. */
  readonly when: "auto" | "always" | "never";
  /** Where the folder of the restore points lies; undefined: beside the database. */
  readonly parent: string | undefined;
}

/** How runs on one database go, whatever they do. */
export interface RunSettings {
  /** The history table. */
  readonly table: string;
  readonly lockTimeoutMs: number;
  /** `grouped`: many migrations share a commit; `each`: every one has its own. */
  readonly commit: "grouped" | "each";
  readonly backup: BackupSettings;
  /** Whether what runs do is written into the log beside the database. */
  readonly isLogged: boolean;
  /** Whether what runs must not reach any file but the database: it is a copy. */
  readonly isConfined: boolean;
  /** Awaited when it is known that there is something to do, before anything is done. */
  readonly onBegin: () => Promise<void>;
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
