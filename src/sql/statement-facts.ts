import type { Statement } from "./statement-reader.ts";

/** From so many statements on, to go through them for each question takes as long as to read them. */
const MANY = 1000;

/** The first words that occur among many plain statements: of a million in a dump nearly all begin alike. */
const headsOfMany = new WeakMap<readonly Statement[], readonly (readonly string[])[]>();

/** Told by who has just read them: none of them may roll the transaction back or has a parameter. */
export function keepHeads(statements: readonly Statement[], heads: readonly (readonly string[])[]): void {
  if (statements.length >= MANY) headsOfMany.set(statements, heads);
}

type Holds = (words: readonly string[]) => boolean;

export function everyHead(statements: readonly Statement[], holds: Holds): boolean {
  const heads = headsOfMany.get(statements);
  return heads === undefined ? statements.every(({ words }) => holds(words)) : heads.every(holds);
}

export function someHead(statements: readonly Statement[], holds: Holds): boolean {
  return !everyHead(statements, (words) => !holds(words));
}

export function mayRollBack(statements: readonly Statement[]): boolean {
  return !headsOfMany.has(statements) && statements.some((statement) => statement.mayRollBack);
}

/** The first that a parameter stands in, or that begins with what is no word; undefined for none. */
export function firstOdd(statements: readonly Statement[]): Statement | undefined {
  const heads = headsOfMany.get(statements);
  if (heads?.every((words) => words.length > 0) === true) return undefined;
  return statements.find(({ words, parameter }) => words.length === 0 || parameter !== null);
}
