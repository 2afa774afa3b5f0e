import { GodwitError } from "../base/failure.ts";
import { counted, printable } from "../base/printable.ts";
import type { Connection, RowLoss, RowWatch } from "../databases/connection.ts";
import type { Migration } from "../migrations/migration.ts";
import { mentionedNames } from "../sql/mentioned-names.ts";
import type { PreparedStep } from "./prepare.ts";
import { locateCause, locateHeader } from "./step-place.ts";

/**
 * Where foreign keys are enforced, dropping a table deletes its rows first, and the rows that point at them follow without a word
 * (https://sqlite.org/foreignkeys.html#fk_schemacommands). Rows may go only from tables that the migration speaks of.
 */
export class RowGuard {
  private readonly step: PreparedStep;
  private readonly watch: RowWatch;

  private constructor(step: PreparedStep, watch: RowWatch) {
    this.step = step;
    this.watch = watch;
  }

  /** Null where no foreign key is enforced. */
  static async before(step: PreparedStep, connection: Connection): Promise<RowGuard | null> {
    if (!mayEnforce(step.migration)) return null;
    const named = namesInSql(step);
    return new RowGuard(step, await connection.watchRows((table) => named.has(table.toLowerCase())));
  }

  /**
   * @param alsoNamed the tables, in lower case, that code has spoken of
   * @throws GodwitError ROWS_LOST
   */
  async end(alsoNamed: ReadonlySet<string>): Promise<void> {
    const losses = (await this.watch.losses()).filter(({ table }) => !alsoNamed.has(table.toLowerCase()));
    await this.watch.end();
    if (losses.length === 0) return;
    const { migration } = this.step;
    const tables = [...new Set(losses.map(({ table }) => printable(table)))].join(", ");
    throw new GodwitError(
      "ROWS_LOST",
      `${migration.version} takes rows from ${tables}, which it does not name`,
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

/** By its header, or by a PRAGMA of its own where no transaction keeps that from taking effect. */
export function mayEnforce({ foreignKeysOn, transactional, body }: Migration): boolean {
  const text = body.kind === "sql" || body.kind === "code" ? body.text : "";
  return foreignKeysOn || (!transactional && /foreign_keys/i.test(text));
}

function namesInSql({ work }: PreparedStep): ReadonlySet<string> {
  if (work.kind === "code") return new Set();
  const names = work.statements.flatMap(({ start, end }) => [...mentionedNames(work.text.slice(start, end))]);
  return new Set(names);
}

function describeLoss({ table, what, rows }: RowLoss): string {
  const verb = what === "deleted" ? "deleted" : "left pointing at nothing";
  return printable(`${table}: ${counted(rows, "row")} ${verb} by a foreign key's action`);
}
