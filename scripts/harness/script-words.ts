/** What the generated statements speak of. */
export const SCRIPT_SCHEMA =
  'CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); CREATE TABLE u (a, b, c); CREATE TABLE "v;w" (a, b); CREATE VIEW z AS SELECT a, b FROM t;';

export const TABLES = ["t", '"t"', "[t]", "`t`", "main.t", "u", "U", '"v;w"', "[v;w]", "`v;w`", "main . u"];

/** Names of things to be made: quoted in all four ways, outside ASCII, and keywords that may be names. */
export const NEW_NAMES = [
  "n1",
  '"n;2"',
  "[n;--3]",
  "`n/*4`",
  "'n5;'",
  "ünï_6",
  "日本",
  "trigger",
  "temp",
  "end",
  "begin",
  "explain",
  '"a""b"',
  "`c``d`",
  "n$7",
];

export const STRING_PARTS = [
  "a",
  ";",
  "''",
  "--",
  "/*",
  "*/",
  '"',
  "`",
  "[",
  "]",
  "\n-- down\n",
  "\n-- up\n",
  "END;",
  "é😀",
  "\uFEFF",
  "\v",
  "\r\n",
  "\\",
];
export const NUMBERS = ["0", "1", ".5", "1.", "1.5e-3", "1e+2", "0xE", "123456789012"];
export const BLOBS = ["x'00ff'", "X''", "x'3B'"];
export const VARIABLES = ["?", "?12", ":name", "@name", "$name", "$a::b", "$a(;')", "@b(/*)", "#c"];
export const SPACES = [" ", "  ", "\n", "\t", "\r\n", " \r", " \f ", " \v", " \uFEFF", "\n\uFEFF "];
export const COMMENTS = [
  "-- ; it's\n",
  "--\n",
  "-- /* \n",
  "--up\n",
  "/* ; ' */",
  "/**/",
  "/*/ ; */",
  '/***" ` [ **/',
  "/* -- */",
  "/* END; */",
  "/*😀*/",
];
export const OPERATORS = [
  "+",
  "-",
  "*",
  "/",
  "||",
  "=",
  "<>",
  "<",
  ">>",
  "->>",
  "IS NOT",
  "AND",
  "OR",
  "LIKE",
];
