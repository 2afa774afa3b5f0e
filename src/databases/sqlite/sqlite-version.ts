/** The version of the SQLite that is in use. On macOS Bun takes the system's own, which it does not name (https://bun.com/docs/api/sqlite). */
export async function sqliteVersion(): Promise<string> {
  const linked = process.versions["sqlite"];
  if (process.platform !== "darwin" && linked !== undefined) return linked;
  const { Database } = await import("bun:sqlite");
  using db = new Database(":memory:");
  return String(db.query("SELECT sqlite_version()").values()[0]?.[0]);
}
