import { plain, SPACE_CLASS, SPACES } from "./plain-pattern.ts";

const VERB = `insert|replace|update|delete|select|create${SPACE_CLASS}+(?:table|(?:unique${SPACE_CLASS}+)?index)`;

/** One statement that reads or changes rows, or makes a table or an index, without a comment, a parameter or a NUL in it. */
const SIMPLE = new RegExp(
  `^${SPACES}(?:${VERB})\\b${plain("{0,100}", { stops: ";", never: "\\0" })};?${SPACES}$`,
  "i",
);

/**
 * Whether one look at SQL tells that it is a single statement which has nothing to do with the transaction, and takes nothing out of the schema. Most of
 * what code runs is; of all else, and of some of these, only reading it tells.
 */
export function isSimpleStatement(sql: string): boolean {
  return SIMPLE.test(sql);
}
