/** What may hide a semicolon, or what only the lexer reads, but for a minus and a slash: those begin a comment or are operators. For a character class. */
const MARKS = "'\"`[$@#?:\\v\\r\\ufeff";

/** One of them. */
export const MARK = `[${MARKS}]`;

/** Whatever hides nothing, as far as it goes. @param stops what it ends at as well */
export function outside(stops = ""): string {
  return `[^${stops}${MARKS}/-]*`;
}

/**
 * SQL without a comment and anything that only the lexer reads, over quotes and operators.
 * @param repetition how often there may be one of those; beyond some 50,000 Bun's regular expressions take many times as long, and with a bound they take longer
 * to be compiled
 * @param stops as of `outside`
 * @param never what may stand in quotes as little
 */
export function plain(repetition: string, { stops = "", never = "" } = {}): string {
  const between = outside(stops + never);
  const quoted = ["'", '"', "`"].map((quote) => `${quote}[^${quote}${never}]*${quote}`).join("|");
  return `${between}(?:(?:${quoted}|-(?!-)|/(?!\\*))${between})${repetition}`;
}

/** Vertical tabs are left to the lexer. */
export const SPACE_CLASS = "[ \\t\\n\\f]";
export const SPACES = `${SPACE_CLASS}*`;
