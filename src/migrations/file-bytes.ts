import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { GodwitError, messageOf } from "../base/failure.ts";
import { locateFile } from "../base/source-text.ts";

/** SQLITE_MAX_SQL_LENGTH, https://sqlite.org/limits.html#max_sql_length */
const LARGEST = 1_000_000_000;

/** Nearly every file fits into it, and is read without asking for its size first. */
const SMALL = Buffer.allocUnsafeSlow(65_536);

/**
 * The bytes of a migration's file, until the next call.
 * @param shown the file as messages name it
 * @throws GodwitError MIGRATION_UNREADABLE
 */
export function readFileBytes(path: string, shown: string): Uint8Array {
  try {
    const descriptor = openSync(path, "r");
    try {
      // A read of a file is cut short by nothing but its end: https://pubs.opengroup.org/onlinepubs/9799919799/functions/read.html
      const length = readSync(descriptor, SMALL, 0, SMALL.length, 0);
      if (length < SMALL.length) return SMALL.subarray(0, length);
      if (fstatSync(descriptor).size <= LARGEST) return readFileSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    throw unreadable(shown, cause);
  }
  throw tooLarge(shown);
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
