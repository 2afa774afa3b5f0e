import { describe, expect, test } from "bun:test";
import { createStyle, duration, fit, pad, takesColour, wrap } from "../../src/cli/style.ts";

describe("widths", () => {
  test.each([
    { text: "abc", width: 3, cut: "abc" },
    { text: "abcd", width: 3, cut: "ab…" },
    { text: "日本語", width: 6, cut: "日本語" },
    { text: "日本語", width: 5, cut: "日本…" },
    { text: "日本語", width: 4, cut: "日…" },
    { text: "👩‍🚀 lands", width: 4, cut: "👩‍🚀 …" },
    { text: "abc", width: 1, cut: "…" },
    { text: "abc", width: 0, cut: "" },
    { text: "any length", width: Number.POSITIVE_INFINITY, cut: "any length" },
  ])("fits $text into $width cells", ({ text, width, cut }) => {
    expect(fit(text, width)).toBe(cut);
  });

  test("pads by cells, not by characters", () => {
    expect(pad("日本", 6)).toBe("日本  ");
    expect(pad("abc", 2)).toBe("abc");
  });

  test("wraps between words, and never inside one", () => {
    expect(wrap("one two three", 7, "")).toEqual(["one two", "  three"]);
    expect(wrap("one two three", 9, "  ")).toEqual(["  one two", "    three"]);
    expect(wrap("incomprehensibilities are", 10, "")).toEqual(["incomprehensibilities", "  are"]);
    expect(wrap("one two three", Number.POSITIVE_INFINITY, "  ")).toEqual(["  one two three"]);
  });
});

describe("durations", () => {
  test.each([
    [0, "0 ms"],
    [999, "999 ms"],
    [1000, "1 s"],
    [3449, "3.4 s"],
    [59_940, "59.9 s"],
    [59_960, "1 min 0 s"],
    [125_400, "2 min 5 s"],
    [3_600_000, "60 min 0 s"],
  ])("%d is %s", (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });
});

describe("colours", () => {
  test.each([
    { why: "a terminal", isTerminal: true, env: {}, takes: true },
    { why: "no terminal", isTerminal: false, env: {}, takes: false },
    { why: "NO_COLOR", isTerminal: true, env: { NO_COLOR: "1" }, takes: false },
    { why: "an empty NO_COLOR", isTerminal: true, env: { NO_COLOR: "" }, takes: true },
    { why: "a dumb terminal", isTerminal: true, env: { TERM: "dumb" }, takes: false },
  ])("$why: $takes", ({ isTerminal, env, takes }) => {
    expect(takesColour(isTerminal, env)).toBe(takes);
  });

  test("a plain style leaves text as it is, a coloured one wraps it in escapes", () => {
    const plain = createStyle(false, 80);
    const coloured = createStyle(true, 80);
    for (const name of ["bold", "dim", "red", "green", "yellow"] as const) {
      expect(plain[name]("text")).toBe("text");
      expect(coloured[name]("text")).not.toBe("text");
      expect(Bun.stripANSI(coloured[name]("text"))).toBe("text");
    }
  });
});
