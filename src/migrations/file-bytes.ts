import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { GodwitError, messageOf } from "../base/failure.ts";
import { locateFile } from "../base/source-text.ts";

/** SQLITE_MAX_SQL_LENGTH, https://sqlite.org/limits.html#max_sql_length */
const LARGEST = 1_000_000_000;

/**
 * The bytes of a migration's file.
 * @param shown the file as messages name it
 * @throws GodwitError MIGRATION_UNREADABLE
 */
export function readFileBytes(path: string, shown: string): Uint8Array {
  try {
    const descriptor = openSync(path, "r");
    try {
      const { size } = fstatSync(descriptor);
      if (size <= LARGEST) return readWhole(descriptor, size);
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    throw unreadable(shown, cause);
  }
  throw tooLarge(shown);
}

/** One read takes a file whole, unless it is cut short: by a signal, or by a file system of another machine. */
function readWhole(descriptor: number, size: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const count = readSync(descriptor, bytes, length, size - length, null);
    if (count === 0) break;
    length += count;
  }
  return length === size ? bytes : bytes.subarray(0, length);
}

function tooLarge(file: string): GodwitError {
  return new GodwitError(
    "MIGRATION_UNREADABLE",
    "the file is larger than SQLite takes: 1,000,000,000 bytes",
    {
      location: locateFile(file),
      hint: "split it into several migrations",
    },
  );
}

function unreadable(file: string, cause: unknown): GodwitError {
  return new GodwitError("MIGRATION_UNREADABLE", `the file cannot be read: ${messageOf(cause)}`, {
    location: locateFile(file),
    hint: "check its permissions",
    cause,
  });
}
