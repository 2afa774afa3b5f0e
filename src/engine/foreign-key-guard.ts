import { GodwitError } from "../base/failure.ts";
import { counted, printable } from "../base/printable.ts";
import { locateFile } from "../base/source-text.ts";
import type { Connection } from "../databases/connection.ts";
import { DatabaseError } from "../databases/database-error.ts";
import {
  describeMismatch,
  describeViolation,
  type ForeignKeyLink,
  type ForeignKeyReport,
  isSound,
  NO_VIOLATIONS,
  newViolations,
} from "../databases/foreign-key-report.ts";
import type { Migration } from "../migrations/migration.ts";
import type { EventListener } from "./events.ts";
import type { PreparedStep } from "./prepare.ts";
import { locateCause } from "./step-place.ts";

/** In a note; a failure names them all. */
const OLD_ROWS_SHOWN = 10;

/** Told what was broken before `step`, the first time that foreign keys are looked at. Not called where all is sound. */
export type OldViolationsListener = (old: ForeignKeyReport, step: PreparedStep) => void;

/**
 * Compares foreign keys before and after each step of one transaction, so that only new violations count. Nothing is
 * scanned for steps that only create things; what one step leaves is what the next one begins with.
 */
export class ForeignKeyGuard {
  private readonly connection: Connection;
  private readonly onOld: OldViolationsListener;
  /** What the last step left. Steps that only create things leave it as it is: their tables are empty. */
  private known: ForeignKeyReport | null = null;
  private before: ForeignKeyReport | null = null;
  /** The tables that point at each table; read once and added to, so that many steps that create are not each as long as the schema. */
  private pointing: Map<string, Set<string>> | null = null;
  private hasSeenKeys = false;

  constructor(connection: Connection, onOld: OldViolationsListener = () => {}) {
    this.connection = connection;
    this.onOld = onOld;
  }

  /**
   * Whether the step can have anything to do with foreign keys; where it has not, `begin` and `end` need not be asked. Where no key is declared none can
   * be broken, and a new table without keys of its own, that nothing points at, breaks none.
   */
  mayBreak({ impact, declaresKeys }: PreparedStep): boolean {
    const { pointing } = this;
    if (pointing === null || declaresKeys) return impact === null || impact.length > 0;
    if (impact === null) return !this.isWithoutKeys;
    for (const table of impact) if (pointing.has(table.toLowerCase())) return true;
    return false;
  }

  /** As `begin`, where it is known that no key is declared. @returns whether it is */
  beginAtOnce({ impact }: PreparedStep): boolean {
    if (impact !== null || !this.isWithoutKeys) return false;
    this.before = NO_VIOLATIONS;
    return true;
  }

  /** Whether `end` has nothing to look at. Parameters as of `end`. */
  isUnaffected({ impact }: PreparedStep, mayDeclare: boolean): boolean {
    return this.before === null || (impact === null && this.isWithoutKeys && !mayDeclare);
  }

  async begin(step: PreparedStep): Promise<void> {
    const { impact } = step;
    if (impact === null) {
      // Once there were keys, to look for them again would take as long as to check them.
      if (!this.hasSeenKeys) await this.learnKeys();
      this.before = this.isWithoutKeys ? NO_VIOLATIONS : await this.everything(step);
      return;
    }
    const concerned = await this.concerned(impact);
    this.before = this.mayBreak(step) ? await this.connection.checkDeclarations(concerned) : null;
  }

  /**
   * @param mayDeclare whether the step can have declared a key
   * @throws GodwitError FOREIGN_KEY_VIOLATION, with the rows.
   */
  async end(step: PreparedStep, mayDeclare: boolean): Promise<void> {
    if (this.before === null || this.isUnaffected(step, mayDeclare)) return;
    const { impact, migration } = step;
    if (impact === null && this.isWithoutKeys && !(await this.hasDeclared())) return;
    const after = await (impact === null
      ? this.connection.checkForeignKeys()
      : this.connection.checkDeclarations(await this.concerned(impact)));
    const found = newViolations(this.before, after);
    if (!isSound(found)) {
      throw new GodwitError(
        "FOREIGN_KEY_VIOLATION",
        `${migration.version} leaves ${countKeys(found)} pointing nowhere`,
        { location: locateCause(step, tablesOf(found)), details: linesOf(found) },
      );
    }
    if (impact === null) {
      this.known = after;
      this.pointing = null;
    } else {
      this.point(await this.connection.foreignKeyLinks(impact));
    }
  }

  private async hasDeclared(): Promise<boolean> {
    this.pointing = null;
    await this.learnKeys();
    return !this.isWithoutKeys;
  }

  /** No table declares any key. */
  private get isWithoutKeys(): boolean {
    return this.pointing?.size === 0;
  }

  private async everything(step: PreparedStep): Promise<ForeignKeyReport> {
    if (this.known === null) {
      this.known = await this.connection.checkForeignKeys();
      if (!isSound(this.known)) this.onOld(this.known, step);
    }
    return this.known;
  }

  /** What a step creates, and what points at that by name: a parent may be made after its children, and not match them. */
  private async concerned(created: readonly string[]): Promise<readonly string[]> {
    await this.learnKeys();
    const children = created.flatMap((table) => [...(this.pointing?.get(table.toLowerCase()) ?? [])]);
    return [...new Set([...created, ...children])];
  }

  /** Which tables point at which. */
  private async learnKeys(): Promise<void> {
    if (this.pointing !== null) return;
    this.pointing = new Map();
    this.point(await this.connection.foreignKeyLinks("all"));
    this.hasSeenKeys = this.pointing.size > 0;
  }

  private point(links: readonly ForeignKeyLink[]): void {
    for (const { table, parent } of links) {
      const children = this.pointing?.get(parent.toLowerCase()) ?? new Set();
      this.pointing?.set(parent.toLowerCase(), children.add(table));
    }
  }
}

/** What COMMIT refuses where foreign keys are enforced and deferred; null for any other error. */
export function deferredViolation({ version, file }: Migration, error: unknown): GodwitError | null {
  if (!(error instanceof DatabaseError) || !error.databaseCode.startsWith("SQLITE_CONSTRAINT")) return null;
  return new GodwitError("FOREIGN_KEY_VIOLATION", `${version} breaks a deferred foreign key`, {
    location: locateFile(file),
    hint: "to SQLite a rebuilt table lost its rows: leave out the Foreign keys header, and keys are checked at the end",
    cause: error,
  });
}

/** Says once what was broken before, however many transactions a run has. */
export function tellOldViolations(emit: EventListener): OldViolationsListener {
  let isTold = false;
  return (old, { migration }) => {
    if (isTold) return;
    isTold = true;
    const message = `${countKeys(old)} pointed nowhere before: ${shortened(linesOf(old)).join("; ")}`;
    emit({ kind: "note", file: migration.file, line: null, message });
  };
}

function countKeys({ violations, mismatches }: ForeignKeyReport): string {
  return counted(violations.length + mismatches.length, "foreign key");
}

function linesOf({ violations, mismatches }: ForeignKeyReport): string[] {
  return [...mismatches.map(describeMismatch), ...violations.map(describeViolation)].map(printable);
}

function shortened(lines: readonly string[]): readonly string[] {
  const more = lines.length - OLD_ROWS_SHOWN;
  return more > 0 ? [...lines.slice(0, OLD_ROWS_SHOWN), `and ${more} more`] : lines;
}

function tablesOf({ violations, mismatches }: ForeignKeyReport): string[] {
  const found = [...violations, ...mismatches];
  return [...found.map(({ parent }) => parent), ...found.map(({ table }) => table)];
}
