import { Database } from "bun:sqlite";
import { isInWalUse } from "./database-file.ts";
import { toDatabaseError } from "./driver-error.ts";

/**
 * For reading a file is opened read-write all the same, with `query_only`: a read-only handle cannot recover a hot journal and leaves `-wal` files behind
 * (https://sqlite.org/wal.html#readonly). Where somebody else has it open in WAL mode, or was killed, it is the other way round.
 */
export function openToRead(path: string): Database {
  if (path !== ":memory:" && isInWalUse(path)) {
    const db = new Database(path, { readonly: true });
    if (canRead(db)) return db;
    db.close();
  }
  const db = new Database(path, { readwrite: true });
  db.run("PRAGMA query_only = 1");
  return db;
}

/** False where SQLite would have to make a `-shm` and may not, or the file is no longer in WAL mode. */
function canRead(db: Database): boolean {
  try {
    db.query("SELECT 1 FROM sqlite_schema LIMIT 1").values();
    return true;
  } catch (thrown) {
    const kind = toDatabaseError(thrown)?.kind;
    return kind !== "io" && kind !== "readonly";
  }
}
