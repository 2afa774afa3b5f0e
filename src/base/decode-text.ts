import { GodwitError } from "./failure.ts";
import { locate, locateFile } from "./source-text.ts";

const BYTE_ORDER_MARK = "\uFEFF";

/**
 * The text of a migration's bytes: strict UTF-8, without a byte order mark, line ends as LF. What is hashed is
 * this text and what runs is this text, so a Windows checkout changes neither.
 * @throws GodwitError MIGRATION_UNREADABLE for UTF-16, bytes that are no UTF-8, and NUL. SQLite stops reading a script at a NUL
 * without an error (https://sqlite.org/c3ref/prepare.html), so one inside a file would drop the rest of it.
 */
export function decodeText(file: string, bytes: Uint8Array): string {
  refuseUtf16(file, bytes);
  const text = decodeUtf8(file, bytes);
  const normalised = normalise(text);
  const nul = normalised.indexOf("\0");
  if (nul !== -1) {
    throw new GodwitError(
      "MIGRATION_UNREADABLE",
      "the file contains a NUL byte; SQLite would stop reading there",
      {
        location: locate(file, normalised, nul),
        hint: "remove the NUL, or write it in SQL as char(0) or x'00'",
      },
    );
  }
  return normalised;
}

/** For a character class: without one of these, no text needs care. What is no UTF-8 has become the first of them. */
export const CAREFUL = "\\ufffd\\0\\r\\ufeff";

/** Whether a text is none as it stands, and its bytes are to be decoded with care. */
export function needsCare(text: string): boolean {
  return (
    text.includes("\ufffd") || text.includes("\0") || text.includes("\r") || text.startsWith(BYTE_ORDER_MARK)
  );
}

/** One for all files: to make one takes longer than to decode a file. Few files need it. */
let strict: TextDecoder | null = null;

function normalise(text: string): string {
  const withoutMark = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  return withoutMark.includes("\r") ? withoutMark.replace(/\r\n?/g, "\n") : withoutMark;
}

function refuseUtf16(file: string, bytes: Uint8Array): void {
  if (hasUtf16Mark(bytes) || looksLikeUtf16(bytes)) {
    throw new GodwitError("MIGRATION_UNREADABLE", "the file is UTF-16, not UTF-8", {
      location: locateFile(file),
      hint: "save the file as UTF-8",
    });
  }
}

function hasUtf16Mark(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}

/** Every second byte of Latin text is zero in UTF-16; a script begins with two such letters. */
function looksLikeUtf16(bytes: Uint8Array): boolean {
  const [first, second] = [bytes[0] === 0, bytes[1] === 0];
  return first !== second && first === (bytes[2] === 0) && second === (bytes[3] === 0);
}

function decodeUtf8(file: string, bytes: Uint8Array): string {
  try {
    strict ??= new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return strict.decode(bytes);
  } catch (cause) {
    const lossy = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    const before = normalise(lossy.slice(0, firstInvalid(lossy, bytes)));
    throw new GodwitError("MIGRATION_UNREADABLE", "the file is not valid UTF-8", {
      location: locate(file, normalise(lossy), before.length),
      hint: "save the file as UTF-8",
      cause,
    });
  }
}

/** The index of the first replacement character that does not stand in the bytes themselves. */
function firstInvalid(lossy: string, bytes: Uint8Array): number {
  for (let index = lossy.indexOf("\uFFFD"); index !== -1; index = lossy.indexOf("\uFFFD", index + 1)) {
    const at = Buffer.byteLength(lossy.slice(0, index));
    const isWritten = bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd;
    if (!isWritten) return index;
  }
  return 0;
}
