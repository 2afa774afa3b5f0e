import { GodwitError } from "../base/failure.ts";
import { counted, printable } from "../base/printable.ts";
import { locateFile } from "../base/source-text.ts";
import type { Connection } from "../databases/connection.ts";
import { describeViolation, type ForeignKeyReport, newViolations } from "../databases/foreign-key-report.ts";
import type { PreparedStep } from "./prepare.ts";

const ROWS_SHOWN = 10;

/**
 * Compares foreign keys before and after each step of one transaction, so that only new violations count. Nothing is
 * scanned for steps that only create things; what one step leaves is what the next one begins with.
 */
export class ForeignKeyGuard {
  private readonly connection: Connection;
  private known: ForeignKeyReport | null = null;
  private before: ForeignKeyReport | null = null;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  async begin({ impact }: PreparedStep): Promise<void> {
    if (impact === null) {
      this.known ??= await this.connection.checkForeignKeys("all");
      this.before = this.known;
    } else {
      this.before = impact.length === 0 ? null : await this.connection.checkForeignKeys(impact);
    }
  }

  /** @throws GodwitError FOREIGN_KEY_VIOLATION, with the rows. */
  async end({ impact, migration }: PreparedStep): Promise<void> {
    if (this.before === null) return;
    const after = await this.connection.checkForeignKeys(impact ?? "all");
    const { violations, errors } = newViolations(this.before, after);
    if (violations.length + errors.length > 0) {
      const rows = [...errors, ...violations.map(describeViolation)].map(printable);
      const more = rows.length > ROWS_SHOWN ? [`and ${rows.length - ROWS_SHOWN} more`] : [];
      throw new GodwitError(
        "FOREIGN_KEY_VIOLATION",
        `${migration.version} leaves ${counted(rows.length, "foreign key")} pointing nowhere`,
        { location: locateFile(migration.file), details: [...rows.slice(0, ROWS_SHOWN), ...more] },
      );
    }
    if (impact === null) this.known = after;
  }
}
