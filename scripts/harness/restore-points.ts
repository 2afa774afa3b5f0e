import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { inspectDatabase } from "./database-state.ts";

const POINT = /^\d{8}T\d{6}Z(-\d+)?\.db$/;

/**
 * Looks at every restore point beside a database: whole, for its owner only, and of a state that there was.
 * @param contents what the database may have held when one was made
 * @returns what is wrong
 */
export function judgeRestorePoints(database: string, contents: readonly string[]): string[] {
  const folder = `${database}.godwit`;
  if (!existsSync(folder)) return [];
  const problems = modeOf(folder) === 0o700 ? [] : [`the folder has the mode ${modeOf(folder).toString(8)}`];
  for (const name of readdirSync(folder).filter((file) => POINT.test(file)))
    problems.push(
      ...judgeOne(join(folder, name), contents).map((problem) => `restore point ${name}: ${problem}`),
    );
  return problems;
}

function judgeOne(path: string, contents: readonly string[]): string[] {
  const problems = modeOf(path) === 0o600 ? [] : [`has the mode ${modeOf(path).toString(8)}`];
  if (statSync(path).size === 0) return [...problems, "is empty"];
  try {
    const found = inspectDatabase(path);
    problems.push(...found.complaints);
    if (!contents.includes(found.contents)) problems.push("holds what the database never held");
  } catch (error) {
    problems.push(`cannot be read: ${error}`);
  }
  return problems;
}

/** What a finished run has no business to leave in the folder. A note that a run was killed stays until the next copy. */
export function halfDone(database: string): string[] {
  const folder = `${database}.godwit`;
  if (!existsSync(folder)) return [];
  const rest = readdirSync(folder).filter(
    (name) => name.includes(".partial") || /-(journal|wal|shm)$/.test(name),
  );
  return rest.length > 0 ? [`left half-way: ${rest.join(" ")}`] : [];
}

/** How many restore points there are. */
export function countRestorePoints(database: string): number {
  const folder = `${database}.godwit`;
  return existsSync(folder) ? readdirSync(folder).filter((name) => POINT.test(name)).length : 0;
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}
