import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { editDistance, nearest } from "../../src/base/nearest.ts";

describe("the distance of two words", () => {
  test.each([
    { a: "", b: "", distance: 0, why: "nothing and nothing" },
    { a: "", b: "up", distance: 2, why: "all letters are missing" },
    { a: "down", b: "down", distance: 0, why: "the same" },
    { a: "dwon", b: "down", distance: 1, why: "neighbours swapped" },
    { a: "donw", b: "down", distance: 1, why: "the last neighbours swapped" },
    { a: "dow", b: "down", distance: 1, why: "one missing" },
    { a: "downn", b: "down", distance: 1, why: "one too many" },
    { a: "dawn", b: "down", distance: 1, why: "one replaced" },
    { a: "kitten", b: "sitting", distance: 3, why: "three edits" },
    { a: "ca", b: "abc", distance: 3, why: "a swapped pair is not edited again" },
  ])("$a and $b: $why", ({ a, b, distance }) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 7 });

  test("is the same both ways, and 0 only for the same word", () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
      }),
    );
  });

  test("lies between the difference of the lengths and the longer length", () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });

  test("grows by at most one with one more letter", () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(Math.abs(editDistance(`${a}x`, b) - editDistance(a, b))).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("the nearest word", () => {
  const COMMANDS = ["migrate", "status", "rollback", "up"];

  test.each([
    { word: "status", found: "status", why: "the word itself" },
    { word: "migarte", found: "migrate", why: "a swap" },
    { word: "stat", found: "status", why: "a beginning" },
    { word: "rolback", found: "rollback", why: "a letter missing" },
    { word: "ub", found: "up", why: "one of two letters" },
    { word: "s", found: null, why: "one letter begins too much" },
    { word: "deploy", found: null, why: "nothing like it" },
    { word: "migrrrate", found: "migrate", why: "a third of its letters" },
    { word: "mxgxaxe", found: null, why: "more than a third" },
  ])("to $word is $found: $why", ({ word, found }) => {
    expect(nearest(word, COMMANDS)).toBe(found);
  });

  test("among none is none", () => {
    expect(nearest("up", [])).toBeNull();
  });

  test("is the first of two that are as near", () => {
    expect(nearest("bat", ["cat", "hat"])).toBe("cat");
  });
});
