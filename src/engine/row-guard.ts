import { GodwitError } from "../base/failure.ts";
import { counted, printable } from "../base/printable.ts";
import type { Connection, RowLoss, RowWatch } from "../databases/connection.ts";
import type { Migration } from "../migrations/migration.ts";
import { changedTables } from "../sql/changed-tables.ts";
import { foldName } from "../sql/identifier.ts";
import type { PreparedStep } from "./prepare.ts";
import { locateCause, locateHeader } from "./step-place.ts";

/**
 * Where foreign keys are enforced, dropping a table deletes its rows first, and the rows that point at them follow without a word
 * (https://sqlite.org/foreignkeys.html#fk_schemacommands). Rows may go only from tables that the migration itself changes.
 */
export class RowGuard {
  private readonly step: PreparedStep;
  private readonly watch: RowWatch;

  private constructor(step: PreparedStep, watch: RowWatch) {
    this.step = step;
    this.watch = watch;
  }

  /** Where foreign keys may be enforced. */
  static async before(step: PreparedStep, connection: Connection): Promise<RowGuard> {
    const changed = changedInSql(step);
    return new RowGuard(step, await connection.watchRows((table) => changed.has(foldName(table))));
  }

  /**
   * @param byCode the tables, folded, that code has changed
   * @throws GodwitError ROWS_LOST
   */
  async end(byCode: ReadonlySet<string>): Promise<void> {
    const losses = (await this.watch.losses()).filter(({ table }) => !byCode.has(foldName(table)));
    await this.watch.end();
    if (losses.length === 0) return;
    const { migration } = this.step;
    const tables = [...new Set(losses.map(({ table }) => printable(table)))].join(", ");
    throw new GodwitError(
      "ROWS_LOST",
      `${migration.version} takes rows from ${tables}, which it does not change itself`,
      {
        location: migration.foreignKeysOn
          ? locateHeader(migration, "Foreign keys")
          : locateCause(this.step, []),
        details: losses.map(describeLoss),
        hint: "leave out the Foreign keys header, or change those rows in the migration itself",
      },
    );
  }

  /** Stops watching. */
  discard(): Promise<void> {
    return this.watch.end();
  }
}

/** By its header, or by a PRAGMA where no transaction keeps that from taking effect; code can have one in a file that it imports. */
export function mayEnforce({ foreignKeysOn, transactional, body }: Migration): boolean {
  if (foreignKeysOn || transactional) return foreignKeysOn;
  return body.kind === "code" || (body.kind === "sql" && /foreign_keys/i.test(body.text));
}

function changedInSql({ work }: PreparedStep): ReadonlySet<string> {
  if (work.kind === "code") return new Set();
  return new Set(
    work.statements.flatMap(({ start, end }) => [...changedTables(work.text.slice(start, end))]),
  );
}

function describeLoss({ table, what, rows }: RowLoss): string {
  const verb = what === "deleted" ? "deleted" : "left pointing at nothing";
  return printable(`${table}: ${counted(rows, "row")} ${verb} by a foreign key's action or a trigger`);
}
