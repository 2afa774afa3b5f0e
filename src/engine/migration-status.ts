import type { DatabaseAccess } from "../databases/open-database.ts";
import { CompanionFolder } from "../history/companion-folder.ts";
import { EMPTY_HISTORY, isoTime, wholeNumber } from "../history/history.ts";
import type { LoggedRun } from "../history/run-log.ts";
import { isReversible } from "../migrations/code-file.ts";
import type { MigrationKind } from "../migrations/file-name.ts";
import { descriptionOf } from "../migrations/migration.ts";
import { readAll, requireReadable } from "./planner.ts";
import { readHistory, withConnection } from "./run-plan.ts";
import type { RunSettings } from "./run-settings.ts";
import type { RunSubject } from "./run-subject.ts";
import { computeState, isSound, type MigrationState, summarise } from "./state.ts";

/** One migration as `status` shows it. */
export interface MigrationStatus {
  readonly version: string;
  readonly description: string;
  readonly state: MigrationState;
  /** Null where the file is gone. */
  readonly kind: MigrationKind | null;
  readonly file: string | null;
  /** Whether there is a way back; null where only running the code could tell, or the file is gone. */
  readonly reversible: boolean | null;
  /** ISO 8601 UTC. */
  readonly appliedAt: string | null;
  readonly executionTimeMs: number | null;
}

export interface StatusReport {
  /** False: there is no file yet, and everything is pending. */
  readonly exists: boolean;
  /** Lowest version first. */
  readonly migrations: readonly MigrationStatus[];
  readonly summary: Readonly<Record<MigrationState, number>>;
  /** Everything is applied and nothing is wrong. */
  readonly isSound: boolean;
  /** The newest run, if it failed or was killed. */
  readonly lastFailure: LoggedRun | null;
}

/** Reads files and history. Writes nothing, makes no file. @throws GodwitError */
export async function readStatus({ database, source, settings }: RunSubject): Promise<StatusReport> {
  const migrations = readAll(source);
  requireReadable(migrations);
  const exists = database.exists();
  const history = await withConnection(database, exists ? "read" : null, async (connection) =>
    connection === null ? EMPTY_HISTORY : readHistory(connection, settings),
  );
  const entries = computeState(migrations, history);
  return {
    exists,
    migrations: entries.map(({ version, state, migration, record }) => ({
      version,
      description: migration === null ? (record?.description ?? "") : descriptionOf(migration),
      state,
      kind: migration?.kind ?? null,
      file: migration?.file ?? null,
      reversible: migration === null ? null : isReversible(migration),
      appliedAt: isoTime(record?.appliedAt),
      executionTimeMs: wholeNumber(record?.executionTimeMs),
    })),
    summary: summarise(entries),
    isSound: isSound(entries),
    lastFailure: await readLastFailure(database, settings),
  };
}

/** Null also where the log cannot be read. */
async function readLastFailure({ file }: DatabaseAccess, { backup }: RunSettings): Promise<LoggedRun | null> {
  if (file === null || !new CompanionFolder(file, backup.parent).isUnsettled) return null;
  const { RunLog } = await import("../history/run-log.ts");
  try {
    return new RunLog(file, backup.parent).lastFailure();
  } catch {
    return null;
  }
}
