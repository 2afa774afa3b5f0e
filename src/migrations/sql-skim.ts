import { checksum } from "../base/checksum.ts";
import { CAREFUL } from "../base/decode-text.ts";
import { plain, SPACES } from "../sql/plain-pattern.ts";
import { COMMENTS, isComment, isOdd, isSpace, mayBePlain, SpanFinder } from "../sql/plain-statements.ts";
import { type Header, HeaderReader } from "./header.ts";
import { hasOwnLine, markerOf, nearMiss, type SectionName } from "./marker.ts";
import { checksumOfSection } from "./section-checksum.ts";

/** What every start needs to know of an SQL migration. */
export interface SkimmedFile {
  readonly header: Header;
  readonly checksum: string;
  readonly sections: SkimmedSections;
}

/** Where the sections of a plain script stand; without markers the whole of it is `up`. */
export interface SkimmedSections {
  readonly up: SkimmedSection;
  readonly down: SkimmedSection | null;
  readonly verify: SkimmedSection | null;
}

interface SkimmedSection {
  readonly start: number;
  readonly end: number;
  readonly hasStatement: boolean;
}

/** While it is read. */
type OpenSection = { -readonly [Key in keyof SkimmedSection]: SkimmedSection[Key] };

/**
 * Reads the header, the checksum and whether there is a way down, without reading the statements: a start with nothing to do reads every file, and
 * runs none. The engine of regular expressions passes over what no marker can stand in. What is met once a file is written for few steps: a start ends
 * before the compiler has seen to it.
 * @returns null where only reading the statements can tell: a trigger, whose body has semicolons of its own, what is open at the end, a variable, what
 * may roll the transaction back, and all that will be refused
 * @throws GodwitError DIRECTIVE_INVALID
 */
export function skimSqlFile(file: string, text: string): SkimmedFile | null {
  return skimUsualFile(text) ?? (mayBePlain(text) ? new SqlSkimmer(file, text).skim() : null);
}

const UP = "-- up";
const DOWN = "-- down";

const CODE = plain("*", { never: CAREFUL });
const WORD = `${SPACES}[A-Za-z]`;
const STATEMENTS = `${WORD}${CODE};${SPACES}`;
const DOWN_LINE = `\n${DOWN}\n`;

/** In UTF-16 units: the repetition in CODE has no bound. */
const LONGEST_USUAL = 16_384;

const UNMARKED = new RegExp(`^${STATEMENTS}$`);
const UP_AND_DOWN = new RegExp(`^${UP}\n${STATEMENTS}${DOWN_LINE}${WORD}${CODE}$`);

/**
 * What nearly every file is: statements without a comment, by themselves or under `-- up`, and then others under `-- down`. A start reads thousands of them,
 * and to call a function takes as long as to look at the whole text once.
 * @returns null for any other, and for all that needs care
 */
export function skimUsualFile(text: string): SkimmedFile | null {
  if (text.length > LONGEST_USUAL) return null;
  const isMarked = UP_AND_DOWN.test(text);
  if ((!isMarked && !UNMARKED.test(text)) || !mayBePlain(text)) return null;
  const at = isMarked ? text.indexOf(DOWN_LINE) : -1;
  // One of them stands in a string.
  if (isMarked && text.indexOf(DOWN_LINE, at + 1) !== -1) return null;
  const up = isMarked ? text.slice(UP.length, at) : text;
  // No other space than this takes away stands at either end.
  return { header: PLAIN, checksum: checksum(up.trim()), sections: new UsualSections(text.length, at) };
}

/** Made into places where they are asked for: most starts ask for none. */
class UsualSections implements SkimmedSections {
  private readonly length: number;
  private readonly at: number;

  /** @param at where the line of the second marker begins; -1 where there are no markers */
  constructor(length: number, at: number) {
    this.length = length;
    this.at = at;
  }

  get up(): SkimmedSection {
    const { at, length } = this;
    return at === -1
      ? { start: 0, end: length, hasStatement: true }
      : { start: UP.length, end: at + 1, hasStatement: true };
  }

  get down(): SkimmedSection | null {
    const { at, length } = this;
    return at === -1 ? null : { start: at + DOWN_LINE.length - 1, end: length, hasStatement: true };
  }

  get verify(): null {
    return null;
  }
}

/** Where space and semicolons end. */
function endOfBlank(text: string, start: number): number {
  BLANK.lastIndex = start;
  BLANK.test(text);
  return BLANK.lastIndex;
}

/** The index of the last character that is no space; before `start` where there is none. */
function lastOf(text: string, start: number, end: number): number {
  let last = end - 1;
  while (last >= start && isSpace(text.charCodeAt(last))) last--;
  return last;
}

const NEWLINE = 10;
const SLASH = 47;
const SEMICOLON = 59;

const PLAIN: Header = { description: null, requires: [], transactional: true, foreignKeysOn: false };

class SqlSkimmer {
  private readonly file: string;
  private readonly text: string;
  private headers: HeaderReader | null = null;
  private isInStatement = false;
  private readonly unmarked: OpenSection;
  private current: OpenSection;
  private up: OpenSection | null = null;
  private down: OpenSection | null = null;
  private verify: OpenSection | null = null;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    this.unmarked = { start: 0, end: text.length, hasStatement: false };
    this.current = this.unmarked;
  }

  skim(): SkimmedFile | null {
    const { text } = this;
    const span = new SpanFinder(text, COMMENTS);
    let at = 0;
    while (span.next()) {
      const { start, end } = span;
      const code = text.charCodeAt(start);
      if (isOdd(code, end - start)) return null;
      if (isComment(code)) {
        this.passOver(at, start);
        if (this.isInStatement ? this.isMarker(start, end) : !this.takeComment(start, end)) return null;
      } else this.openStatement();
      at = end;
    }
    this.passOver(at, text.length);
    return this.finish();
  }

  /** Text without comments and quotes: a semicolon in it ends a statement. */
  private passOver(start: number, end: number): void {
    const { text, current } = this;
    const last = lastOf(text, start, end);
    if (last < start) return;
    if (text.charCodeAt(last) !== SEMICOLON) return this.openStatement();
    current.hasStatement ||= endOfBlank(text, start) < last;
    this.isInStatement = false;
  }

  private openStatement(): void {
    this.isInStatement = true;
    this.current.hasStatement = true;
  }

  /** @returns false for one that is refused. */
  private takeComment(start: number, end: number): boolean {
    const usual = this.usualMarker(start, end);
    if (usual !== null) return this.open(usual, start, end);
    const comment = this.text.slice(start, end);
    const section = markerOf(comment);
    if (section !== null && hasOwnLine(this.text, start)) return this.open(section, start, end);
    if (nearMiss(comment) !== null) return false;
    // Header lines have a colon.
    if (comment.charCodeAt(0) === SLASH || !comment.includes(":")) return true;
    this.headers ??= new HeaderReader(this.file, this.text);
    const line = comment.replace(/^-+/, "");
    const isHead = this.current === this.unmarked && !this.current.hasStatement;
    if (isHead) this.headers.take(line, start);
    else this.headers.refuseMisplaced(line, start);
    return true;
  }

  private isMarker(start: number, end: number): boolean {
    return markerOf(this.text.slice(start, end)) !== null && hasOwnLine(this.text, start);
  }

  /** As `create` writes them: a start meets thousands of these. */
  private usualMarker(start: number, end: number): SectionName | null {
    const { text } = this;
    if (start > 0 && text.charCodeAt(start - 1) !== NEWLINE) return null;
    if (end - start === UP.length && text.startsWith(UP, start)) return "up";
    return end - start === DOWN.length && text.startsWith(DOWN, start) ? "down" : null;
  }

  private open(name: SectionName, start: number, end: number): boolean {
    if (this.unmarked.hasStatement || this[name] !== null) return false;
    this.current.end = start;
    this.current = { start: end, end: this.text.length, hasStatement: false };
    this[name] = this.current;
    return true;
  }

  private finish(): SkimmedFile | null {
    const { down, verify } = this;
    const up = this.current === this.unmarked ? this.unmarked : this.up;
    if (up === null) return null;
    const header = this.headers === null ? PLAIN : this.headers.header;
    const checksum = checksumOfSection(header, this.text, up.start, up.end);
    return { header, checksum, sections: { up, down, verify } };
  }
}

/** Space and semicolons; it matches everywhere, if only nothing. */
const BLANK = /[ \t\n\f;]*/y;
