import { foldName, unquoteIdentifier } from "./identifier.ts";
import { Lexer } from "./lexer.ts";

/** Words before UPDATE that make it no statement: a key's action, an upsert, a trigger's event. */
const NO_UPDATE: ReadonlySet<string> = new Set(["ON", "DO", "BEFORE", "AFTER", "OF"]);

/**
 * The tables, folded, that SQL names as what it changes: DELETE FROM, UPDATE, INSERT INTO, REPLACE INTO, DROP TABLE, ALTER TABLE. A table that it only
 * reads is none, nor is a column or an alias of the same name.
 */
export function changedTables(sql: string): ReadonlySet<string> {
  const tokens = tokensOf(sql);
  const words = tokens.map((token) => token.toUpperCase());
  const tables = new Set<string>();
  for (let at = 0; at < tokens.length; at++) {
    const start = targetAfter(words, at);
    if (start === null) continue;
    const name = tokens[start + 1] === "." ? tokens[start + 2] : tokens[start];
    if (name !== undefined) tables.add(foldName(unquoteIdentifier(name)));
  }
  return tables;
}

/** Where the name of a changed table begins, if the word at an index is followed by one. */
function targetAfter(words: readonly string[], at: number): number | null {
  const previous = words[at - 1] ?? "";
  switch (words[at]) {
    case "FROM":
      return previous === "DELETE" ? at + 1 : null;
    case "INTO":
      return at + 1;
    case "UPDATE":
      if (NO_UPDATE.has(previous)) return null;
      return words[at + 1] === "OR" ? at + 3 : at + 1;
    case "TABLE":
      if (previous !== "DROP" && previous !== "ALTER") return null;
      return words[at + 1] === "IF" ? at + 3 : at + 1;
    default:
      return null;
  }
}

function tokensOf(sql: string): string[] {
  const lexer = new Lexer(sql);
  const tokens: string[] = [];
  while (lexer.next()) if (lexer.kind !== "comment") tokens.push(sql.slice(lexer.start, lexer.end));
  return tokens;
}
