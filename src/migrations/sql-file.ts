import { GodwitError } from "../base/failure.ts";
import { locate } from "../base/source-text.ts";
import { plainStatements } from "../sql/plain-statements.ts";
import {
  type ScriptItem,
  type Statement,
  StatementReader,
  type Unterminated,
} from "../sql/statement-reader.ts";
import { type Header, HeaderReader } from "./header.ts";
import { hasOwnLine, markerOf, nearMiss, type SectionName } from "./marker.ts";
import type { SqlBody } from "./migration.ts";
import { checksumOfSection } from "./section-checksum.ts";
import { type SkimmedFile, type SkimmedSections, skimSqlFile, skimUsualFile } from "./sql-skim.ts";

export interface SqlFile {
  readonly header: Header;
  readonly checksum: string;
  readonly body: SqlBody;
}

interface Section {
  readonly statements: Statement[];
  readonly start: number;
  end: number;
}

/**
 * Reads the text of an SQL migration: header lines, sections, statements.
 * @throws GodwitError DIRECTIVE_INVALID, MARKER_INVALID or SQL_UNTERMINATED, with the line.
 */
export function readSqlFile(file: string, text: string): SqlFile {
  const skimmed = skimSqlFile(file, text);
  return skimmed === null ? parseSqlFile(file, text) : unread(file, text, skimmed);
}

/** As `readSqlFile`, of a text that may need care; null where that must be known, or more than one look is needed. */
export function readUsualSqlFile(file: string, text: string): SqlFile | null {
  const skimmed = skimUsualFile(text);
  return skimmed === null ? null : unread(file, text, skimmed);
}

function unread(file: string, text: string, { header, checksum, sections }: SkimmedFile): SqlFile {
  return { header, checksum, body: new UnreadSql(file, text, sections) };
}

/** Reads all statements. @throws as `readSqlFile` */
export function parseSqlFile(file: string, text: string): SqlFile {
  return new SqlFileReader(file, text).read();
}

/** A script that is known to be sound, and whose statements have not been read yet. */
class UnreadSql implements SqlBody {
  readonly text: string;
  private readonly file: string;
  private readonly sections: SkimmedSections;
  private statements: Partial<Record<SectionName, readonly Statement[]>> | null = null;

  constructor(file: string, text: string, sections: SkimmedSections) {
    this.file = file;
    this.text = text;
    this.sections = sections;
  }

  get kind(): "sql" {
    return "sql";
  }

  get hasDown(): boolean {
    return this.sections.down?.hasStatement ?? false;
  }

  get up(): readonly Statement[] {
    return this.read("up");
  }

  get down(): readonly Statement[] {
    return this.read("down");
  }

  get verify(): readonly Statement[] {
    return this.read("verify");
  }

  private read(name: SectionName): readonly Statement[] {
    const section = this.sections[name];
    if (section === null) return [];
    this.statements ??= {};
    this.statements[name] ??=
      plainStatements(this.text, section.start, section.end) ?? parseSqlFile(this.file, this.text).body[name];
    return this.statements[name];
  }
}

class SqlFileReader {
  private readonly file: string;
  private readonly text: string;
  private readonly headers: HeaderReader;
  private readonly sections = new Map<SectionName, Section>();
  /** Statements before the first marker: the whole file where there is none. */
  private readonly unmarked: Statement[] = [];
  private current: Section | null = null;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    this.headers = new HeaderReader(file, text);
  }

  read(): SqlFile {
    const reader = new StatementReader(this.text);
    for (let item = reader.next(); item !== null; item = reader.next()) this.take(item);
    if (this.current !== null) this.current.end = this.text.length;
    const up = this.upSection();
    const { header } = this.headers;
    const down = this.sections.get("down")?.statements ?? [];
    return {
      header,
      checksum: checksumOfSection(header, this.text, up.start, up.end),
      body: {
        kind: "sql",
        text: this.text,
        hasDown: down.length > 0,
        up: up.statements,
        down,
        verify: this.sections.get("verify")?.statements ?? [],
      },
    };
  }

  private take(item: ScriptItem): void {
    if (item.kind === "comment") this.takeComment(item.start, item.end);
    else if (item.kind === "statement") {
      for (const { start, end } of item.comments) this.refuseMarkerWithin(start, end);
      (this.current?.statements ?? this.unmarked).push(item.statement);
    } else this.refuseUnterminated(item.unterminated);
  }

  private takeComment(start: number, end: number): void {
    const comment = this.text.slice(start, end);
    const section = markerOf(comment);
    if (section !== null && hasOwnLine(this.text, start)) return this.open(section, start, end);
    const meant = nearMiss(comment);
    if (meant !== null) {
      const why =
        section === null ? `looks like the marker "-- ${meant}"` : "is a marker that shares its line";
      this.refuse(
        `this comment ${why}`,
        start,
        `write "-- ${meant}" on a line of its own, or reword the comment`,
      );
    }
    if (!comment.startsWith("--")) return;
    const line = comment.replace(/^-+/, "");
    if (this.current === null && this.unmarked.length === 0) this.headers.take(line, start);
    else this.headers.refuseMisplaced(line, start);
  }

  /** SQLite may take what is below for the rest of the statement, and the way down would run with the way up. */
  private refuseMarkerWithin(start: number, end: number): void {
    const section = markerOf(this.text.slice(start, end));
    if (section === null || !hasOwnLine(this.text, start)) return;
    this.refuse(
      `the marker "-- ${section}" stands inside a statement`,
      start,
      "end the statement before it with a semicolon, or reword the comment",
    );
  }

  private open(name: SectionName, start: number, end: number): void {
    if (this.unmarked.length > 0) {
      this.refuse("SQL stands before the first marker", this.unmarked[0]!.start, `put it under "-- up"`);
    }
    const known = this.sections.get(name);
    if (known !== undefined) {
      const { line } = locate(this.file, this.text, known.start);
      this.refuse(
        `the marker "-- ${name}" stands twice, here and in line ${line}`,
        start,
        "keep one of each",
      );
    }
    if (this.current !== null) this.current.end = start;
    this.current = { statements: [], start: end, end };
    this.sections.set(name, this.current);
  }

  private upSection(): Section {
    const up = this.sections.get("up");
    if (up !== undefined) return up;
    const [first] = this.sections.values();
    if (first === undefined) return { statements: this.unmarked, start: 0, end: this.text.length };
    const name = [...this.sections.keys()][0]!;
    const marker = this.text.lastIndexOf("--", first.start - 1);
    return this.refuse(
      `"-- ${name}" stands without "-- up"`,
      marker,
      `begin what is to be applied with "-- up"`,
    );
  }

  private refuseUnterminated({ what, start, looseEnd }: Unterminated): never {
    if (looseEnd !== undefined) {
      throw new GodwitError("SQL_UNTERMINATED", "the semicolon after the trigger's END is missing", {
        location: locate(this.file, this.text, looseEnd),
        hint: "write END;",
      });
    }
    const fix: Record<Unterminated["what"], string> = {
      string: "close it with '",
      blob: "close it with '",
      "quoted name": "close the name",
      "block comment": "close it with */",
      trigger: "end it with END;",
    };
    throw new GodwitError("SQL_UNTERMINATED", `the ${what} that begins here is never closed`, {
      location: locate(this.file, this.text, start),
      hint: fix[what],
    });
  }

  private refuse(message: string, index: number, hint: string): never {
    throw new GodwitError("MARKER_INVALID", message, { location: locate(this.file, this.text, index), hint });
  }
}
