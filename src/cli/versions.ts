import { GODWIT_VERSION } from "../base/godwit-version.ts";
import { sqliteVersion } from "../databases/sqlite/sqlite-connection.ts";

/** What runs here: godwit, the runtime inside it, and the SQLite inside that. */
export function versions(): { godwit: string; bun: string; sqlite: string } {
  return { godwit: GODWIT_VERSION, bun: Bun.version, sqlite: sqliteVersion() };
}
