import { GodwitError } from "../../base/failure.ts";

/** On macOS Bun loads the SQLite of the system, which it does not name; elsewhere it brings its own (https://bun.com/docs/api/sqlite). */
export const SQLITE_SOURCE: "inside" | "system" = process.platform === "darwin" ? "system" : "inside";

/** The version of the SQLite that is in use. */
export async function sqliteVersion(): Promise<string> {
  const linked = process.versions["sqlite"];
  if (SQLITE_SOURCE === "inside" && linked !== undefined) return linked;
  const { Database } = await import("bun:sqlite");
  using db = new Database(":memory:");
  return String(db.query("SELECT sqlite_version()").values()[0]?.[0]);
}

/** What is asked of SQLite here and came last, and the version that brought it: https://sqlite.org/changes.html */
const NEEDED = { version: "3.37.0", for: "PRAGMA table_list" } as const;

/**
 * Only the SQLite of a system can be older than what is needed.
 * @throws GodwitError DATABASE_FAILED, with what is missing
 */
export async function requireSqlite(version: string | null = null): Promise<void> {
  if (version === null && SQLITE_SOURCE === "inside") return;
  const found = version ?? (await sqliteVersion());
  // Some have a fourth number.
  if (Bun.semver.order(found.split(".").slice(0, 3).join("."), NEEDED.version) >= 0) return;
  throw new GodwitError(
    "DATABASE_FAILED",
    `the SQLite of this system is ${found}, and has no ${NEEDED.for}: that came with ${NEEDED.version}`,
    { hint: "run godwit on a newer system, or on Linux, where it brings its own SQLite" },
  );
}
