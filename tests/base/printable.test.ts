import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { counted, printable } from "../../src/base/printable.ts";

describe("text for a terminal", () => {
  test.each([
    { name: "plain words", text: "CREATE TABLE a (x); -- ok", shown: "CREATE TABLE a (x); -- ok" },
    { name: "letters of any script", text: "ä 中 😀 עברית", shown: "ä 中 😀 עברית" },
    { name: "a tab", text: "a\tb", shown: "a b" },
    { name: "a line end", text: "a\nb\r", shown: "a\\u000ab\\u000d" },
    { name: "an escape sequence", text: "\x1b[31mred", shown: "\\u001b[31mred" },
    { name: "a C1 control", text: "\u009b2J", shown: "\\u009b2J" },
    { name: "DEL and NUL", text: "\x7f\0", shown: "\\u007f\\u0000" },
    { name: "a bidirectional override", text: "a\u202eb", shown: "a\\u202eb" },
    { name: "isolates", text: "\u2066\u2069", shown: "\\u2066\\u2069" },
    { name: "direction marks", text: "\u200e\u200f", shown: "\\u200e\\u200f" },
    { name: "line and paragraph separators", text: "\u2028\u2029", shown: "\\u2028\\u2029" },
  ])("shows $name", ({ text, shown }) => {
    expect(printable(text)).toBe(shown);
  });

  test("never holds a control character, and escaping it again changes nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const shown = printable(text);
        expect(shown).not.toMatch(/\p{Cc}|[\u200e\u200f\u2028-\u202e\u2066-\u2069]/u);
        expect(printable(shown)).toBe(shown);
      }),
    );
  });
});

describe("a count", () => {
  test.each([
    { count: 0, text: "0 migrations" },
    { count: 1, text: "1 migration" },
    { count: 2, text: "2 migrations" },
  ])("of $count agrees with its noun", ({ count, text }) => {
    expect(counted(count, "migration")).toBe(text);
  });
});
