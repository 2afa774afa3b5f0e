import { GodwitError, messageOf } from "../base/failure.ts";
import { locate, locateFile } from "../base/source-text.ts";
import type { Connection } from "../databases/connection.ts";
import { DatabaseError, databaseFailure } from "../databases/database-error.ts";
import type { HistoryTable } from "../history/history-table.ts";
import type { MigrationContext } from "../migrations/migration.ts";
import type { FinishedStep, MigrationLabel, RunEvent } from "./events.ts";
import type { ForeignKeyGuard } from "./foreign-key-guard.ts";
import { LostTransaction } from "./lost-transaction.ts";
import { historyMoved, type Step } from "./plan.ts";
import type { PreparedStep } from "./prepare.ts";
import type { RunSettings } from "./run-settings.ts";
import { runsCode, StepChecks } from "./step-checks.ts";
import { describeHalfWay, halfWayHint, leftOpen, transactionLost } from "./step-failures.ts";
import { locateCause } from "./step-place.ts";
import type { Savepoint, WriteTransaction } from "./transaction.ts";
import { runVerify, runWork, type WorkContext } from "./work.ts";

/** How far a step without a transaction came, in statements from 1. */
interface Progress {
  ran: number;
  noted: number;
  /** The file's version when nothing of the step had run. */
  readonly dataVersion: number;
}

/** Runs single steps: statements, checks and the record together, inside a savepoint or, where the file asks for it, in no transaction. */
export class StepRunner {
  private readonly connection: Connection;
  private readonly history: HistoryTable;
  private readonly transaction: WriteTransaction;
  private readonly settings: RunSettings;
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
  }

  /**
   * Runs one step inside the open transaction. On failure the savepoint is undone and the transaction stays open.
   * @throws LostTransaction if there is no transaction left; otherwise the step's own failure.
   */
  async runInSavepoint(step: PreparedStep, foreignKeys: ForeignKeyGuard): Promise<FinishedStep> {
    await this.requireLock(step);
    const savepoint = await this.transaction.savepoint();
    this.tellNotes(step);
    const start = this.settings.clock.elapsed();
    try {
      const checks = await this.checksBefore(step, foreignKeys);
      const context = this.context(step, checks);
      await runWork(step.work, context);
      await this.requireTransaction(step);
      await checks.afterWork();
      if (step.verify !== null) {
        await runVerify(step.verify, context);
        await this.requireTransaction(step);
      }
      await this.requireLock(step);
      await checks.end();
      const finished = this.finished(step, start);
      await this.record(step, finished);
      if (!(await savepoint.release())) await this.lose(step, transactionLost(step));
      return finished;
    } catch (error) {
      await this.undo(step, savepoint, error);
      throw error;
    }
  }

  /**
   * Runs one step outside any transaction, statement by statement, each one noted before it runs.
   * @throws GodwitError with outcome `left_changed`, unless the very first statement failed.
   */
  async runUntransacted(step: PreparedStep, foreignKeys: ForeignKeyGuard): Promise<FinishedStep> {
    const { version } = step.migration;
    const startedAt = this.settings.clock.now();
    const start = this.settings.clock.elapsed();
    this.tellNotes(step);
    const checks = await this.checksBefore(step, foreignKeys);
    try {
      await this.inTransaction(async () => {
        await this.requireUnclaimed(step);
        await this.history.recordIncomplete(version, 1, startedAt);
      });
    } catch (error) {
      await checks.discard();
      throw error;
    }
    const progress: Progress = { ran: 0, noted: 1, dataVersion: await this.connection.dataVersion() };
    const onStatement = async (number: number) => {
      progress.ran = number - 1;
      if (number > 1) await this.history.recordIncomplete(version, number, startedAt);
      progress.noted = number;
    };
    try {
      const context = this.context(step, checks);
      await runWork(step.work, { ...context, onStatement });
      progress.ran = progress.noted;
      if (await this.transaction.isOpen()) throw leftOpen(step);
      await checks.afterWork();
      if (step.verify !== null) await runVerify(step.verify, context);
      await checks.end();
      const finished = this.finished(step, start);
      await this.inTransaction(() => this.settle(step, finished));
      return finished;
    } catch (error) {
      await this.transaction.rollback();
      await checks.discard();
      throw await this.stoppedHalfWay(step, progress, error);
    }
  }

  /** No lock has been held since the plan was made: another run may have begun the step, or ended it. */
  private async requireUnclaimed({ migration: { version }, direction }: PreparedStep): Promise<void> {
    const { applied, incomplete } = await this.history.read();
    const isApplied = applied.some((record) => record.version === version);
    const isBegun = incomplete.some((record) => record.version === version);
    if (isBegun || isApplied === (direction === "up")) throw historyMoved(version);
  }

  private async stoppedHalfWay(step: PreparedStep, progress: Progress, thrown: unknown): Promise<unknown> {
    const error = thrown instanceof DatabaseError ? databaseFailure(thrown, this.connection.name) : thrown;
    if (!(error instanceof GodwitError)) return error;
    const kept = await this.keptNote(step);
    const ran = kept !== null && kept < progress.noted ? kept - 1 : progress.ran;
    const isUntouched = (await this.connection.dataVersion()) === progress.dataVersion;
    if (step.work.kind === "sql" && ran === 0 && isUntouched) return this.neverBegan(step, error);
    return error.with({
      outcome: "left_changed",
      state: describeHalfWay(step, ran),
      hint: halfWayHint(step),
    });
  }

  /** The statement last noted: what a transaction of the file's own undid, it undid together with its notes. */
  private async keptNote({ migration: { version } }: PreparedStep): Promise<number | null> {
    const history = await this.history.read().catch(() => null);
    return history?.incomplete.find((record) => record.version === version)?.statement ?? null;
  }

  /** The record of a step that ran outside a transaction; somebody may have marked it meanwhile. */
  private async settle(step: PreparedStep, finished: FinishedStep): Promise<void> {
    const { version } = step.migration;
    const { applied } = await this.history.read();
    const isRecorded = applied.some((record) => record.version === version);
    if (isRecorded !== (step.direction === "up")) await this.record(step, finished);
    await this.history.forgetIncomplete(version);
  }

  /** The first statement failed, and no commit has changed the file: one of OR FAIL keeps what it did before it failed. */
  private async neverBegan(step: PreparedStep, error: GodwitError): Promise<GodwitError> {
    await this.inTransaction(() => this.history.forgetIncomplete(step.migration.version));
    return error;
  }

  private async inTransaction(action: () => Promise<void>): Promise<void> {
    await this.transaction.begin();
    try {
      await action();
    } catch (error) {
      await this.transaction.rollback();
      throw error;
    }
    await this.transaction.commit();
  }

  /** @throws GodwitError HISTORY_INVALID, at the file: a trigger, or what the migration itself did, stands in the way. */
  private async record(step: PreparedStep, finished: FinishedStep): Promise<void> {
    try {
      await this.writeRecord(step, finished);
    } catch (error) {
      const isInTheWay =
        error instanceof DatabaseError ? error.kind === "statement" : error instanceof GodwitError;
      if (!isInTheWay) throw error;
      throw new GodwitError("HISTORY_INVALID", `the history cannot be written: ${messageOf(error)}`, {
        location: locateFile(step.migration.file),
        hint: `see what stands in the way of the table ${this.settings.table}`,
        cause: error,
      });
    }
  }

  private async writeRecord(step: PreparedStep, finished: FinishedStep): Promise<void> {
    const { version, description, checksum } = step.migration;
    if (!this.isTableReady) await this.history.ensure();
    this.isTableReady = true;
    if (step.direction === "down") return this.history.forget(version);
    const { executionTimeMs } = finished;
    const appliedAt = this.settings.clock.now();
    await this.history.record({ version, description, checksum, executionTimeMs, appliedAt });
  }

  /** Back to the savepoint; where that cannot be, the whole transaction goes, so that nothing of the step is ever committed. */
  private async undo(step: PreparedStep, savepoint: Savepoint, error: unknown): Promise<void> {
    if (error instanceof LostTransaction) return;
    const isOpen = await this.transaction.isOpen();
    if (isOpen && (await isUndone(savepoint))) return;
    // Another transaction stands here than the one that the history was prepared in.
    const isReplaced = isOpen && (!(error instanceof GodwitError) || error.code === "HISTORY_INVALID");
    await this.lose(step, isReplaced ? transactionLost(step) : error);
  }

  private async requireTransaction(step: PreparedStep): Promise<void> {
    if (!(await this.transaction.isOpen())) await this.lose(step, transactionLost(step));
  }

  /** SQL cannot have committed: that is refused before it runs. A full disk rolls back, which changes the file's version as a commit does. */
  private async lose(step: PreparedStep, error: unknown): Promise<never> {
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

  private checksBefore(step: PreparedStep, foreignKeys: ForeignKeyGuard): Promise<StepChecks> {
    const { connection, history, settings } = this;
    return StepChecks.before(step, { connection, history, foreignKeys, emit: settings.emit });
  }

  private finished(step: PreparedStep, start: number): FinishedStep {
    return { ...labelOf(step), executionTimeMs: Math.round(this.settings.clock.elapsed() - start) };
  }

  private context(step: PreparedStep, { codeSql, onReshape }: StepChecks): WorkContext {
    const { emit, guard, signal } = this.settings;
    const migration = labelOf(step);
    const code: MigrationContext = {
      log: (message) => emit({ kind: "migration-log", migration, message: String(message) }),
      progress: (done, total) => emit({ kind: "migration-progress", migration, done, total: total ?? null }),
      signal,
    };
    const onStillRunning = (elapsedMs: number) => emit({ kind: "migration-running", migration, elapsedMs });
    return {
      connection: this.connection,
      migration: step.migration,
      code,
      guard,
      codeSql,
      onReshape,
      onStillRunning,
    };
  }

  private tellNotes(step: PreparedStep): void {
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

export function labelOf({ migration, direction }: Step): MigrationLabel {
  const { version, description, file } = migration;
  return { version, description, file, direction };
}

/** The event that says a step is committed. */
export function finish({ executionTimeMs, ...migration }: FinishedStep): RunEvent {
  const kind = migration.direction === "up" ? "migration-applied" : "migration-rolled-back";
  return { kind, migration, executionTimeMs };
}
