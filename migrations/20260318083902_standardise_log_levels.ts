/**
 * Description: Standardise log levels
 * Requires: 20260112093208
 *
 * ERROR, WARNING and INFO, however they are written, become error, warn and info. TypeScript is for changes like this
 * one, where a list in code says more than SQL. `import type` is all that is needed; nothing has to be installed.
 */
import type { Database } from "bun:sqlite";

const LEVELS = [
  { old: "ERROR", level: "error" },
  { old: "WARNING", level: "warn" },
  { old: "INFO", level: "info" },
];

/** The second argument has `log`, to say something while the migration runs. */
export function up(db: Database, { log }: { log(message: string): void }) {
  for (const { old, level } of LEVELS) {
    const { changes } = db.run("UPDATE logs SET level = ? WHERE upper(level) = ?", [level, old]);
    log(`${old} is now ${level} in ${changes} rows`);
  }
}

/** Restores upper case. A row that said Error or error before says ERROR now: how it was written is not kept. */
export function down(db: Database) {
  for (const { old, level } of LEVELS) {
    db.run("UPDATE logs SET level = ? WHERE level = ?", [old, level]);
  }
}

/** Runs after `up`. Each row returned is a violation; one is enough to roll the migration back. */
export function verify(db: Database) {
  return db
    .query(
      "SELECT level, count(*) AS rows FROM logs WHERE level NOT IN ('error', 'warn', 'info') GROUP BY level",
    )
    .all();
}
