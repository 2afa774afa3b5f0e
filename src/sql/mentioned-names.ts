import { foldName, unquoteIdentifier } from "./identifier.ts";
import { Lexer } from "./lexer.ts";

/** Every name that stands in SQL, folded: words and quoted names, and strings, which SQLite takes for names in many places. */
export function mentionedNames(sql: string): ReadonlySet<string> {
  const names = new Set<string>();
  const lexer = new Lexer(sql);
  while (lexer.next()) {
    if (lexer.kind !== "word" && lexer.kind !== "name" && lexer.kind !== "string") continue;
    names.add(foldName(unquoteIdentifier(sql.slice(lexer.start, lexer.end))));
  }
  return names;
}
