import { DatabaseError, databaseFailure } from "../../databases/database-error.ts";
import { parseDatabaseTarget } from "../../databases/database-target.ts";
import { accessHandle, accessTarget, type DatabaseAccess } from "../../databases/open-database.ts";
import {
  type DatabasePragmas,
  openTuned,
  setJournalMode,
  setPragmas,
} from "../../databases/sqlite/pragmas.ts";
import type { Database } from "../../databases/sqlite/sqlite-connection.ts";
import { untilFree } from "../../engine/lock-wait.ts";
import type { MigrateOptions } from "../../engine/migration-manager.ts";
import { prepareRun, runPlan } from "../../engine/run-plan.ts";
import { lockWait } from "../../engine/run-settings.ts";
import {
  type ManagerOptions,
  type Migrations,
  type RunSubject,
  subjectOf,
} from "../../engine/run-subject.ts";

export interface InitOptions extends ManagerOptions, Pick<MigrateOptions, "allow"> {
  /** The folder, `migrations` by default, embedded migrations, or another source. */
  readonly migrations?: Migrations | undefined;
  /** Overrides of the connection's settings; see each one for its default and reason. */
  readonly pragmas?: DatabasePragmas | undefined;
}

/**
 * Opens a server's database: makes it if there is none, sets it up, applies what is pending, and returns it ready. `":memory:"` gives a
 * database that lives as long as the handle.
 * @throws GodwitError if anything fails; the database is closed then, and the server should not start.
 */
export async function initDatabase(path: string, options: InitOptions = {}): Promise<Database> {
  const file = path === ":memory:" ? path : parseDatabaseTarget(path).path;
  const plan = { kind: "migrate" as const, allow: options.allow ?? {} };
  const access = accessTarget({ kind: "sqlite", path: file });
  const subject = subjectOf(access, options.migrations ?? "migrations", options);
  // What is refused must not leave an empty file behind.
  if (!access.exists()) {
    await prepareRun(subject, { plan });
    subject.settings.emit({ kind: "database-creating", database: file });
  }
  const db = open(file);
  try {
    await runPlan({ ...subject, database: withJournalMode(db, subject, options) }, { plan });
    setPragmas(db, options.pragmas ?? {});
    return db;
  } catch (error) {
    db.close();
    throw asFailure(error, file);
  }
}

/** Set where the run opens the database, so that what keeps it from being set is in the log. */
function withJournalMode(
  db: Database,
  { database, settings }: RunSubject,
  { pragmas }: InitOptions,
): DatabaseAccess {
  const access = accessHandle(db);
  const set = async () => setJournalMode(db, pragmas?.journalMode);
  return {
    ...access,
    open: async (mode) => {
      await untilFree(lockWait(settings, database.name), database.name, set);
      return access.open(mode);
    },
  };
}

function open(file: string): Database {
  try {
    return openTuned(file);
  } catch (error) {
    throw asFailure(error, file);
  }
}

function asFailure(error: unknown, file: string): unknown {
  return error instanceof DatabaseError ? databaseFailure(error, file) : error;
}
