import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type DatabaseState, inspectDatabase } from "./database-state.ts";

const POINT = /^\d{8}T\d{6}Z(-\d+)?\.db$/;
const HALF = /\.partial|-(journal|wal|shm)$/;

/** A file in the folder of restore points, by its name: one of them, or what one is made of. */
export function isRestorePointFile(name: string): boolean {
  return POINT.test(name) || HALF.test(name);
}

/** The names of the restore points of a database, oldest first as long as they are of different seconds. */
export function restorePointsOf(database: string): string[] {
  return namesIn(database)
    .filter((name) => POINT.test(name))
    .sort();
}

/** What a finished run has no business to leave in the folder. A note that a run was killed stays until the next copy. */
export function halfDone(database: string): string[] {
  const rest = namesIn(database).filter((name) => HALF.test(name));
  return rest.length > 0 ? [`left half-way: ${rest.join(" ")}`] : [];
}

/** The notes of runs that have not ended. */
export function unfinishedRuns(database: string): string[] {
  return namesIn(database).filter((name) => name.endsWith(".unfinished"));
}

/** Opens one restore point: whole, and for its owner only. */
export function inspectRestorePoint(path: string): {
  readonly problems: readonly string[];
  readonly found: DatabaseState | null;
} {
  const problems = problemsOfMode(path, 0o600);
  if (statSync(path).size === 0) return { problems: [...problems, "is empty"], found: null };
  try {
    return { problems, found: inspectDatabase(path) };
  } catch (error) {
    return { problems: [...problems, `cannot be read: ${error}`], found: null };
  }
}

/** What is wrong with who may read a file or a folder; nothing where it is not there. */
export function problemsOfMode(path: string, wanted: number): string[] {
  const mode = (statSync(path, { throwIfNoEntry: false })?.mode ?? wanted) & 0o777;
  return mode === wanted ? [] : [`has the mode ${mode.toString(8)}`];
}

function namesIn(database: string): string[] {
  const folder = `${database}.godwit`;
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Where a restore point lies. */
export function restorePointPath(database: string, name: string): string {
  return join(`${database}.godwit`, name);
}
