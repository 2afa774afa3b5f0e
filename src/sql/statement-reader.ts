import { Lexer } from "./lexer.ts";

/** One statement of a script: `text.slice(start, end)`, from its first token to its last, with its semicolon. */
export interface Statement {
  readonly start: number;
  readonly end: number;
  /** The first words, in upper case, enough to tell what the statement is: CREATE TEMP TABLE IF NOT EXISTS. */
  readonly words: readonly string[];
  /** ROLLBACK stands in it somewhere (OR ROLLBACK, RAISE(ROLLBACK, …)): running it can end the whole transaction. */
  readonly mayRollBack: boolean;
  /** Where a parameter (`?1`, `:name`) stands: nothing will bind it, and SQLite would read it as NULL without a word. */
  readonly parameter: number | null;
}

/** Something that the text ends in and that was never closed. */
export interface Unterminated {
  readonly start: number;
  readonly what: "string" | "quoted name" | "block comment" | "trigger" | "blob";
  /** Where the END of a trigger stands that lacks nothing but the semicolon after it. */
  readonly looseEnd?: number | undefined;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

export type ScriptItem =
  /** `comments` are those within, but for a trigger's: where that ends, its END tells. */
  | { readonly kind: "statement"; readonly statement: Statement; readonly comments: readonly Span[] }
  | ({ readonly kind: "comment" } & Span)
  | { readonly kind: "unterminated"; readonly unterminated: Unterminated };

const WORDS_KEPT = 8;

const NO_COMMENTS: readonly Span[] = [];

/**
 * Reads a script into statements and the comments between them, in order, in one pass. A semicolon inside a trigger
 * body ends nothing: a CREATE TRIGGER ends at `; END ;`, by the rule of sqlite3_complete
 * (https://sqlite.org/c3ref/complete.html). Comments inside an open statement belong to it.
 *
 * A vertical tab begins no statement: SQLite would refuse it, but Bun's driver takes it away before it asks, and runs what stands behind it, a comment
 * passed over (https://github.com/oven-sh/bun, JSSQLStatement.cpp, isSkippedInSQLiteQuery).
 */
export class StatementReader {
  private readonly lexer: Lexer;

  constructor(text: string) {
    this.lexer = new Lexer(text);
  }

  /** The next statement or comment; null at the end. An unterminated item is the last one. */
  next(): ScriptItem | null {
    const lexer = this.lexer;
    while (lexer.next()) {
      if (lexer.unterminated) return this.unterminated();
      if (lexer.kind === "semicolon" || lexer.isVerticalTab) continue;
      if (lexer.kind === "comment") return { kind: "comment", start: lexer.start, end: lexer.end };
      return this.readStatement();
    }
    return null;
  }

  private readStatement(): ScriptItem {
    const lexer = this.lexer;
    const start = lexer.start;
    const shape = new StatementShape();
    let end = lexer.end;
    let comments: Span[] | null = null;
    do {
      if (lexer.unterminated) return this.unterminated();
      if (lexer.kind === "comment") {
        comments ??= [];
        comments.push({ start: lexer.start, end: lexer.end });
        continue;
      }
      end = lexer.end;
      if (shape.take(lexer)) break;
    } while (lexer.next());
    if (shape.isOpenTrigger)
      return { kind: "unterminated", unterminated: { start, what: "trigger", looseEnd: shape.looseEnd } };
    const { words, mayRollBack, parameter } = shape;
    const statement = { start, end, words, mayRollBack, parameter };
    return { kind: "statement", statement, comments: (shape.isTrigger ? null : comments) ?? NO_COMMENTS };
  }

  private unterminated(): ScriptItem {
    const { kind, start } = this.lexer;
    const what =
      kind === "name"
        ? "quoted name"
        : kind === "comment"
          ? "block comment"
          : kind === "blob"
            ? "blob"
            : "string";
    return { kind: "unterminated", unterminated: { start, what } };
  }
}

/** Where in a trigger's text the reader stands, as far as its end depends on it. */
type TriggerPart = "body" | "after-semicolon" | "after-end";

/** What the tokens seen so far say about the statement and about where it ends. */
class StatementShape {
  readonly words: string[] = [];
  mayRollBack = false;
  parameter: number | null = null;
  /** The first END after a semicolon that something else than a semicolon follows: no statement of a body begins with END. */
  looseEnd: number | undefined;
  private lastEnd = 0;
  private trigger: TriggerPart | null = null;
  private isHeadOpen = true;

  get isTrigger(): boolean {
    return this.trigger !== null;
  }

  /** A CREATE TRIGGER whose END has not been read. */
  get isOpenTrigger(): boolean {
    return this.trigger !== null && this.trigger !== "after-end";
  }

  /** Takes one token that is no comment; true when it ends the statement. */
  take(lexer: Lexer): boolean {
    if (this.trigger === "after-end" && lexer.kind !== "semicolon") this.looseEnd ??= this.lastEnd;
    if (lexer.kind === "word") this.takeWord(lexer);
    else if (lexer.kind === "semicolon") return this.takeSemicolon();
    else {
      if (lexer.kind === "variable") this.parameter ??= lexer.start;
      this.isHeadOpen = false;
      if (this.trigger !== null) this.trigger = "body";
    }
    return false;
  }

  private takeWord(lexer: Lexer): void {
    const length = lexer.end - lexer.start;
    if (length === 8 && lexer.upper() === "ROLLBACK" && this.words.length > 0) this.mayRollBack = true;
    if (this.trigger !== null) {
      const closes = this.trigger === "after-semicolon" && length === 3 && lexer.upper() === "END";
      this.trigger = closes ? "after-end" : "body";
      if (closes) this.lastEnd = lexer.start;
    } else if (this.isHeadOpen && this.words.length < WORDS_KEPT) {
      this.words.push(lexer.upper());
      if (isTriggerHead(this.words)) this.trigger = "body";
    }
  }

  private takeSemicolon(): boolean {
    if (this.trigger === null || this.trigger === "after-end") return true;
    this.trigger = "after-semicolon";
    return false;
  }
}

function isTriggerHead(words: readonly string[]): boolean {
  if (words.at(-1) !== "TRIGGER") return false;
  const head = words.join(" ").replace(/^EXPLAIN (QUERY PLAN )?/, "");
  return head === "CREATE TRIGGER" || head === "CREATE TEMP TRIGGER" || head === "CREATE TEMPORARY TRIGGER";
}
