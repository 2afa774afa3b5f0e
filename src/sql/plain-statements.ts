import { MARK, outside, plain, SPACE_CLASS } from "./plain-pattern.ts";
import { keepHeads } from "./statement-facts.ts";
import type { Statement } from "./statement-reader.ts";

const WORDS_KEPT = 8;

/** As many as nearly every statement has. */
const FEW = "{0,100}";

/**
 * What may hide a semicolon, as a whole: strings with what stands between them up to a semicolon, a name in quotes, a comment; or one character of what only
 * the lexer reads.
 */
const HIDING = `'[^']*'(?:${outside(";")}'[^']*')${FEW}|"[^"]*"|\`[^\`]*\`|\\[[^\\]]*\\]|--[^\\n]*|/\\*[\\s\\S]*?\\*/|${MARK}|/\\*`;

/** How far it is to where one may begin: a minus and a slash need not. */
const BETWEEN_PIECES = new RegExp(outside(";"), "y");

/** How far it is to a comment, over quotes as well; the bound may end it before one of those. */
const BETWEEN_COMMENTS = new RegExp(plain(FEW), "y");

/** A whole statement to its semicolon, where it holds no comment and few quotes: so are most. */
const STATEMENT = new RegExp(`${plain(FEW, { stops: ";" })};`, "y");

interface Spans {
  readonly between: RegExp;
  readonly span: RegExp;
}

/** Comments, and what may hide one. Quotes are mostly passed over. */
export const COMMENTS: Spans = { between: BETWEEN_COMMENTS, span: new RegExp(HIDING, "y") };

/** And the semicolons that are none of their business. */
const PIECES: Spans = { between: BETWEEN_PIECES, span: new RegExp(`;|${HIDING}`, "y") };

/**
 * Goes from one span to the next. Where they stand is told by the places at which the matchers stop: an object for each match would take longer than the
 * search, in the thousands of files that a start reads.
 */
export class SpanFinder {
  private readonly text: string;
  private readonly spans: Spans;
  /** Where the span begins; at the end of the text where there is none left. */
  start: number;
  end: number;

  constructor(text: string, spans: Spans, from = 0) {
    this.text = text;
    this.spans = spans;
    this.start = from;
    this.end = from;
  }

  /** @returns false where there is none left. */
  next(): boolean {
    const { text } = this;
    const { between, span } = this.spans;
    for (this.start = this.end; ; this.start++) {
      between.lastIndex = this.start;
      // It matches everywhere, if only nothing.
      between.test(text);
      this.start = between.lastIndex;
      if (this.start === text.length) return false;
      if (isOperator(text, this.start)) continue;
      span.lastIndex = this.start;
      span.test(text);
      this.end = span.lastIndex;
      return true;
    }
  }
}

/** A word as the lexer reads it; variables are left to that. */
const WORD = "[A-Za-z_\\u0080-\\uffff][A-Za-z0-9_\\u0080-\\uffff]*";

/** The words that a statement begins with, as many as are kept. */
const HEAD = new RegExp(`${WORD}(?:${SPACE_CLASS}+${WORD}){0,${WORDS_KEPT - 1}}`, "y");
const BETWEEN_WORDS = new RegExp(`${SPACE_CLASS}+`);

const TAB = 9;
const NEWLINE = 10;
const FORM_FEED = 12;
const SPACE = 32;
const QUOTE = 39;
const OPEN_PARENTHESIS = 40;
const STAR = 42;
const MINUS = 45;
const SLASH = 47;
const SEMICOLON = 59;

/** A trigger has semicolons of its own, and ROLLBACK may end the transaction: such a script is read token by token. */
export function mayBePlain(text: string): boolean {
  return !/trigger|rollback/i.test(text);
}

/**
 * The statements of a part of a script that `mayBePlain`: the same as StatementReader finds, in a fraction of the time.
 * @returns null where only that can tell: something is open at the end, a variable, a carriage return, a comment between the first words of a statement
 */
export function plainStatements(text: string, start: number, end: number): Statement[] | null {
  return new PlainReader(text, start).read(end);
}

class PlainReader {
  private readonly text: string;
  private readonly heads: HeadReader;
  private readonly statements: Statement[] = [];
  /** The first words of each statement that begins in another way than the one before. */
  private readonly kinds: (readonly string[])[] = [];
  private lastWords: readonly string[] | null = null;
  /** Where the open statement begins; -1 where none is open. */
  private first = -1;
  /** How far the text is read. */
  private at: number;

  constructor(text: string, start: number) {
    this.text = text;
    this.heads = new HeadReader(text);
    this.at = start;
  }

  read(end: number): Statement[] | null {
    const piece = new SpanFinder(this.text, PIECES, this.at);
    for (;;) {
      if (this.first === -1) {
        while (this.takeWhole(end));
        // In most scripts nothing is left then.
        if (this.at === end) break;
        piece.end = this.at;
      }
      if (!piece.next() || piece.start >= end) break;
      if (!this.take(piece.start, piece.end)) return null;
    }
    if (this.first === -1) this.first = firstToken(this.text, this.at, end);
    if (this.first !== -1 && !this.close(this.endOfLast(end))) return null;
    keepHeads(this.statements, this.kinds);
    return this.statements;
  }

  /** @returns false where there is none, or it takes more than one look to tell where the next statement ends */
  private takeWhole(end: number): boolean {
    const { text } = this;
    const first = firstToken(text, this.at, end);
    this.at = first === -1 ? end : first;
    if (first === -1) return false;
    STATEMENT.lastIndex = first;
    if (!STATEMENT.test(text)) return false;
    const next = STATEMENT.lastIndex;
    if (next > end) return false;
    this.at = next;
    // A semicolon alone ends nothing.
    if (next === first + 1) return true;
    this.first = first;
    return this.close(next);
  }

  /** @returns false for what is not plain */
  private take(start: number, end: number): boolean {
    const code = this.text.charCodeAt(start);
    if (isOdd(code, end - start)) return false;
    if (this.first === -1) this.first = firstToken(this.text, this.at, start);
    this.at = end;
    if (code === SEMICOLON) return this.first === -1 || this.close(end);
    // A comment begins no statement.
    if (this.first === -1 && !isComment(code)) this.first = start;
    return true;
  }

  private close(end: number): boolean {
    const start = this.first;
    const words = this.heads.read(start, end);
    if (words === null) return false;
    if (words !== this.lastWords) this.kinds.push(words);
    this.lastWords = words;
    this.statements.push({ start, end, words, mayRollBack: false, parameter: null });
    this.first = -1;
    return true;
  }

  /** The end of the last token of a last statement without a semicolon: comments may follow it. */
  private endOfLast(end: number): number {
    const { text } = this;
    let tokenEnd = this.first;
    let at = this.first;
    const piece = new SpanFinder(text, PIECES, at);
    while (piece.next() && piece.start < end) {
      tokenEnd = Math.max(tokenEnd, lastToken(text, at, piece.start));
      at = piece.end;
      if (!isComment(text.charCodeAt(piece.start))) tokenEnd = at;
    }
    return Math.max(tokenEnd, lastToken(text, at, end));
  }
}

/** Of the spans, by their first character. */
export function isComment(code: number): boolean {
  return code === MINUS || code === SLASH;
}

/** A minus or a slash that begins no comment. */
function isOperator(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return isComment(code) && text.charCodeAt(at + 1) !== (code === MINUS ? MINUS : STAR);
}

/** What only the lexer reads, or is open at the end: of a comment that is closed the marks alone are longer. */
export function isOdd(code: number, length: number): boolean {
  return code === SLASH ? length === 2 : length === 1 && code !== SEMICOLON;
}

/** Reads first words, and knows the statement before: a dump has a million that begin alike. */
class HeadReader {
  private readonly text: string;
  private words: readonly string[] = [];
  /** From the first word of the last statement to the character that ended its words; empty where that says too little. */
  private head = "";

  constructor(text: string) {
    this.text = text;
  }

  /** The first words of a statement, up to the first token that is none; null where a comment stands among them. */
  read(start: number, end: number): readonly string[] | null {
    const { text } = this;
    if (this.head !== "" && text.startsWith(this.head, start)) return this.words;
    const words = this.wordsAt(start);
    const next = words.length === 0 ? start : firstToken(text, HEAD.lastIndex, end);
    if (words.length < WORDS_KEPT && isCommentAt(text, next)) return null;
    this.head = text.charCodeAt(next) === OPEN_PARENTHESIS ? text.slice(start, next + 1) : "";
    // x'00' is a blob.
    if (words.at(-1) === "X" && text.charCodeAt(HEAD.lastIndex) === QUOTE) words.pop();
    this.words = words;
    return words;
  }

  /** HEAD stops behind them. */
  private wordsAt(start: number): string[] {
    const { text } = this;
    HEAD.lastIndex = start;
    return HEAD.test(text) ? text.slice(start, HEAD.lastIndex).toUpperCase().split(BETWEEN_WORDS) : [];
  }
}

function isCommentAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code === MINUS) return text.charCodeAt(at + 1) === MINUS;
  return code === SLASH && text.charCodeAt(at + 1) === STAR;
}

/** The index of the first character that is no space; -1 where there is none. */
function firstToken(text: string, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    // To call a function takes as long as all else here.
    if (code > SPACE || !isSpace(code)) return at;
  }
  return -1;
}

/** The index after the last character that is no space; -1 where there is none. */
function lastToken(text: string, start: number, end: number): number {
  for (let at = end; at > start; at--) if (!isSpace(text.charCodeAt(at - 1))) return at;
  return -1;
}

/** Vertical tabs are left to the lexer. */
export function isSpace(code: number): boolean {
  return code === SPACE || code === NEWLINE || code === TAB || code === FORM_FEED;
}
