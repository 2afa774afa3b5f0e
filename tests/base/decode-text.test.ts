import { describe, expect, test } from "bun:test";
import { decodeText } from "../../src/base/decode-text.ts";
import { failureOf } from "../support/failures.ts";
import { refusalOf } from "../support/refusal.ts";

const FILE = "migrations/20260101000001_a.sql";
const SCRIPT = "-- up\nCREATE TABLE a (x);\n";

function bytes(...parts: readonly (string | number)[]): Uint8Array {
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.of(part))));
}

describe("the text of a file", () => {
  test.each([
    { name: "LF", written: SCRIPT },
    { name: "CRLF", written: SCRIPT.replaceAll("\n", "\r\n") },
    { name: "lone CR", written: SCRIPT.replaceAll("\n", "\r") },
    { name: "mixed line ends", written: "-- up\r\nCREATE TABLE a (x);\r" },
    { name: "a byte order mark", written: `\uFEFF${SCRIPT}` },
    { name: "a byte order mark and CRLF", written: `\uFEFF${SCRIPT.replaceAll("\n", "\r\n")}` },
  ])("is the same with $name", ({ written }) => {
    expect(decodeText(FILE, bytes(written))).toBe(SCRIPT);
  });

  test("keeps blank lines written with CRLF", () => {
    expect(decodeText(FILE, bytes("a\r\n\r\nb\n\r"))).toBe("a\n\nb\n\n");
  });

  test("loses only the first byte order mark", () => {
    expect(decodeText(FILE, bytes("\uFEFF\uFEFFa\uFEFF"))).toBe("\uFEFFa\uFEFF");
  });

  test.each([
    { name: "no bytes", text: "" },
    { name: "letters of two, three and four bytes", text: "äöü €uro 😀" },
    { name: "a replacement character that is written", text: "SELECT '\uFFFD';" },
  ])("is kept: $name", ({ text }) => {
    expect(decodeText(FILE, bytes(text))).toBe(text);
  });
});

describe("UTF-16", () => {
  test.each([
    { name: "little-endian", content: bytes(0xff, 0xfe, "-", 0, "-", 0) },
    { name: "big-endian", content: bytes(0xfe, 0xff, 0, "-", 0, "-") },
    { name: "nothing but the mark", content: bytes(0xff, 0xfe) },
  ])("is refused by its mark: $name", async ({ content }) => {
    expect(await refusalOf(() => decodeText(FILE, content))).toEqual({
      code: "MIGRATION_UNREADABLE",
      message: "the file is UTF-16, not UTF-8",
      hint: "save the file as UTF-8",
      line: null,
      column: null,
    });
  });

  test.each([
    { name: "little-endian", content: Buffer.from("-- up", "utf16le") },
    { name: "big-endian", content: Buffer.from("-- up", "utf16le").swap16() },
  ])("without a mark is told by its zeros: $name", async ({ content }) => {
    expect(await refusalOf(() => decodeText(FILE, content))).toMatchObject({
      message: "the file is UTF-16, not UTF-8",
    });
  });
});

describe("bytes that are no UTF-8", () => {
  test.each([
    { name: "first of all", content: bytes(0xe9, "abc"), line: 1, column: 1 },
    { name: "Latin-1 in a word", content: bytes("-- caf", 0xe9, "\n"), line: 1, column: 7 },
    { name: "a broken pair", content: bytes("a\nb", 0xc3, "("), line: 2, column: 2 },
    { name: "a continuation alone", content: bytes("a\n\nbc", 0x80), line: 3, column: 3 },
    { name: "cut off at the end", content: bytes("ab", 0xf0, 0x9f, 0x98), line: 1, column: 3 },
    { name: "an overlong form", content: bytes("x", 0xc0, 0xaf), line: 1, column: 2 },
    { name: "half a surrogate pair", content: bytes("x", 0xed, 0xa0, 0x80), line: 1, column: 2 },
    { name: "after letters of four bytes", content: bytes("😀😀", 0xff), line: 1, column: 3 },
    { name: "after a written replacement character", content: bytes("\uFFFDx", 0xff), line: 1, column: 3 },
    { name: "after a byte order mark", content: bytes("\uFEFFab", 0xff), line: 1, column: 3 },
    { name: "after CRLF", content: bytes("a\r\nb", 0xff), line: 2, column: 2 },
    { name: "after lone CR", content: bytes("a\rb\rc", 0xff), line: 3, column: 2 },
  ])("are refused at their place: $name", async ({ content, line, column }) => {
    expect(await refusalOf(() => decodeText(FILE, content))).toEqual({
      code: "MIGRATION_UNREADABLE",
      message: "the file is not valid UTF-8",
      hint: "save the file as UTF-8",
      line,
      column,
    });
  });

  test("are shown with their line as it is read elsewhere", async () => {
    const failure = await failureOf(() => decodeText(FILE, bytes("\uFEFFab", 0xff, "c\r\nd")));
    expect(failure.location).toEqual({ file: FILE, line: 1, column: 3, excerpt: "ab\uFFFDc" });
  });
});

describe("a NUL", () => {
  test.each([
    { name: "first of all", text: "\0-- up", line: 1, column: 1 },
    { name: "in a statement", text: "-- up\nCREATE \0TABLE a (x);", line: 2, column: 8 },
    { name: "in a string", text: "-- up\nINSERT INTO a VALUES ('ä\0');", line: 2, column: 25 },
    { name: "last of all", text: "SELECT 1;\r\n\0", line: 2, column: 1 },
    { name: "the first of two", text: "a\0bc\0", line: 1, column: 2 },
  ])("is refused at its place: $name", async ({ text, line, column }) => {
    expect(await refusalOf(() => decodeText(FILE, bytes(text)))).toEqual({
      code: "MIGRATION_UNREADABLE",
      message: "the file contains a NUL byte; SQLite would stop reading there",
      hint: "remove the NUL, or write it in SQL as char(0) or x'00'",
      line,
      column,
    });
  });
});
