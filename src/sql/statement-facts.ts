import type { Statement } from "./statement-reader.ts";

/** From so many statements on, to go through them for each question takes as long as to read them. */
const MANY = 1000;

/** The first words that occur among many plain statements: of a million in a dump nearly all begin alike. */
const headsOfMany = new WeakMap<readonly Statement[], readonly (readonly string[])[]>();

/** Told by who has just read them: none of them may roll the transaction back or has a parameter. */
export function keepHeads(statements: readonly Statement[], heads: readonly (readonly string[])[]): void {
  if (statements.length >= MANY) headsOfMany.set(statements, heads);
}

/** To look there for each of thousands of files takes longer than to go through a few statements. */
function headsOf(statements: readonly Statement[]): readonly (readonly string[])[] | undefined {
  return statements.length >= MANY ? headsOfMany.get(statements) : undefined;
}

type Holds = (words: readonly string[]) => boolean;

// Loops: to make a function for each of a thousand files, and what it sees, takes longer than to look at their statements.

export function everyHead(statements: readonly Statement[], holds: Holds): boolean {
  const heads = headsOf(statements);
  if (heads !== undefined) return heads.every(holds);
  for (const { words } of statements) if (!holds(words)) return false;
  return true;
}

export function someHead(statements: readonly Statement[], holds: Holds): boolean {
  const heads = headsOf(statements);
  if (heads !== undefined) return heads.some(holds);
  for (const { words } of statements) if (holds(words)) return true;
  return false;
}

export function mayRollBack(statements: readonly Statement[]): boolean {
  return headsOf(statements) === undefined && statements.some(isRollingBack);
}

/** The first that a parameter stands in, or that begins with what is no word; undefined for none. */
export function firstOdd(statements: readonly Statement[]): Statement | undefined {
  const heads = headsOf(statements);
  if (heads?.every((words) => words.length > 0) === true) return undefined;
  return statements.find(isOdd);
}

function isRollingBack({ mayRollBack }: Statement): boolean {
  return mayRollBack;
}

function isOdd({ words, parameter }: Statement): boolean {
  return words.length === 0 || parameter !== null;
}
