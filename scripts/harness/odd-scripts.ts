import type { Choice } from "./choice.ts";

/** Things that nothing closes, to stand at the end of a script: what is open, and the text. */
export const OPENERS = [
  ["string", "'a;\n-- down\n"],
  ["string", "'it''s; SELECT 1;"],
  ["quoted name", '"a; SELECT 1;'],
  ["quoted name", "[a; SELECT 1;"],
  ["quoted name", "`a; SELECT 1;"],
  ["block comment", "/* ; SELECT 1; "],
  ["block comment", "/*/ DROP TABLE t;"],
  ["blob", "x'00; SELECT 1;"],
  ["trigger", "CREATE TRIGGER n AFTER INSERT ON t BEGIN SELECT 1; SELECT CASE WHEN 1 THEN 2 END;"],
  ["trigger", "EXPLAIN CREATE TEMP TRIGGER n AFTER INSERT ON t BEGIN DELETE FROM u;"],
] as const;

/** Bits of SQL that mean nothing together. Heads of triggers come whole: those that SQLite's parser refuses anyway are split otherwise. */
const SOUP = [
  "CREATE TRIGGER ",
  "create /* ; */ temp\ntrigger ",
  "EXPLAIN CREATE TRIGGER ",
  "EXPLAIN QUERY PLAN CREATE TEMPORARY TRIGGER ",
  "CREATE ",
  "TRIGGER ",
  "BEGIN ",
  "END",
  "end ",
  "; END;",
  ";\nEND ;",
  ";END/* ; */;",
  "CASE ",
  "END;",
  ";",
  ";",
  ";;",
  " ",
  "\n",
  "\r\n",
  "\t",
  "'",
  "''",
  "';'",
  '"',
  '";"',
  "`;`",
  "[;]",
  "[",
  "]",
  "/*",
  "*/",
  "/*;*/",
  "/*/",
  "--",
  "-- ;\n",
  "--'\n",
  "-",
  "/",
  "x'",
  "x';'",
  "$a ",
  ":b ",
  "?1",
  "# ",
  "(",
  ")",
  "ENDED",
  "é",
  "😀",
  "1e",
  ".5",
  "\u0001",
  "a",
];

export function soup(choice: Choice): string {
  let text = "";
  for (let n = 2 + choice.below(14); n > 0; n--) text += choice.of(SOUP);
  return text;
}
