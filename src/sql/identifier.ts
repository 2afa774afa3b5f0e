/** A name as SQL text that can be nothing else: in double quotes, those inside doubled. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The name that a word, a quoted name or a string token stands for. */
export function unquoteIdentifier(token: string): string {
  const quote = token[0];
  if (quote === "[") return token.slice(1, -1);
  if (quote === '"' || quote === "`" || quote === "'") {
    return token.slice(1, -1).replaceAll(quote + quote, quote);
  }
  return token;
}

/** A name as SQLite compares it: only the letters of ASCII have no case (https://sqlite.org/datatype3.html#collation). */
export function foldName(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
