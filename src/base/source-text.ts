/** A place in a user's file. `line` and `column` count from 1; `column` counts code points. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number | null;
  readonly column: number | null;
  /** The text of the line, for the excerpt. */
  readonly excerpt?: string | undefined;
}

const NEWLINE = 10;

/** The place of a UTF-16 index of `text`. An index past the end gives the last place. */
export function locate(file: string, text: string, index: number): SourceLocation {
  const at = Math.min(Math.max(index, 0), text.length);
  const lineStart = at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
  const lineEnd = text.indexOf("\n", at);
  return {
    file,
    line: countNewlines(text, lineStart) + 1,
    column: countCodePoints(text, lineStart, at) + 1,
    excerpt: text.slice(lineStart, lineEnd === -1 ? text.length : lineEnd),
  };
}

/** The place of a line that is known by number (from 1) and, perhaps, a column in UTF-16 units (from 1). */
export function locateLine(file: string, text: string, line: number, column: number | null): SourceLocation {
  const excerpt = text.split("\n", line)[line - 1];
  if (excerpt === undefined) return { file, line, column };
  return {
    file,
    line,
    column: column === null ? null : countCodePoints(excerpt, 0, column - 1) + 1,
    excerpt,
  };
}

/** A file as a whole. */
export function locateFile(file: string): SourceLocation {
  return { file, line: null, column: null };
}

/**
 * The UTF-16 index of a UTF-8 byte offset. SQLite counts errors in bytes of the UTF-8 text it was given
 * (https://sqlite.org/c3ref/errcode.html, sqlite3_error_offset).
 */
export function indexOfByte(text: string, byteOffset: number): number {
  let bytes = 0;
  let index = 0;
  while (index < text.length && bytes < byteOffset) {
    const point = text.codePointAt(index)!;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    index += point < 0x10000 ? 1 : 2;
  }
  return index;
}

/** The UTF-16 index of a code point by its number, from 0; the end of the text where it has fewer. */
export function indexOfCodePoint(text: string, number: number): number {
  let index = 0;
  for (let point = 0; point < number && index < text.length; point++) index += unitsAt(text, index);
  return index;
}

/** A line may be as long as the file: nothing is copied. */
function countCodePoints(text: string, start: number, end: number): number {
  let count = 0;
  for (let index = start; index < Math.min(end, text.length); count++) index += unitsAt(text, index);
  return count;
}

/** How many UTF-16 units the code point at an index takes. */
function unitsAt(text: string, index: number): 1 | 2 {
  return text.codePointAt(index)! > 0xffff ? 2 : 1;
}

function countNewlines(text: string, end: number): number {
  let count = 0;
  for (let index = 0; index < end; index++) if (text.charCodeAt(index) === NEWLINE) count++;
  return count;
}
