import { type ScriptItem, StatementReader, type Unterminated } from "../../src/sql/statement-reader.ts";
import { Choice } from "./choice.ts";
import { OPENERS, soup } from "./odd-scripts.ts";
import { compareReadings } from "./quick-reading.ts";
import { ScriptGenerator } from "./script-generator.ts";
import type { Section, SectionOptions, SectionResult } from "./section.ts";
import { SqliteLibrary } from "./sqlite-library.ts";

const SCRIPTS = 1_000_000;
const QUICK_SCRIPTS = 20_000;
const TOLD_EVERY = 5_000;
const VIOLATIONS_SHOWN = 20;

/** The reader's view of a script: the ends of its statements, and what is left open at its end. */
interface Reading {
  readonly ends: readonly number[];
  /** Statements and comments: no semicolon within them stands for itself. */
  readonly spans: readonly (readonly [number, number])[];
  readonly open: Unterminated | null;
}

/** The reader of migrations agrees with SQLite on where statements end, and the quick one with it. */
export const parserFuzz: Section = {
  name: "scripts",
  async run(options: SectionOptions): Promise<SectionResult> {
    const sqlite = SqliteLibrary.open();
    if (sqlite === null) {
      const missing = "the system has no SQLite library to compare with: install libsqlite3-0";
      return { counts: { scripts: 0 }, violations: [missing] };
    }
    return compareAll(sqlite, options);
  },
};

async function compareAll(
  sqlite: SqliteLibrary,
  { isQuick, seed, stopAtFirst, progress }: SectionOptions,
): Promise<SectionResult> {
  const total = isQuick ? QUICK_SCRIPTS : SCRIPTS;
  const violations: string[] = [];
  let statements = 0;
  for (let n = 0; n < total; n++) {
    if (n % TOLD_EVERY === 0) {
      progress(n, total);
      await Bun.sleep(0);
    }
    const choice = new Choice(Math.imul(seed, 1_000_003) + n);
    const { text, problem: other, read } = checkOne(n, choice, sqlite);
    const problem = other ?? compareReadings(text) ?? compareReadings(inSections(text));
    statements += read;
    if (problem === null) continue;
    violations.push(`script ${n} of seed ${seed}: ${problem}: ${JSON.stringify(text)}`);
    if (stopAtFirst || violations.length >= VIOLATIONS_SHOWN) break;
  }
  progress(total, total);
  const versions = `scripts (SQLite ${sqlite.version} in Bun, sqlite3_complete of ${sqlite.completeVersion})`;
  return { counts: { [versions]: total, "statements in them": statements }, violations };
}

/** As most files are. */
function inSections(text: string): string {
  return `-- up\n${text}\n-- down\n${text}`;
}

interface Checked {
  readonly text: string;
  readonly problem: string | null;
  readonly read: number;
}

/** Of twenty scripts, ten are good, one is good up to something that nothing closes, and nine are soup. */
function checkOne(n: number, choice: Choice, sqlite: SqliteLibrary): Checked {
  const kind = n % 20;
  if (kind > 10) {
    const text = soup(choice);
    const reading = read(text);
    return { text, problem: compareSoup(text, reading, sqlite), read: reading.ends.length };
  }
  const good = new ScriptGenerator(choice).script();
  if (kind < 10) {
    const reading = read(good);
    return { text: good, problem: compareGood(good, reading, sqlite), read: reading.ends.length };
  }
  const [what, opener] = choice.of(OPENERS);
  const start = `${good}\n;\n`;
  const text = start + opener;
  const reading = read(text);
  return { text, problem: requireRefused(reading, what, start, sqlite), read: reading.ends.length };
}

function read(text: string): Reading {
  const reader = new StatementReader(text);
  const ends: number[] = [];
  const spans: [number, number][] = [];
  for (let item: ScriptItem | null = reader.next(); item !== null; item = reader.next()) {
    if (item.kind === "unterminated") return { ends, spans, open: item.unterminated };
    const { start, end } = item.kind === "statement" ? item.statement : item;
    if (item.kind === "statement") ends.push(end);
    spans.push([start, end]);
  }
  return { ends, spans, open: null };
}

/** Each statement in turn, by itself: SQLite says what it takes, and the reader must have said the same. */
function compareGood(text: string, { ends, open }: Reading, sqlite: SqliteLibrary): string | null {
  if (open !== null) return `the reader finds an open ${open.what} at ${open.start}`;
  let at = 0;
  try {
    for (const end of ends) {
      const length = sqlite.firstStatement(text.slice(at));
      if (length === null) return `SQLite finds no statement after ${at}`;
      const isLast = text[end - 1] !== ";";
      if (isLast ? at + length !== text.length : at + length !== end)
        return `SQLite ends a statement at ${at + length}, the reader at ${end}`;
      at += length;
    }
    const more = sqlite.firstStatement(text.slice(at));
    return more === null ? null : `SQLite finds one more statement after ${at}`;
  } catch (error) {
    return `SQLite refuses what was meant to be good, after ${at}: ${(error as Error).message}`;
  }
}

/** A semicolon ends something for SQLite exactly where a statement of the reader's ends, or stands alone between two of them. */
function compareSoup(script: string, { ends, spans, open }: Reading, sqlite: SqliteLibrary): string | null {
  const text = asDriven(script, spans);
  const isEnd = new Set(ends);
  let span = 0;
  let hasEnded = false;
  for (const [index, isComplete] of sqlite.completeSemicolons(text)) {
    while (span < spans.length && spans[span]![1] <= index) span++;
    const isInside = span < spans.length && spans[span]![0] <= index;
    const before = span === 0 ? 0 : spans[span - 1]![1];
    const isAlone = !isInside && /^[ \t\r\n\v\f;]*$/.test(text.slice(before, index));
    // Up to the middle of a line comment between statements the text is as whole as before it.
    const isInLineComment = isInside && text.startsWith("--", spans[span]![0]);
    const isOurs: boolean = isEnd.has(index + 1) || isAlone || (isInLineComment && hasEnded);
    hasEnded ||= isOurs;
    if (isOurs === isComplete) continue;
    return `SQLite ${isComplete ? "ends" : "does not end"} a statement at ${index + 1}, the reader ${isOurs ? "does" : "does not"}`;
  }
  const isClosed = sqlite.isComplete(`${text}\n;`);
  if (isClosed === (open === null)) return null;
  return open === null ? "SQLite finds it open at the end" : `the reader finds an open ${open.what}`;
}

/** As Bun's driver hands it over: without vertical tabs before a statement. */
function asDriven(script: string, spans: Reading["spans"]): string {
  let text = "";
  let at = 0;
  for (const [start, end] of [...spans, [script.length, script.length] as const]) {
    text += script.slice(at, start).replaceAll("\v", " ") + script.slice(start, end);
    at = end;
  }
  return text;
}

/** What SQLite may take for whole, and godwit must not: the rest of a file would vanish in it. */
function requireRefused(
  { open, ends }: Reading,
  what: string,
  start: string,
  sqlite: SqliteLibrary,
): string | null {
  if (open === null) return `the open ${what} at ${start.length} is not refused`;
  if (open.what !== what || open.start !== start.length)
    return `the reader finds an open ${open.what} at ${open.start}, not the ${what} at ${start.length}`;
  return compareGood(start, { ends, spans: [], open: null }, sqlite);
}
