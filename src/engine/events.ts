import type { GodwitError } from "../base/failure.ts";
import type { RestorePoint } from "../history/restore-points.ts";
import { descriptionOf } from "../migrations/migration.ts";
import type { Direction, Step } from "./plan.ts";

/** A migration as events name it. */
export interface MigrationLabel {
  readonly version: string;
  readonly description: string;
  readonly file: string;
  readonly direction: Direction;
}

export function labelOf({ migration, direction }: Step): MigrationLabel {
  const { version, file } = migration;
  return { version, description: descriptionOf(migration), file, direction };
}

/**
 * What a run tells while it goes. The core says it; reporters and a server's own log show it.
 * `migration-applied` and `migration-rolled-back` come only after the commit that makes them true.
 */
export type RunEvent =
  /** The steps are known; none has begun. */
  | { readonly kind: "plan-ready"; readonly database: string; readonly steps: readonly MigrationLabel[] }
  /** The file of the database is about to be made. */
  | { readonly kind: "database-creating"; readonly database: string }
  /** Another connection has had the lock for a second. */
  | { readonly kind: "lock-waiting"; readonly database: string; readonly timeoutMs: number }
  /** A restore point is about to be made; the run goes on when it is. */
  | { readonly kind: "backup-started"; readonly database: string }
  | { readonly kind: "backup-progress"; readonly doneBytes: number; readonly totalBytes: number }
  | { readonly kind: "backup-created"; readonly restorePoint: RestorePoint; readonly durationMs: number }
  /** The run has changed nothing, so its restore point is of no use. */
  | { readonly kind: "backup-removed"; readonly restorePoint: RestorePoint }
  /** The contents of a restore point are about to take the place of the database's. */
  | { readonly kind: "restore-started"; readonly database: string }
  | { readonly kind: "restore-progress"; readonly doneBytes: number; readonly totalBytes: number }
  /** `index` counts from 1. */
  | {
      readonly kind: "migration-started";
      readonly migration: MigrationLabel;
      readonly index: number;
      readonly total: number;
    }
  /** Something worth knowing that stops nothing. */
  | { readonly kind: "note"; readonly file: string; readonly line: number | null; readonly message: string }
  /** A line from the migration's own code. */
  | { readonly kind: "migration-log"; readonly migration: MigrationLabel; readonly message: string }
  | {
      readonly kind: "migration-progress";
      readonly migration: MigrationLabel;
      readonly done: number;
      readonly total: number | null;
    }
  /** Code still awaits something; told every ten seconds, since it may be waiting for what never comes. */
  | { readonly kind: "migration-running"; readonly migration: MigrationLabel; readonly elapsedMs: number }
  | {
      readonly kind: "migration-applied" | "migration-rolled-back";
      readonly migration: MigrationLabel;
      readonly executionTimeMs: number;
    }
  | { readonly kind: "migration-failed"; readonly migration: MigrationLabel; readonly error: GodwitError }
  | { readonly kind: "run-finished"; readonly done: readonly FinishedStep[]; readonly durationMs: number };

/** A step that is committed. */
export interface FinishedStep extends MigrationLabel {
  readonly executionTimeMs: number;
}

export type EventListener = (event: RunEvent) => void;
