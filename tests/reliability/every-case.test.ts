import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { NOT_APPLICABLE } from "./not-applicable.ts";

/** How many cases each part of the list has that is tested in this folder. */
const PARTS: Readonly<Record<string, number>> = { C: 38, D: 28 };

/** The numbers that stand at the start of a title, `"D7, D9: …"` being two and `"C9 to C11: …"` none. */
function numbersIn(text: string): string[] {
  const titles = text.matchAll(/["'`]((?:[A-E]\d+(?:, )?)+): /g);
  return [...titles].flatMap(([, numbers]) => numbers!.split(", "));
}

const files = readdirSync(import.meta.dir).filter((name) => name.endsWith(".test.ts"));
const tested = new Set(files.flatMap((name) => numbersIn(readFileSync(join(import.meta.dir, name), "utf8"))));
const cases = Object.entries(PARTS).flatMap(([letter, count]) =>
  Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
);

test("every case of the list is tested or cannot be", () => {
  expect(cases.filter((number) => !tested.has(number) && NOT_APPLICABLE[number] === undefined)).toEqual([]);
});

test("no case is both", () => {
  expect(Object.keys(NOT_APPLICABLE).filter((number) => tested.has(number))).toEqual([]);
});
