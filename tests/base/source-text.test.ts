import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { indexOfByte, locate, locateFile, locateLine } from "../../src/base/source-text.ts";

const TEXT = "ab\n😀 c\n\nd";

describe("the place of an index", () => {
  test.each([
    { name: "the beginning", index: 0, line: 1, column: 1, excerpt: "ab" },
    { name: "inside the first line", index: 1, line: 1, column: 2, excerpt: "ab" },
    { name: "a line end belongs to its line", index: 2, line: 1, column: 3, excerpt: "ab" },
    { name: "the beginning of a line", index: 3, line: 2, column: 1, excerpt: "😀 c" },
    { name: "after a pair of surrogates, one code point", index: 5, line: 2, column: 2, excerpt: "😀 c" },
    { name: "an empty line", index: 8, line: 3, column: 1, excerpt: "" },
    { name: "the end", index: 10, line: 4, column: 2, excerpt: "d" },
    { name: "past the end", index: 99, line: 4, column: 2, excerpt: "d" },
    { name: "before the beginning", index: -1, line: 1, column: 1, excerpt: "ab" },
  ])("$name", ({ index, line, column, excerpt }) => {
    expect(locate("a.sql", TEXT, index)).toEqual({ file: "a.sql", line, column, excerpt });
  });

  test("in an empty text is its first", () => {
    expect(locate("a.sql", "", 0)).toEqual({ file: "a.sql", line: 1, column: 1, excerpt: "" });
  });

  test("in a text that begins with a line end is on the second line after it", () => {
    expect(locate("a.sql", "\nx", 1)).toEqual({ file: "a.sql", line: 2, column: 1, excerpt: "x" });
  });

  const anyText = fc.string({ unit: fc.constantFrom("a", "ä", "😀", "\n", " ") });

  test("leads back to the index", () => {
    fc.assert(
      fc.property(anyText, fc.nat(40), (text, wanted) => {
        const index = [...text].slice(0, wanted).join("").length;
        const { line, column } = locate("a.sql", text, index);
        const before = text.split("\n").slice(0, line! - 1);
        const inLine = [...(text.split("\n")[line! - 1] ?? "")].slice(0, column! - 1).join("");
        expect([...before, inLine].join("\n").length).toBe(index);
      }),
    );
  });
});

describe("the place of a line", () => {
  test.each([
    { name: "with a column", line: 1, column: 2, place: { line: 1, column: 2, excerpt: "ab" } },
    { name: "without one", line: 2, column: null, place: { line: 2, column: null, excerpt: "😀 c" } },
    {
      name: "with a column in UTF-16 units",
      line: 2,
      column: 4,
      place: { line: 2, column: 3, excerpt: "😀 c" },
    },
    { name: "that the text does not have", line: 9, column: 4, place: { line: 9, column: 4 } },
  ])("$name", ({ line, column, place }) => {
    expect(locateLine("a.ts", TEXT, line, column)).toEqual({ file: "a.ts", ...place });
  });

  test("a file as a whole has none", () => {
    expect(locateFile("a.ts")).toEqual({ file: "a.ts", line: null, column: null });
  });
});

describe("the index of a UTF-8 byte", () => {
  test.each([
    { byte: 0, index: 0, what: "the first" },
    { byte: 1, index: 1, what: "after one byte" },
    { byte: 3, index: 2, what: "after a letter of two" },
    { byte: 6, index: 3, what: "after a letter of three" },
    { byte: 10, index: 5, what: "after a letter of four, two UTF-16 units" },
    { byte: 99, index: 5, what: "past the end" },
    { byte: -1, index: 0, what: "none, as SQLite says where it knows no place" },
  ])("$what", ({ byte, index }) => {
    expect(indexOfByte("aä€😀", byte)).toBe(index);
  });

  test("is the length of the text before it, for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (before, after) => {
        expect(indexOfByte(before + after, Buffer.byteLength(before))).toBe(before.length);
      }),
    );
  });
});
