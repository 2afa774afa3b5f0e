import { statSync } from "node:fs";
import { DatabaseError } from "../database-error.ts";

/** Which file a path led to. Null for a database in memory, and where the file is gone. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
}

export function identityOf(path: string): FileIdentity | null {
  if (path === "" || path === ":memory:") return null;
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stats === undefined ? null : { device: stats.dev, inode: stats.ino };
}

/**
 * What was opened must still be what the path leads to: a commit would go into a file that nobody can find any more. SQLite looks only when it makes
 * its journal (https://sqlite.org/howtocorrupt.html#unlink).
 * @throws DatabaseError of kind replaced
 */
export function requireSameFile(path: string, opened: FileIdentity | null): void {
  const present = opened === null ? null : identityOf(path);
  if (present?.inode === opened?.inode && present?.device === opened?.device) return;
  throw new DatabaseError("another file has taken its place", {
    kind: "replaced",
    databaseCode: "SQLITE_READONLY_DBMOVED",
  });
}
