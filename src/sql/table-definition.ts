import { foldName, unquoteIdentifier } from "./identifier.ts";
import { Lexer } from "./lexer.ts";

/** One column as its table declares it. */
interface ColumnDefinition {
  readonly name: string;
  /** All that stands after the name. */
  readonly definition: string;
}

/** The parts of a CREATE TABLE statement, in the order they stand. */
export interface TableDefinition {
  readonly columns: readonly ColumnDefinition[];
  /** Constraints of the table, not of a column. */
  readonly constraints: readonly string[];
  /** STRICT, WITHOUT ROWID. */
  readonly options: readonly string[];
}

const CONSTRAINT_WORDS: ReadonlySet<string> = new Set([
  "CONSTRAINT",
  "PRIMARY",
  "UNIQUE",
  "CHECK",
  "FOREIGN",
]);
const SIMPLE_NAME = /^[A-Za-z_][A-Za-z0-9_$]*$/;

/**
 * Takes a CREATE TABLE apart, as sqlite_schema holds it. In the parts, quotes around simple names, white space and comments do not count: ALTER TABLE
 * writes those anew.
 * @returns null for a virtual table, or what is no CREATE TABLE
 */
export function readTableDefinition(sql: string): TableDefinition | null {
  const tokens = readTokens(sql);
  if (tokens[1]?.toUpperCase() !== "TABLE") return null;
  const open = tokens.indexOf("(");
  if (open === -1) return null;
  const { parts, end } = splitParts(tokens, open);
  const isConstraint = ([first]: readonly string[]) => CONSTRAINT_WORDS.has(first?.toUpperCase() ?? "");
  return {
    columns: parts
      .filter((part) => !isConstraint(part))
      .map(([name, ...rest]) => ({ name: unquoteIdentifier(name ?? ""), definition: joined(rest) })),
    constraints: parts.filter(isConstraint).map(joined),
    options: splitOptions(tokens.slice(end + 1)),
  };
}

/** SQL in one line, with one space between tokens: two texts that SQLite takes for the same statement differ at most in capitals. */
export function normaliseSql(sql: string): string {
  return joined(readTokens(sql));
}

/** What two normalised texts are compared by: capitals count in strings only. */
export function foldSql(normalised: string): string {
  return normalised
    .split(/('(?:[^']|'')*')/)
    .map((part, index) => (index % 2 === 1 ? part : foldName(part)))
    .join("");
}

function readTokens(sql: string): string[] {
  const lexer = new Lexer(sql);
  const tokens: string[] = [];
  while (lexer.next()) {
    if (lexer.kind === "comment") continue;
    const token = sql.slice(lexer.start, lexer.end);
    const name = lexer.kind === "name" ? unquoteIdentifier(token) : null;
    // A quoted keyword is a name and must stay one.
    const isPlain = name !== null && SIMPLE_NAME.test(name) && !CONSTRAINT_WORDS.has(name.toUpperCase());
    tokens.push(isPlain ? name : token);
  }
  // Those of a trigger's statements stay.
  while (tokens.at(-1) === ";") tokens.pop();
  return tokens;
}

/** The parts between the commas of the outermost parentheses. */
function splitParts(tokens: readonly string[], open: number): { parts: string[][]; end: number } {
  const parts: string[][] = [[]];
  let depth = 0;
  let at = open + 1;
  for (; at < tokens.length; at++) {
    const token = tokens[at]!;
    if (token === ")" && depth === 0) break;
    if (token === "(") depth++;
    if (token === ")") depth--;
    if (token === "," && depth === 0) parts.push([]);
    else parts.at(-1)!.push(token);
  }
  return { parts, end: at };
}

function splitOptions(tokens: readonly string[]): string[] {
  return tokens
    .join(" ")
    .split(",")
    .map((option) => option.trim().toUpperCase())
    .filter((option) => option !== "");
}

/** What stands inside a token, a string above all, stays. */
function joined(tokens: readonly string[]): string {
  return tokens
    .map((token, index) => {
      const isClose = index === 0 || /^[),;.]$/.test(token) || /^[(.]$/.test(tokens[index - 1]!);
      return isClose ? token : ` ${token}`;
    })
    .join("");
}
