import { readFileSync, statSync } from "node:fs";
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

/** The byte that a writer locks, https://sqlite.org/src/file/src/os.h (RESERVED_BYTE). */
const RESERVED_BYTE = 0x40000001;

/**
 * Whether this process holds SQLite's write lock on a file in a rollback journal mode. Closing any descriptor of the file drops all POSIX
 * locks that the process has on it, so code that reads the file by itself leaves a transaction without its lock
 * (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 * False also where the system does not tell: only Linux lists locks.
 */
export function holdsWriteLock({ inode }: FileIdentity): boolean {
  let locks: string;
  try {
    locks = readFileSync("/proc/locks", "utf8");
  } catch {
    return false;
  }
  // 12: POSIX  ADVISORY  WRITE 4711 fe:00:2146317 1073741825 1073741825 (https://man7.org/linux/man-pages/man5/proc_locks.5.html)
  return locks.split("\n").some((line) => {
    const [, kind, , access, pid, file, first, last] = line.trim().split(/\s+/);
    if (kind !== "POSIX" || access !== "WRITE" || Number(pid) !== process.pid) return false;
    if (file?.split(":")[2] !== String(inode)) return false;
    return Number(first) <= RESERVED_BYTE && (last === "EOF" || Number(last) >= RESERVED_BYTE);
  });
}
