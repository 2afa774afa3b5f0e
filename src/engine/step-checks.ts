import type { Connection, SchemaObject } from "../databases/connection.ts";
import { DatabaseError } from "../databases/database-error.ts";
import type { HistoryTable } from "../history/history-table.ts";
import { CodeSql } from "./code-sql.ts";
import { DroppedObjects } from "./dropped-objects.ts";
import type { EventListener } from "./events.ts";
import type { ForeignKeyGuard } from "./foreign-key-guard.ts";
import type { PreparedStep } from "./prepare.ts";
import { RowGuard } from "./row-guard.ts";
import { Surroundings } from "./surroundings.ts";

interface CheckTools {
  readonly connection: Connection;
  readonly history: HistoryTable;
  readonly foreignKeys: ForeignKeyGuard;
  readonly emit: EventListener;
  readonly isConfined: boolean;
}

/** All that is looked at before a step and compared after it. */
export class StepChecks {
  readonly codeSql: CodeSql;
  private readonly step: PreparedStep;
  private readonly tools: CheckTools;
  private readonly surroundings: Surroundings | null;
  private readonly rows: RowGuard | null;
  private readonly objects: DroppedObjects | null;
  private readonly objectsBeforeCode: SchemaObject[] = [];

  private constructor(
    step: PreparedStep,
    tools: CheckTools,
    parts: {
      surroundings: Surroundings | null;
      rows: RowGuard | null;
      objects: DroppedObjects | null;
    },
  ) {
    this.step = step;
    this.tools = tools;
    this.codeSql = new CodeSql(step.migration, tools);
    this.surroundings = parts.surroundings;
    this.rows = parts.rows;
    this.objects = parts.objects;
  }

  static async before(step: PreparedStep, tools: CheckTools): Promise<StepChecks> {
    const { connection, history, foreignKeys } = tools;
    const surroundings = await Surroundings.before(step, connection, history);
    const objects = await DroppedObjects.before(step, connection);
    if (foreignKeys.mayBreak(step)) await foreignKeys.begin(step);
    const rows = await RowGuard.before(step, connection);
    if (runsCode(step)) await connection.observeLock();
    return new StepChecks(step, tools, { surroundings, rows, objects });
  }

  /** Keeps what code dropped or altered of the schema, as it was before. */
  readonly onReshape = (before: readonly SchemaObject[]): void => {
    this.objectsBeforeCode.push(...before);
  };

  /** Before `verify`. @throws GodwitError MIGRATION_FAILED for a changed history, ROWS_LOST */
  async afterWork(): Promise<void> {
    await this.surroundings?.restore();
    await this.rows?.end(this.codeSql.changedTables);
  }

  /** @throws GodwitError FOREIGN_KEY_VIOLATION */
  async end(): Promise<void> {
    const { connection, foreignKeys, emit } = this.tools;
    if (foreignKeys.mayBreak(this.step)) await foreignKeys.end(this.step);
    if (this.objects === null) return;
    const { file } = this.step.migration;
    const beforeCode = this.codeSql.makesTable ? this.objectsBeforeCode : [];
    for (const message of await this.objects.notes(connection, beforeCode)) {
      emit({ kind: "note", file, line: null, message });
    }
  }

  /** After a failure outside of any transaction, which would have undone what the checks set up. */
  async discard(): Promise<void> {
    try {
      await this.rows?.discard();
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
    }
  }
}

/** SQL cannot give a lock up, nor end its transaction by a COMMIT. */
export function runsCode({ work, verify }: PreparedStep): boolean {
  return work.kind === "code" || verify?.kind === "code";
}
