import { GodwitError } from "../../src/base/failure.ts";
import type { MigrationLabel, RunEvent } from "../../src/engine/events.ts";
import type { RestorePoint } from "../../src/history/restore-points.ts";

type Samples = { readonly [Kind in RunEvent["kind"]]: RunEvent & { readonly kind: Kind } };

const DATABASE = "/srv/app.db";
const TABLES: MigrationLabel = label("20260214120000", "Add tables", "up");
const ROWS: MigrationLabel = label("20260214120001", "Fill rows", "up");

const POINT: RestorePoint = {
  id: "20260214T120000Z",
  file: "/srv/app.db.godwit/20260214T120000Z.db",
  bytes: 8192,
  createdAt: "2026-02-14T12:00:00Z",
};

function label(version: string, description: string, direction: "up" | "down"): MigrationLabel {
  return { version, description, direction, file: `migrations/${version}_x.sql` };
}

/** One of every kind of event, in the order a run tells them; a new kind does not compile without one. */
export const EVENT_SAMPLES: Samples = {
  "database-creating": { kind: "database-creating", database: DATABASE },
  "lock-waiting": { kind: "lock-waiting", database: DATABASE, timeoutMs: 30_000 },
  "plan-ready": { kind: "plan-ready", database: DATABASE, steps: [TABLES, ROWS] },
  "backup-started": { kind: "backup-started", database: DATABASE },
  "backup-progress": { kind: "backup-progress", doneBytes: 4096, totalBytes: 8192 },
  "backup-created": { kind: "backup-created", restorePoint: POINT, durationMs: 12 },
  "backup-removed": { kind: "backup-removed", restorePoint: POINT },
  "restore-started": { kind: "restore-started", database: DATABASE },
  "restore-progress": { kind: "restore-progress", doneBytes: 4096, totalBytes: 8192 },
  "migration-started": { kind: "migration-started", migration: TABLES, index: 1, total: 2 },
  note: { kind: "note", file: "migrations/20260214120000_x.sql", line: 3, message: "left out BEGIN" },
  "migration-log": { kind: "migration-log", migration: ROWS, message: "first\nsecond \u001b[2J" },
  "migration-progress": { kind: "migration-progress", migration: ROWS, done: 500, total: 2000 },
  "migration-running": { kind: "migration-running", migration: ROWS, elapsedMs: 20_000 },
  "migration-applied": { kind: "migration-applied", migration: TABLES, executionTimeMs: 12 },
  "migration-rolled-back": {
    kind: "migration-rolled-back",
    migration: { ...TABLES, direction: "down" },
    executionTimeMs: 1200,
  },
  "migration-failed": {
    kind: "migration-failed",
    migration: ROWS,
    error: new GodwitError("MIGRATION_FAILED", "no such table: rows", { outcome: "rolled_back" }),
  },
  "run-finished": {
    kind: "run-finished",
    done: [{ ...TABLES, executionTimeMs: 12 }],
    durationMs: 1250,
  },
};
