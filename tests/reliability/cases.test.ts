import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { NOT_APPLICABLE } from "./not-applicable.ts";

/** How many cases each letter has: input files, code, databases, processes, security. */
const CASES = { A: 45, B: 25, C: 38, D: 28, E: 24 };

const numbers = Object.entries(CASES).flatMap(([letter, count]) =>
  Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
);

/** The numbers that titles of tests, or of the rows of a table of them, begin with. */
function testedNumbers(): Set<string> {
  const files = readdirSync(import.meta.dir).filter((name) => /^[a-e]-.*\.test\.ts$/.test(name));
  const texts = files.map((name) => readFileSync(join(import.meta.dir, name), "utf8"));
  return new Set(
    texts.flatMap((text) => [...text.matchAll(/["'`]([A-E]\d{1,2})(?=[:"'`])/g)].map((match) => match[1]!)),
  );
}

describe("every case of what can go wrong", () => {
  const tested = testedNumbers();

  test("has a test by its number, or a reason why it cannot apply", () => {
    expect(numbers.filter((number) => !tested.has(number) && !(number in NOT_APPLICABLE))).toEqual([]);
  });

  test("does not have both", () => {
    expect(Object.keys(NOT_APPLICABLE).filter((number) => tested.has(number))).toEqual([]);
  });

  test("is one that there is", () => {
    expect([...tested, ...Object.keys(NOT_APPLICABLE)].filter((number) => !numbers.includes(number))).toEqual(
      [],
    );
  });
});
