import { GODWIT_VERSION } from "../base/godwit-version.ts";
import { sqliteVersion } from "../databases/sqlite/sqlite-version.ts";

/** What runs here: godwit, the runtime inside it, and the SQLite inside that. */
export async function versions(): Promise<{ godwit: string; bun: string; sqlite: string }> {
  return { godwit: GODWIT_VERSION, bun: Bun.version, sqlite: await sqliteVersion() };
}
