import type { Statement } from "./statement-reader.ts";

const WORDS_KEPT = 8;

/**
 * What may hide a semicolon, as a whole: strings with what stands between them up to a semicolon, a name in quotes, a comment; or one character of what only
 * the lexer reads. The repetition has a bound, since Bun's regular expressions take many times as long beyond some 50,000.
 */
const HIDING =
  /'[^']*'(?:[^'"`[;$@#?:/\v\r\ufeff-]*'[^']*'){0,100}|"[^"]*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\/|['"`[$@#?:\v\r\ufeff]|\/\*/;

/** What hides nothing; a minus and a slash that open no comment are part of it. The bound is there for the same reason: more may follow. */
const UNHIDING = /[^'"`[$@#?:/\v\r\ufeff-]*(?:(?:-(?!-)|\/(?!\*))[^'"`[$@#?:/\v\r\ufeff-]*){0,100}/y;
const HIDDEN = new RegExp(HIDING, "y");

/**
 * Goes from one span that may hide a semicolon to the next. Where they stand is told by the places at which the matchers stop: an object for each match
 * would take longer than the search, in the thousands of files that a start reads.
 */
export class HidingSpans {
  private readonly text: string;
  /** Where the span begins; at the end of the text where there is none left. */
  start = 0;
  end = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** @returns false where there is none left. */
  next(): boolean {
    this.start = this.end;
    do {
      UNHIDING.lastIndex = this.start;
      UNHIDING.test(this.text);
      // It matches everywhere, if only nothing.
      this.start = UNHIDING.lastIndex;
      if (this.start === this.text.length) return false;
      HIDDEN.lastIndex = this.start;
    } while (!HIDDEN.test(this.text));
    this.end = HIDDEN.lastIndex;
    return true;
  }
}

/** The same, and the semicolons that are none of their business. */
const PIECE = new RegExp(`;|${HIDING.source}`, "g");

/** A word as the lexer reads it, after space; variables are left to that. */
const WORD = /[ \t\n\f]*([A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)/y;

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
    PIECE.lastIndex = this.at;
    for (
      let match = PIECE.exec(this.text);
      match !== null && match.index < end;
      match = PIECE.exec(this.text)
    )
      if (!this.take(match[0], match.index)) return null;
    if (this.first === -1) this.first = firstToken(this.text, this.at, end);
    return this.first === -1 || this.close(this.endOfLast(end)) ? this.statements : null;
  }

  /** @returns false for what is not plain */
  private take(piece: string, index: number): boolean {
    const code = this.text.charCodeAt(index);
    if (isOdd(piece, code)) return false;
    if (this.first === -1) this.first = firstToken(this.text, this.at, index);
    this.at = index + piece.length;
    if (code === SEMICOLON) return this.first === -1 || this.close(this.at);
    // A comment begins no statement.
    if (this.first === -1 && !isComment(code)) this.first = index;
    return true;
  }

  private close(end: number): boolean {
    const start = this.first;
    const words = this.heads.read(start, end);
    if (words === null) return false;
    this.statements.push({ start, end, words, mayRollBack: false, parameter: null });
    this.first = -1;
    return true;
  }

  /** The end of the last token of a last statement without a semicolon: comments may follow it. */
  private endOfLast(end: number): number {
    const { text } = this;
    let tokenEnd = this.first;
    let at = this.first;
    PIECE.lastIndex = at;
    for (let match = PIECE.exec(text); match !== null && match.index < end; match = PIECE.exec(text)) {
      tokenEnd = Math.max(tokenEnd, lastToken(text, at, match.index));
      at = match.index + match[0].length;
      if (!isComment(text.charCodeAt(match.index))) tokenEnd = at;
    }
    return Math.max(tokenEnd, lastToken(text, at, end));
  }
}

/** Of the pieces, by their first character. */
function isComment(code: number): boolean {
  return code === MINUS || code === SLASH;
}

function isOdd(piece: string, code: number): boolean {
  return code === SLASH ? piece === "/*" : piece.length === 1 && code !== SEMICOLON;
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
    const words: string[] = [];
    let at = start;
    while (words.length < WORDS_KEPT) {
      WORD.lastIndex = at;
      const match = WORD.exec(text);
      if (match === null || WORD.lastIndex > end) break;
      const word = match[1]!;
      if (text.charCodeAt(WORD.lastIndex) === QUOTE && (word === "x" || word === "X")) break;
      at = WORD.lastIndex;
      words.push(word.toUpperCase());
    }
    const next = firstToken(text, at, end);
    if (words.length < WORDS_KEPT && isCommentAt(text, next)) return null;
    this.head = text.charCodeAt(next) === OPEN_PARENTHESIS ? text.slice(start, next + 1) : "";
    this.words = words;
    return words;
  }
}

function isCommentAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code === MINUS) return text.charCodeAt(at + 1) === MINUS;
  return code === SLASH && text.charCodeAt(at + 1) === STAR;
}

/** The index of the first character that is no space; -1 where there is none. */
function firstToken(text: string, start: number, end: number): number {
  for (let at = start; at < end; at++) if (!isSpace(text.charCodeAt(at))) return at;
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
