import { SYSTEM_CLOCK } from "../base/clock.ts";
import { messageOf } from "../base/failure.ts";
import type { DatabaseAccess } from "../databases/open-database.ts";
import { CarriedSource, type EmbeddedMigrations } from "../migrations/carried-source.ts";
import { FolderSource } from "../migrations/folder-source.ts";
import type { MigrationSource } from "../migrations/migration.ts";
import { OrderedSource } from "../migrations/ordered-source.ts";
import type { EventListener } from "./events.ts";
import type { RunSettings } from "./run-settings.ts";

/** What a run works on. */
export interface RunSubject {
  readonly database: DatabaseAccess;
  readonly source: MigrationSource;
  readonly settings: RunSettings;
}

export interface ManagerOptions {
  /** The history table; `schema_migrations` by default. */
  readonly table?: string | undefined;
  /** How long a lock is waited for, in milliseconds; 30,000 by default. */
  readonly lockTimeoutMs?: number | undefined;
  /** `each` commits every migration by itself; by default many share a commit. */
  readonly commit?: "grouped" | "each" | undefined;
  /** Restore points: by default one before a run that does more than add, and the newest five stay. */
  readonly backup?: BackupOptions | undefined;
  /** Told what a run does, while it does it. */
  readonly onEvent?: EventListener | undefined;
  /** Handed to migrations in code as their `signal`. */
  readonly signal?: AbortSignal | undefined;
}

export interface BackupOptions {
  /** `auto`: before a run that does more than create things and add columns. */
  readonly when?: "auto" | "always" | "never" | undefined;
  /** How many restore points stay; five by default. */
  readonly keep?: number | undefined;
  /** What they may take together, in bytes; as much as they do by default. */
  readonly maxBytes?: number | undefined;
  /** Where their folder lies; beside the database by default. */
  readonly dir?: string | undefined;
}

export const DEFAULT_TABLE = "schema_migrations";
export const DEFAULT_LOCK_TIMEOUT_MS = 30_000;
const DEFAULT_KEEP = 5;

/** A folder, what a module holds that `godwit embed` wrote, or another source. */
export type Migrations = string | EmbeddedMigrations | MigrationSource;

function sourceOf(migrations: Migrations): MigrationSource {
  if (typeof migrations === "string") return new FolderSource(migrations);
  return "list" in migrations
    ? new OrderedSource(migrations)
    : new CarriedSource(migrations.folder, migrations.migrations);
}

/** What a manager's options mean, with the defaults filled in. Code runs unguarded in a library. */
export function subjectOf(
  database: DatabaseAccess,
  migrations: Migrations,
  options: ManagerOptions,
): RunSubject {
  return {
    database,
    source: sourceOf(migrations),
    settings: {
      table: options.table ?? DEFAULT_TABLE,
      lockTimeoutMs: options.lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS,
      commit: options.commit ?? "grouped",
      backup: {
        when: options.backup?.when ?? "auto",
        keep: options.backup?.keep ?? DEFAULT_KEEP,
        maxBytes: options.backup?.maxBytes ?? null,
        parent: options.backup?.dir,
      },
      isLogged: true,
      isConfined: false,
      onBegin: async () => {},
      clock: SYSTEM_CLOCK,
      emit: tolerant(options.onEvent),
      guard: (run) => run(),
      signal: options.signal ?? new AbortController().signal,
    },
  };
}

/** A listener that throws must not undo, or seem to undo, what it was told of. */
function tolerant(listener: EventListener | undefined): EventListener {
  return (event) => {
    try {
      listener?.(event);
    } catch (error) {
      process.emitWarning(messageOf(error));
    }
  };
}
