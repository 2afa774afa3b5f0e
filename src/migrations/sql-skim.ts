import { type Header, HeaderReader } from "./header.ts";
import { markerOf, nearMiss, type SectionName } from "./marker.ts";
import { checksumOfSection } from "./section-checksum.ts";

/** What every start needs to know of an SQL migration. */
interface SkimmedFile {
  readonly header: Header;
  readonly checksum: string;
  readonly sections: SkimmedSections;
}

/** Where the sections of a plain script stand; without markers the whole of it is `up`. */
export type SkimmedSections = Readonly<Partial<Record<SectionName, SkimmedSection>>>;

/**
 * Reads the header, the checksum and whether there is a way down, without reading the statements: a start with nothing to do reads every file, and
 * runs none. The engine of regular expressions passes over what no marker can stand in.
 * @returns null where only reading the statements can tell: a trigger, whose body has semicolons of its own, what is open at the end, a variable, what
 * may roll the transaction back, and all that will be refused
 * @throws GodwitError DIRECTIVE_INVALID
 */
export function skimSqlFile(file: string, text: string): SkimmedFile | null {
  return UNPLAIN.test(text) ? null : new SqlSkimmer(file, text).skim();
}

const UNPLAIN = /trigger|rollback/i;

/** A string, a name in quotes or a comment as a whole; or one character of what is read otherwise. */
const SPAN = /'[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\/|['"`[$@#?:\v\ufeff]|\/\*/g;

const SPACE = 32;
const TAB = 9;
const NEWLINE = 10;
const FORM_FEED = 12;
const MINUS = 45;
const SLASH = 47;
const SEMICOLON = 59;

const PLAIN: Header = { description: null, requires: [], transactional: true, foreignKeysOn: false };

interface SkimmedSection {
  /** Null before the first marker. */
  readonly name: SectionName | null;
  readonly start: number;
  end: number;
  hasStatement: boolean;
}

class SqlSkimmer {
  private readonly file: string;
  private readonly text: string;
  private headers: HeaderReader | null = null;
  private readonly marked: Partial<Record<SectionName, SkimmedSection>> = {};
  private current: SkimmedSection;
  private isInStatement = false;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    this.current = { name: null, start: 0, end: text.length, hasStatement: false };
  }

  skim(): SkimmedFile | null {
    const { text } = this;
    let at = 0;
    SPAN.lastIndex = 0;
    for (let match = SPAN.exec(text); match !== null; match = SPAN.exec(text)) {
      const span = match[0];
      const start = match.index;
      this.passOver(at, start);
      at = start + span.length;
      const code = span.charCodeAt(0);
      const isComment = code === MINUS || code === SLASH;
      if (isComment ? span === "/*" : span.length === 1) return null;
      if (!isComment) this.openStatement();
      else if (!this.isInStatement && !this.takeComment(span, start, at)) return null;
    }
    this.passOver(at, text.length);
    return this.finish();
  }

  /** Text without comments and quotes: a semicolon in it ends a statement. */
  private passOver(start: number, end: number): void {
    const { text } = this;
    let last = end - 1;
    while (last >= start && isSpace(text.charCodeAt(last))) last--;
    if (last < start) return;
    if (text.charCodeAt(last) !== SEMICOLON) return this.openStatement();
    if (!this.isInStatement && TOKEN.test(text.slice(start, last))) this.current.hasStatement = true;
    this.isInStatement = false;
  }

  private openStatement(): void {
    this.isInStatement = true;
    this.current.hasStatement = true;
  }

  /** @returns false for one that is refused. */
  private takeComment(comment: string, start: number, end: number): boolean {
    const section = markerOf(comment);
    if (section !== null && this.isOwnLine(start)) return this.open(section, start, end);
    if (nearMiss(comment) !== null) return false;
    // Header lines have a colon.
    if (comment.charCodeAt(0) === SLASH || !comment.includes(":")) return true;
    this.headers ??= new HeaderReader(this.file, this.text);
    const line = comment.replace(/^-+/, "");
    if (this.current.name === null && !this.current.hasStatement) this.headers.take(line, start);
    else this.headers.refuseMisplaced(line, start);
    return true;
  }

  private open(name: SectionName, start: number, end: number): boolean {
    const isLate = this.current.name === null && this.current.hasStatement;
    if (isLate || this.marked[name] !== undefined) return false;
    this.current.end = start;
    this.current = { name, start: end, end: this.text.length, hasStatement: false };
    this.marked[name] = this.current;
    return true;
  }

  private finish(): SkimmedFile | null {
    const sections = this.current.name === null ? { up: this.current } : this.marked;
    if (sections.up === undefined) return null;
    const header = this.headers?.header ?? PLAIN;
    return { header, checksum: checksumOfSection(header, this.text, sections.up), sections };
  }

  private isOwnLine(start: number): boolean {
    let at = start - 1;
    while (at >= 0 && isIndent(this.text.charCodeAt(at))) at--;
    return at < 0 || this.text.charCodeAt(at) === NEWLINE;
  }
}

/** Anything but space and semicolons. */
const TOKEN = /[^ \t\n\f;]/;

function isSpace(code: number): boolean {
  return code === SPACE || code === NEWLINE || code === TAB || code === FORM_FEED;
}

function isIndent(code: number): boolean {
  return code === SPACE || code === TAB || code === FORM_FEED;
}
