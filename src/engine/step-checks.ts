import type { Connection, SchemaObject } from "../databases/connection.ts";
import { DatabaseError } from "../databases/database-error.ts";
import type { HistoryTable } from "../history/history-table.ts";
import { CodeSql } from "./code-sql.ts";
import { DroppedObjects } from "./dropped-objects.ts";
import type { EventListener } from "./events.ts";
import type { ForeignKeyGuard } from "./foreign-key-guard.ts";
import type { PreparedStep } from "./prepare.ts";
import { mayEnforce, RowGuard } from "./row-guard.ts";
import { Surroundings } from "./surroundings.ts";

export interface CheckTools {
  readonly connection: Connection;
  readonly history: HistoryTable;
  readonly foreignKeys: ForeignKeyGuard;
  readonly emit: EventListener;
  readonly isConfined: boolean;
}

/** What was found before a step; null for what the step has nothing to do with. */
interface Before {
  readonly surroundings: Surroundings | null;
  readonly objects: DroppedObjects | null;
  readonly rows: RowGuard | null;
  readonly keys: ForeignKeyGuard | null;
}

const NOTHING: Before = { surroundings: null, objects: null, rows: null, keys: null };

/** All that is looked at before a step and compared after it. */
export class StepChecks {
  private readonly step: PreparedStep;
  private readonly tools: CheckTools;
  private readonly before: Before;
  private objectsBeforeCode: readonly SchemaObject[];
  private ownCodeSql: CodeSql | null;

  private constructor(step: PreparedStep, tools: CheckTools, before: Before) {
    this.step = step;
    this.tools = tools;
    this.before = before;
    this.objectsBeforeCode = [];
    this.ownCodeSql = null;
  }

  /** Most steps need none of them, or nothing that is not known already: for those nothing is awaited. */
  static before(
    step: PreparedStep,
    tools: CheckTools,
    isConcerned = StepChecks.concern(step, tools),
  ): Promise<StepChecks> | StepChecks {
    if (!isConcerned) return new StepChecks(step, tools, NOTHING);
    return StepChecks.ofCode(step, tools) ?? StepChecks.look(step, tools);
  }

  /** Of code, where the steps before have told all that there is to know beforehand; null where they have not. */
  private static ofCode(step: PreparedStep, tools: CheckTools): StepChecks | null {
    const { connection, history, foreignKeys } = tools;
    if (step.work.kind !== "code" || !connection.isLockObserved || mayEnforce(step.migration)) return null;
    if (Surroundings.concern(step, history) || !foreignKeys.beginAtOnce(step)) return null;
    const objects = DroppedObjects.ofCode(step);
    return new StepChecks(step, tools, { surroundings: null, objects, rows: null, keys: foreignKeys });
  }

  /** Whether there is anything to look at. */
  static concern(step: PreparedStep, { foreignKeys, history }: CheckTools): boolean {
    return (
      runsCode(step) ||
      mayEnforce(step.migration) ||
      foreignKeys.mayBreak(step) ||
      DroppedObjects.concern(step) ||
      Surroundings.concern(step, history)
    );
  }

  private static async look(step: PreparedStep, tools: CheckTools): Promise<StepChecks> {
    const { connection, history, foreignKeys } = tools;
    const concerns = Surroundings.concern(step, history);
    const surroundings = concerns ? await Surroundings.before(step, connection, history) : null;
    const objects = DroppedObjects.concern(step) ? await DroppedObjects.before(step, connection) : null;
    const keys = runsCode(step) || foreignKeys.mayBreak(step) ? foreignKeys : null;
    await keys?.begin(step);
    const rows = mayEnforce(step.migration) ? await RowGuard.before(step, connection) : null;
    if (runsCode(step)) await connection.observeLock();
    return new StepChecks(step, tools, { surroundings, objects, rows, keys });
  }

  get codeSql(): CodeSql {
    this.ownCodeSql ??= new CodeSql(this.step.migration, this.tools);
    return this.ownCodeSql;
  }

  /** Keeps what code dropped or altered of the schema, as it was before. */
  onReshape(before: readonly SchemaObject[]): void {
    this.objectsBeforeCode = [...this.objectsBeforeCode, ...before];
  }

  /** Once the work is done: whether nothing of all that can have changed by now, so that `afterWork` and `end` would find nothing. */
  get isUnaffected(): boolean {
    const { surroundings, objects, rows, keys } = this.before;
    if (surroundings !== null || rows !== null || (objects !== null && !objects.isOfCode)) return false;
    return this.objectsBeforeCode.length === 0 && (keys?.isUnaffected(this.step, this.declaresKeys) ?? true);
  }

  /** Before `verify`. @throws GodwitError MIGRATION_FAILED for a changed history, ROWS_LOST */
  async afterWork(): Promise<void> {
    await this.before.surroundings?.restore();
    await this.before.rows?.end(this.codeSql.changedTables);
  }

  /** @throws GodwitError FOREIGN_KEY_VIOLATION */
  async end(): Promise<void> {
    const { connection, emit } = this.tools;
    const { keys, objects } = this.before;
    await keys?.end(this.step, this.declaresKeys);
    if (objects === null) return;
    const { file } = this.step.migration;
    const beforeCode = this.codeSql.makesTable ? this.objectsBeforeCode : [];
    for (const message of await objects.notes(connection, beforeCode)) {
      emit({ kind: "note", file, line: null, message });
    }
  }

  /**
   * Without a transaction no lock keeps other connections out. And where an application has the handle too, code can use that one, whose SQL `codeSql`
   * does not see.
   */
  private get declaresKeys(): boolean {
    const { work, declaresKeys, migration } = this.step;
    if (!migration.transactional) return true;
    return work.kind === "sql" ? declaresKeys : this.tools.connection.isShared || this.codeSql.declaresKeys;
  }

  /** After a failure outside of any transaction, which would have undone what the checks set up. */
  async discard(): Promise<void> {
    try {
      await this.before.rows?.discard();
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
    }
  }
}

/** SQL cannot give a lock up, nor end its transaction by a COMMIT. */
export function runsCode({ work, verify }: PreparedStep): boolean {
  return work.kind === "code" || verify?.kind === "code";
}
