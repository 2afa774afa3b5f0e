import { GODWIT_VERSION } from "../base/godwit-version.ts";
import { SQLITE_SOURCE, sqliteVersion } from "../databases/sqlite/sqlite-version.ts";

export interface Versions {
  readonly godwit: string;
  readonly bun: string;
  readonly sqlite: string;
  /** Whether it is the executable's own, or the system's. */
  readonly sqliteSource: "inside" | "system";
}

/** What runs here: godwit, the runtime inside it, and the SQLite inside that. */
export async function versions(): Promise<Versions> {
  return {
    godwit: GODWIT_VERSION,
    bun: Bun.version,
    sqlite: await sqliteVersion(),
    sqliteSource: SQLITE_SOURCE,
  };
}

/** For a person. */
export function versionLine({ godwit, bun, sqlite, sqliteSource }: Versions): string {
  const whose = sqliteSource === "system" ? " of the system" : "";
  return `godwit ${godwit} (Bun ${bun}, SQLite ${sqlite}${whose})`;
}
