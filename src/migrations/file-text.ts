import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { decodeText, needsCare } from "../base/decode-text.ts";
import { GodwitError, messageOf } from "../base/failure.ts";
import { expectMuch } from "../base/jit-policy.ts";
import { locateFile } from "../base/source-text.ts";

/** SQLITE_MAX_SQL_LENGTH, https://sqlite.org/limits.html#max_sql_length */
const LARGEST = 1_000_000_000;

const MIB = 2 ** 20;

/** Nearly every file fits into it, and is read without asking for its size first. One for all files. */
let small: Buffer | null = null;

type Decode = (shown: string, bytes: Uint8Array) => string;

/**
 * The text of a file as it stands, which may need care, by one call of the runtime: what it takes for each call is as much as the system takes.
 * @returns null where something is in the way, of which `readFileText` tells
 */
export function readWholeText(path: string): string | null {
  try {
    const text = readFileSync(path, "utf8");
    if (text.length >= MIB) {
      if (statSync(path).size > LARGEST) return null;
      expectMuch({ bytes: text.length });
    }
    return text;
  } catch {
    return null;
  }
}

/**
 * The text of a migration's file.
 * @param shown the file as messages name it
 * @param decode what is asked where the bytes are not plainly text
 * @throws GodwitError MIGRATION_UNREADABLE
 */
export function readFileText(path: string, shown: string, decode: Decode = decodeText): string {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(path, "r");
    small ??= Buffer.allocUnsafeSlow(65_536);
    let length = 0;
    // To the end: a file system may give less at a time than there is.
    for (let count = 1; count > 0 && length < small.length; length += count)
      count = readSync(descriptor, small, length, small.length - length, length);
    if (length === small.length) return readLarge(descriptor, shown, decode);
    const text = small.toString("utf8", 0, length);
    return needsCare(text) ? decode(shown, small.subarray(0, length)) : text;
  } catch (cause) {
    throw cause instanceof GodwitError ? cause : unreadable(shown, cause);
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

/** As text at once: to hold the bytes as well would take as long again as to read them. */
function readLarge(descriptor: number, shown: string, decode: Decode): string {
  const { size } = fstatSync(descriptor);
  if (size > LARGEST) throw tooLarge(shown);
  expectMuch({ bytes: size });
  const text = readFileSync(descriptor, "utf8");
  return needsCare(text) ? decode(shown, bytesOf(descriptor, size)) : text;
}

function bytesOf(descriptor: number, size: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  for (let count = 1; count > 0 && length < size; length += count)
    count = readSync(descriptor, bytes, length, size - length, length);
  return bytes.subarray(0, length);
}

function tooLarge(shown: string): GodwitError {
  return new GodwitError(
    "MIGRATION_UNREADABLE",
    "the file is larger than SQLite takes: 1,000,000,000 bytes",
    {
      location: locateFile(shown),
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
