import { GodwitError, messageOf } from "../base/failure.ts";
import { locate, locateFile } from "../base/source-text.ts";
import type { Command, Connection } from "../databases/connection.ts";
import { DatabaseError } from "../databases/database-error.ts";
import type { HistoryTable } from "../history/history-table.ts";
import { BareStepRunner, type RanTogether } from "./bare-step.ts";
import type { FinishedStep, RunEvent } from "./events.ts";
import type { ForeignKeyGuard } from "./foreign-key-guard.ts";
import { LostTransaction } from "./lost-transaction.ts";
import type { PreparedStep } from "./prepare.ts";
import type { RunSettings } from "./run-settings.ts";
import { type CheckTools, runsCode, StepChecks } from "./step-checks.ts";
import { transactionLost } from "./step-failures.ts";
import { locateCause } from "./step-place.ts";
import type { Savepoint, WriteTransaction } from "./transaction.ts";
import { UntransactedRunner } from "./untransacted-runner.ts";
import { codeToolsFor, runVerify, runWork, type WorkContext } from "./work.ts";

/** What the runners of single steps work with. */
export interface StepParts {
  readonly connection: Connection;
  readonly history: HistoryTable;
  readonly transaction: WriteTransaction;
  readonly settings: RunSettings;
  readonly steps: StepRunner;
}

/** Runs single steps inside a savepoint: statements, checks and the record together. What it is made of serves steps without a transaction too. */
export class StepRunner {
  private readonly connection: Connection;
  private readonly history: HistoryTable;
  private readonly transaction: WriteTransaction;
  private readonly settings: RunSettings;
  private readonly untransacted: UntransactedRunner;
  private readonly bare: BareStepRunner;
  private isTableReady = false;

  constructor(
    connection: Connection,
    history: HistoryTable,
    transaction: WriteTransaction,
    settings: RunSettings,
  ) {
    this.connection = connection;
    this.history = history;
    this.transaction = transaction;
    this.settings = settings;
    const parts = { connection, history, transaction, settings, steps: this };
    this.untransacted = new UntransactedRunner(parts);
    this.bare = new BareStepRunner(parts);
  }

  /** Runs one step in no transaction. */
  runUntransacted(step: PreparedStep, foreignKeys: ForeignKeyGuard): Promise<FinishedStep> {
    return this.untransacted.run(step, foreignKeys);
  }

  /**
   * Runs one step inside the open transaction. On failure the savepoint is undone and the transaction stays open.
   * @throws LostTransaction if there is no transaction left; otherwise the step's own failure.
   */
  runInSavepoint(step: PreparedStep, foreignKeys: ForeignKeyGuard): Promise<FinishedStep> {
    const { work } = step;
    const tools = this.checkTools(foreignKeys);
    const isConcerned = StepChecks.concern(step, tools);
    if (work.kind === "sql" && this.isBare(step, isConcerned)) return this.bare.run(step, work);
    return this.runChecked(step, () => StepChecks.before(step, tools, isConcerned));
  }

  /** How many steps of a queue, from one on, `runTogether` takes. */
  countTogether(queue: readonly PreparedStep[], from: number, foreignKeys: ForeignKeyGuard): number {
    const tools = this.checkTools(foreignKeys);
    return this.bare.countTogether(queue, from, (step) => this.isBare(step, StepChecks.concern(step, tools)));
  }

  /** As `BareStepRunner.runTogether`. */
  runTogether(...parameters: Parameters<BareStepRunner["runTogether"]>): Promise<RanTogether> {
    return this.bare.runTogether(...parameters);
  }

  private isBare({ work, verify }: PreparedStep, isConcerned: boolean): boolean {
    const isLookedAt = isConcerned || verify !== null || this.connection.isLockObserved;
    return !isLookedAt && this.isTableReady && work.kind === "sql" && !work.mayBatch;
  }

  private async runChecked(
    step: PreparedStep,
    before: () => Promise<StepChecks> | StepChecks,
  ): Promise<FinishedStep> {
    const { savepoint } = this.transaction;
    await savepoint.begin();
    const changes = this.history.changeCount;
    this.tellNotes(step);
    const start = this.settings.clock.elapsed();
    try {
      const looked = before();
      const checks = looked instanceof StepChecks ? looked : await looked;
      const context = this.context(step, checks);
      await runWork(step.work, context);
      if (!(await this.transaction.isOpen())) await this.lose(step, transactionLost(step));
      if (!checks.isUnaffected) await checks.afterWork();
      if (step.verify !== null) {
        await runVerify(step.verify, context);
        if (!(await this.transaction.isOpen())) await this.lose(step, transactionLost(step));
      }
      if (this.connection.isLockObserved && (await this.connection.hasLostLock()))
        await this.requireLock(step);
      if (!checks.isUnaffected) await checks.end();
      const finished = this.finished(step, start);
      await this.record(step, finished);
      if (!(await savepoint.release())) await this.lose(step, transactionLost(step));
      return finished;
    } catch (error) {
      await this.undo(step, savepoint, error);
      this.history.dropChanges(changes);
      throw error;
    }
  }

  /** @throws GodwitError HISTORY_INVALID, at the file: a trigger, or what the migration itself did, stands in the way. */
  async record(step: PreparedStep, finished: FinishedStep): Promise<void> {
    try {
      if (!this.isTableReady) await this.history.ensure();
      this.isTableReady = true;
      const { sql, values } = this.recording(step, finished);
      await this.connection.execute(sql, ...values);
    } catch (error) {
      throw this.recordFailure(step, error);
    }
  }

  /** What `record` fails with. */
  recordFailure({ migration }: PreparedStep, error: unknown): unknown {
    const isInTheWay =
      error instanceof DatabaseError ? error.kind === "statement" : error instanceof GodwitError;
    if (!isInTheWay) return error;
    return new GodwitError("HISTORY_INVALID", `the history cannot be written: ${messageOf(error)}`, {
      location: locateFile(migration.file),
      hint: `see what stands in the way of the table ${this.settings.table}`,
      cause: error,
    });
  }

  /** What tells the history of a step that is done. It counts as told: the caller runs it at once. */
  recording(
    { migration, direction }: PreparedStep,
    { description, executionTimeMs }: FinishedStep,
  ): Required<Command> {
    const { version, checksum } = migration;
    if (direction === "down") return this.history.forgetting(version);
    const appliedAt = this.settings.clock.now();
    return this.history.recording({ version, description, checksum, executionTimeMs, appliedAt });
  }

  /** Back to the savepoint; where that cannot be, the whole transaction goes, so that nothing of the step is ever committed. */
  async undo(step: PreparedStep, savepoint: Savepoint, error: unknown): Promise<void> {
    if (error instanceof LostTransaction) return;
    const isOpen = await this.transaction.isOpen();
    if (isOpen && (await isUndone(savepoint))) return;
    // Another transaction stands here than the one that the history was prepared in.
    const isReplaced = isOpen && (!(error instanceof GodwitError) || error.code === "HISTORY_INVALID");
    await this.lose(step, isReplaced ? transactionLost(step) : error);
  }

  /** SQL cannot have committed: that is refused before it runs. A full disk rolls back, which changes the file's version as a commit does. */
  async lose(step: PreparedStep, error: unknown): Promise<never> {
    await this.transaction.rollback();
    const isDisk = DISK_FAILURES.has(this.connection.errorOf(causeOf(error))?.kind ?? "");
    const mayHaveCommitted = runsCode(step) && !isDisk;
    throw new LostTransaction(error, mayHaveCommitted && (await this.transaction.wasCommittedByOthers()));
  }

  /** Asked for every step once code has run: a thread that it left behind may close the file while SQL runs. */
  private async requireLock(step: PreparedStep): Promise<void> {
    try {
      await this.transaction.requireLock();
    } catch (error) {
      if (!(error instanceof GodwitError)) throw error;
      const location = runsCode(step) ? locateCause(step, []) : undefined;
      throw new LostTransaction(error.with({ location }), false);
    }
  }

  checksBefore(step: PreparedStep, foreignKeys: ForeignKeyGuard): Promise<StepChecks> | StepChecks {
    return StepChecks.before(step, this.checkTools(foreignKeys));
  }

  private checkTools(foreignKeys: ForeignKeyGuard): CheckTools {
    const { connection, history, settings } = this;
    const { emit, isConfined } = settings;
    return { connection, history, foreignKeys, emit, isConfined };
  }

  finished(step: PreparedStep, start: number, end: number = this.settings.clock.elapsed()): FinishedStep {
    const { version, description, file, direction } = step.label;
    const executionTimeMs = Math.round(end - start);
    return { version, description, file, direction, executionTimeMs };
  }

  context({ migration, label }: PreparedStep, checks: StepChecks): WorkContext {
    const { connection, settings } = this;
    const codeTools = () => codeToolsFor(label, settings);
    return { connection, migration, codeTools, guard: settings.guard, checks };
  }

  tellNotes(step: PreparedStep): void {
    const { file, body } = step.migration;
    for (const { statement, why } of step.dropped) {
      const text = body.kind === "sql" ? body.text : "";
      const { line } = locate(file, text, statement.start);
      const words = text.slice(statement.start, statement.end).replace(/\s+/g, " ");
      this.settings.emit({ kind: "note", file, line, message: `left out ${words} ${why}` });
    }
    if (step.isChanged) {
      this.settings.emit({
        kind: "note",
        file,
        line: null,
        message: "changed since it was applied; its present down is used",
      });
    }
  }
}

const DISK_FAILURES: ReadonlySet<string> = new Set(["full", "io"]);

function causeOf(error: unknown): unknown {
  return error instanceof GodwitError ? error.cause : error;
}

async function isUndone(savepoint: Savepoint): Promise<boolean> {
  try {
    return await savepoint.undo();
  } catch (error) {
    if (error instanceof DatabaseError) return false;
    throw error;
  }
}

/** The event that says a step is committed. */
export function finish({ version, description, file, direction, executionTimeMs }: FinishedStep): RunEvent {
  const kind = direction === "up" ? "migration-applied" : "migration-rolled-back";
  return { kind, migration: { version, description, file, direction }, executionTimeMs };
}
