import { GodwitError } from "../base/failure.ts";
import type { Connection } from "../databases/connection.ts";
import { DatabaseError, databaseFailure } from "../databases/database-error.ts";
import type { HistoryTable } from "../history/history-table.ts";
import { CommittedAllTheSame } from "./committed-all-the-same.ts";
import type { FinishedStep } from "./events.ts";
import type { ForeignKeyGuard } from "./foreign-key-guard.ts";
import { historyMoved } from "./plan.ts";
import type { PreparedStep } from "./prepare.ts";
import type { RunSettings } from "./run-settings.ts";
import { describeHalfWay, halfWayHint, leftOpen } from "./step-failures.ts";
import type { StepParts, StepRunner } from "./step-runner.ts";
import type { WriteTransaction } from "./transaction.ts";
import { runVerify, runWork } from "./work.ts";

/** How far a step without a transaction came, in statements from 1. */
interface Progress {
  ran: number;
  noted: number;
  /** The file's version when nothing of the step had run. */
  readonly dataVersion: number;
}

/** Runs single steps in no transaction, as `Transaction: off` asks for. */
export class UntransactedRunner {
  private readonly connection: Connection;
  private readonly history: HistoryTable;
  private readonly transaction: WriteTransaction;
  private readonly settings: RunSettings;
  private readonly steps: StepRunner;

  constructor({ connection, history, transaction, settings, steps }: StepParts) {
    this.connection = connection;
    this.history = history;
    this.transaction = transaction;
    this.settings = settings;
    this.steps = steps;
  }

  /**
   * Runs one step outside any transaction, statement by statement, each one noted before it runs.
   * @throws GodwitError with outcome `left_changed`, unless the very first statement failed.
   */
  async run(step: PreparedStep, foreignKeys: ForeignKeyGuard): Promise<FinishedStep> {
    const { version } = step.migration;
    const startedAt = this.settings.clock.now();
    const start = this.settings.clock.elapsed();
    this.steps.tellNotes(step);
    const checks = await this.steps.checksBefore(step, foreignKeys);
    try {
      await this.inTransaction(async () => {
        await this.requireUnclaimed(step);
        await this.connection.requireFit(this.settings.table);
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
      const context = this.steps.context(step, checks);
      await runWork(step.work, { ...context, onStatement });
      progress.ran = progress.noted;
      if (await this.transaction.isOpen()) throw leftOpen(step);
      await checks.afterWork();
      if (step.verify !== null) await runVerify(step.verify, context);
      await checks.end();
      const finished = this.steps.finished(step, start);
      await this.inTransaction(() => this.settle(step, finished));
      // No lock was held while it ran.
      this.transaction.distrust();
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
    if (thrown instanceof CommittedAllTheSame) return thrown;
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
    if (isRecorded !== (step.direction === "up")) await this.steps.record(step, finished);
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
}
