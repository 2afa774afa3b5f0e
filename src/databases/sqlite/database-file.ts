import type { Database } from "bun:sqlite";
import { accessSync, constants, existsSync, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { quoteIdentifier } from "../../sql/identifier.ts";
import type { OpenMode } from "../connection.ts";
import { DatabaseError } from "../database-error.ts";

/** What can be known of a file before SQLite opens it, which tells less of what is wrong. @throws DatabaseError */
export function requireOpenable(path: string, mode: OpenMode): void {
  const stats = statsOf(path);
  if (stats === undefined) {
    const folder = dirname(path);
    if (statsOf(folder) === undefined) throw notFound(`there is no folder ${folder}`, "ENOTDIR");
    if (mode !== "create") throw notFound("there is no such file", "ENOENT");
    return;
  }
  if (stats.isFile()) {
    // Smaller than the smallest page: SQLite would take it for empty, and write over it (https://sqlite.org/fileformat2.html#pages). One byte
    // may be SQLite's own (findInodeInfo in https://sqlite.org/src/file/src/os_unix.c).
    if (stats.size <= 1 || stats.size >= 512) return;
    throw new DatabaseError("is no SQLite database", {
      kind: "not-a-database",
      databaseCode: "SQLITE_NOTADB",
    });
  }
  throw new DatabaseError(stats.isDirectory() ? "is a folder" : "is no regular file", {
    kind: "not-a-database",
    databaseCode: "EISDIR",
    hint: stats.isDirectory() ? "name a file in it: --db FOLDER/app.db" : "name a file: --db app.db",
  });
}

/**
 * Whether somebody has the file open in WAL mode, or was killed. A handle that may write would, as the last one to close, move the `-wal` into the file
 * (https://sqlite.org/wal.html#avoiding_excessively_large_wal_files).
 */
export function isInWalUse(path: string): boolean {
  return existsSync(`${path}-wal`) || existsSync(`${path}-shm`);
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    const { code = "", message } = cause as NodeJS.ErrnoException;
    if (code === "ENOTDIR") return undefined;
    // "ELOOP: too many symbolic links encountered, stat '/srv/app.db'": who reads it is told the path anyway.
    const words = message.replace(/^E[A-Z]+: |, stat '.*$/gs, "");
    throw new DatabaseError(words, { kind: "io", databaseCode: code, cause });
  }
}

function notFound(message: string, databaseCode: string): DatabaseError {
  return new DatabaseError(message, { kind: "not-found", databaseCode });
}

/** SQLite says "unable to open database file" also where a new one may not be made. */
export function openError(error: DatabaseError, path: string, mode: OpenMode): DatabaseError {
  const isNew = mode === "create" && statsOf(path) === undefined;
  if (error.kind !== "io" || !isNew || isWritable(dirname(path))) return error;
  const { message, databaseCode } = error;
  return new DatabaseError(message, { kind: "readonly", databaseCode, cause: error });
}

/** Where the system lets it be written, it is SQLite that does not (https://sqlite.org/fileformat2.html#file_format_version_numbers). */
export function readonlyReason(error: DatabaseError, path: string): DatabaseError {
  if (error.kind !== "readonly" || !isWritable(path) || !isWritable(dirname(path))) return error;
  const { kind, message, databaseCode } = error;
  const hint = "a newer SQLite has written this file, and only it may change it: take a godwit that has it";
  return new DatabaseError(message, { kind, databaseCode, hint, cause: error });
}

/** What keeps a file from being made there, told without making it. @throws DatabaseError of kind not-found or readonly */
export function requireCreatable(path: string): void {
  requireOpenable(path, "create");
  if (isWritable(dirname(path))) return;
  throw new DatabaseError("the folder may not be written to", {
    kind: "readonly",
    databaseCode: "SQLITE_READONLY",
  });
}

export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * SQLite writes whole pages only. Where a file was cut off in the middle of one, as a copy that was interrupted is, SQLite reads that page
 * as if zeros followed. Pages that are still in the `-wal` need not be in the file yet. Asked under the write lock, when a hot journal has
 * been played back.
 * @throws DatabaseError of kind corrupt
 */
export function requireWhole(db: Database, path: string): void {
  const pageSize = Number(db.query("PRAGMA page_size").values()[0]?.[0]);
  const size = statsOf(path)?.size ?? 0;
  const pages = Number(db.query("PRAGMA page_count").values()[0]?.[0]);
  if (size <= 1 || size >= pages * pageSize || (statsOf(`${path}-wal`)?.size ?? 0) > 0) return;
  throw new DatabaseError(`it ends in the middle of a page, after ${size} bytes`, {
    kind: "corrupt",
    databaseCode: "SQLITE_CORRUPT",
    hint: "put a good copy back: this one was cut off",
  });
}

/** A damaged page is not always met by what reads or adds a row: writing to it can make matters worse. @throws DatabaseError of kind corrupt */
export function requireSound(db: Database, table: string): void {
  const exists = db
    .query("SELECT 1 FROM main.sqlite_schema WHERE name = ? COLLATE NOCASE AND type = 'table'")
    .values(table);
  if (exists.length === 0) return;
  const [first] = db.query(`PRAGMA main.quick_check(${quoteIdentifier(table)})`).values();
  // Rows that break a constraint are somebody's work, not damage.
  if (first?.[0] === "ok" || /^(CHECK constraint failed|NULL value) in /.test(String(first?.[0]))) return;
  throw new DatabaseError(`in the table ${table}: ${String(first?.[0])}`, {
    kind: "corrupt",
    databaseCode: "SQLITE_CORRUPT",
  });
}

/** As a URI (https://sqlite.org/uri.html). SQLite takes no host: a share of Windows is a path that begins with two more slashes. */
export function uriOf(path: string, parameters: string, url: URL = Bun.pathToFileURL(path)): string {
  const { host, pathname } = url;
  return `file://${host === "" ? "" : `//${host}`}${pathname}?${parameters}`;
}
