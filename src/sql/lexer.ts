/** What a token is. White space is passed over; comments are tokens, since markers and headers are written in them. */
export type TokenKind =
  | "word" // keyword or bare name
  | "number"
  | "string" // 'text'
  | "name" // "name", `name`, [name]
  | "blob" // x'00'
  | "variable" // ?1 :name @name $name::part(suffix)
  | "comment" // -- to the end of the line, or a block
  | "semicolon"
  | "punctuation" // anything else, one character each
  | "end";

const TAB = 9;
const NEWLINE = 10;
const VERTICAL_TAB = 11;
const FORM_FEED = 12;
const RETURN = 13;
const SPACE = 32;
const DOUBLE_QUOTE = 34;
const DOLLAR = 36;
const QUOTE = 39;
const OPEN_PARENTHESIS = 40;
const CLOSE_PARENTHESIS = 41;
const STAR = 42;
const MINUS = 45;
const DOT = 46;
const SLASH = 47;
const COLON = 58;
const SEMICOLON = 59;
const QUESTION = 63;
const AT = 64;
const OPEN_BRACKET = 91;
const BACKTICK = 96;
const HASH = 35;
const BYTE_ORDER_MARK = 0xfeff;

/**
 * SQLite's own tokens, by the rules of its tokenizer (https://sqlite.org/src/file/src/tokenize.c): it reads once, forward, and
 * makes no object per token. After `next()` the token is `text.slice(start, end)`.
 *
 * A string, quoted name or block comment that the text ends in is `unterminated`; SQLite takes an open block
 * comment for a closed one, which is how the rest of a file can vanish without an error.
 */
export class Lexer {
  kind: TokenKind = "end";
  start = 0;
  end = 0;
  unterminated = false;

  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** Moves to the next token; false at the end of the text. */
  next(): boolean {
    this.skipSpace();
    this.unterminated = false;
    this.start = this.end;
    if (this.start >= this.text.length) {
      this.kind = "end";
      return false;
    }
    this.read(this.text.charCodeAt(this.start));
    return true;
  }

  /** One that does not follow other space, and so is a token that SQLite does not know. */
  get isVerticalTab(): boolean {
    return this.kind === "punctuation" && this.text.charCodeAt(this.start) === VERTICAL_TAB;
  }

  /** The token in upper case: what keywords are compared by. */
  upper(): string {
    return this.text.slice(this.start, this.end).toUpperCase();
  }

  private skipSpace(): void {
    const text = this.text;
    let at = this.end;
    while (at < text.length && (isSpace(text.charCodeAt(at)) || this.isOddSpace(at))) at++;
    this.end = at;
  }

  /** SQLite passes over a byte order mark wherever one stands between tokens, and over a vertical tab that follows other space. */
  private isOddSpace(at: number): boolean {
    const code = this.text.charCodeAt(at);
    if (code === BYTE_ORDER_MARK) return true;
    return code === VERTICAL_TAB && at > this.end && this.text.charCodeAt(at - 1) !== BYTE_ORDER_MARK;
  }

  private read(code: number): void {
    switch (code) {
      case SEMICOLON:
        return this.take("semicolon", 1);
      case QUOTE:
        return this.readQuoted("string", "'", 0);
      case DOUBLE_QUOTE:
        return this.readQuoted("name", '"', 0);
      case BACKTICK:
        return this.readQuoted("name", "`", 0);
      case OPEN_BRACKET:
        return this.readUntil("name", "]", 1);
      case MINUS:
        return this.peek(1) === MINUS ? this.readLineComment() : this.take("punctuation", 1);
      case SLASH:
        return this.peek(1) === STAR ? this.readUntil("comment", "*/", 2) : this.take("punctuation", 1);
      case QUESTION:
        return this.readDigits("variable", 1);
      case DOLLAR:
      case AT:
      case COLON:
      case HASH:
        return this.readVariable();
      default:
        return this.readWordOrNumber(code);
    }
  }

  private readWordOrNumber(code: number): void {
    if (isDigit(code) || (code === DOT && isDigit(this.peek(1)))) return this.readNumber();
    if ((code === 120 || code === 88) && this.peek(1) === QUOTE) return this.readQuoted("blob", "'", 1);
    if (!isWordPart(code)) return this.take("punctuation", 1);
    const text = this.text;
    let at = this.start + 1;
    while (at < text.length && isWordPart(text.charCodeAt(at))) at++;
    this.finish("word", at);
  }

  private readNumber(): void {
    const text = this.text;
    let at = this.start + 1;
    while (at < text.length) {
      const code = text.charCodeAt(at);
      const isExponentSign =
        (code === 43 || code === MINUS) &&
        isExponent(text.charCodeAt(at - 1)) &&
        isDigit(text.charCodeAt(at + 1));
      if (!isWordPart(code) && code !== DOT && !isExponentSign) break;
      at++;
    }
    this.finish("number", at);
  }

  private readDigits(kind: TokenKind, from: number): void {
    let at = this.start + from;
    while (isDigit(this.text.charCodeAt(at))) at++;
    this.finish(kind, at);
  }

  /** Also the Tcl form `$name::part(anything but space)`, which may hold a quote or a semicolon. */
  private readVariable(): void {
    const text = this.text;
    let at = this.start + 1;
    let letters = 0;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (isWordPart(code)) letters++;
      else if (code === OPEN_PARENTHESIS && letters > 0) {
        at = endOfTclSuffix(text, at);
        break;
      } else if (code === COLON && text.charCodeAt(at + 1) === COLON) at++;
      else break;
    }
    if (letters === 0) this.take("punctuation", 1);
    else this.finish("variable", at);
  }

  /** A doubled quote stands for itself. */
  private readQuoted(kind: TokenKind, quote: string, prefix: number): void {
    const text = this.text;
    let close = text.indexOf(quote, this.start + prefix + 1);
    while (kind !== "blob" && close !== -1 && text[close + 1] === quote)
      close = text.indexOf(quote, close + 2);
    this.close(kind, close, 1);
  }

  private readUntil(kind: TokenKind, mark: string, opening: number): void {
    this.close(kind, this.text.indexOf(mark, this.start + opening), mark.length);
  }

  private readLineComment(): void {
    const close = this.text.indexOf("\n", this.start);
    this.finish("comment", close === -1 ? this.text.length : close);
  }

  private close(kind: TokenKind, at: number, length: number): void {
    this.unterminated = at === -1;
    this.finish(kind, at === -1 ? this.text.length : at + length);
  }

  private take(kind: TokenKind, length: number): void {
    this.finish(kind, this.start + length);
  }

  private finish(kind: TokenKind, end: number): void {
    this.kind = kind;
    this.end = end;
  }

  private peek(offset: number): number {
    return this.text.charCodeAt(this.start + offset);
  }
}

function endOfTclSuffix(text: string, open: number): number {
  let at = open + 1;
  while (at < text.length && !isTclEnd(text.charCodeAt(at))) at++;
  return text[at] === ")" ? at + 1 : open;
}

function isTclEnd(code: number): boolean {
  return code === CLOSE_PARENTHESIS || code === VERTICAL_TAB || isSpace(code);
}

function isSpace(code: number): boolean {
  return code === SPACE || code === NEWLINE || code === TAB || code === RETURN || code === FORM_FEED;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isExponent(code: number): boolean {
  return code === 101 || code === 69;
}

/** Letters, digits, `_`, `$`, and everything outside ASCII. */
function isWordPart(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    isDigit(code) ||
    code === 95 ||
    code === DOLLAR ||
    code > 127
  );
}
