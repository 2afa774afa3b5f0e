import { GodwitError } from "../base/failure.ts";
import type { Connection } from "../databases/connection.ts";
import { HistoryTable } from "../history/history-table.ts";
import { CommittedAllTheSame } from "./committed-all-the-same.ts";
import type { FinishedStep } from "./events.ts";
import {
  deferredViolation,
  ForeignKeyGuard,
  type OldViolationsListener,
  tellOldViolations,
} from "./foreign-key-guard.ts";
import type { LockWait } from "./lock-wait.ts";
import { historyMoved } from "./plan.ts";
import type { PreparedStep } from "./prepare.ts";
import type { Replan } from "./replan.ts";
import { RunBackup } from "./run-backup.ts";
import { duringRun, growCacheFor } from "./run-connection.ts";
import { RunFailures } from "./run-failures.ts";
import { RunLedger } from "./run-ledger.ts";
import { lockWait, type RunSettings } from "./run-settings.ts";
import { StepFailure } from "./step-failures.ts";
import { StepRunner } from "./step-runner.ts";
import { WriteTransaction } from "./transaction.ts";

/** After this long a shared transaction is committed at the next boundary, so that readers are not kept out. */
export const GROUP_MS = 250;

/** Carries prepared steps out on one connection: groups them into transactions, commits, and tells the truth when one fails. */
export class MigrationRun {
  private readonly connection: Connection;
  private readonly settings: RunSettings;
  private readonly isAtomic: boolean;
  private readonly history: HistoryTable;
  private readonly wait: LockWait;
  private readonly transaction: WriteTransaction;
  private readonly runner: StepRunner;
  private readonly ledger: RunLedger;
  private readonly backup: RunBackup;
  private readonly failures: RunFailures;
  private queue: readonly PreparedStep[] = [];
  /** Where in the queue the run is. */
  private at = 0;
  /** Where in the queue steps may be run together again: one that has failed so is run by itself, and so are those that came before it. */
  private aloneUntil = 0;
  private readonly announced = new Set<PreparedStep>();
  private openedAs: PreparedStep["isolation"] | null = null;
  private openedAt = 0;
  private foreignKeys: ForeignKeyGuard;
  private readonly onOldViolations: OldViolationsListener;

  constructor(connection: Connection, settings: RunSettings, isAtomic: boolean) {
    this.connection = connection;
    this.settings = settings;
    this.isAtomic = isAtomic;
    this.history = new HistoryTable(connection, settings.table);
    this.wait = lockWait(settings, connection.name);
    this.transaction = new WriteTransaction(connection, this.wait, this.history);
    this.runner = new StepRunner(connection, this.history, this.transaction, settings);
    this.ledger = new RunLedger(settings.emit);
    this.backup = new RunBackup(connection, settings);
    const { history, transaction, ledger, backup } = this;
    this.failures = new RunFailures({
      ...{ connection, history, transaction, ledger, backup, isAtomic },
      emit: settings.emit,
      commit: () => this.commit(),
    });
    this.onOldViolations = tellOldViolations(settings.emit);
    this.foreignKeys = new ForeignKeyGuard(connection, this.onOldViolations);
  }

  /**
   * Runs what `replan` says is due under the lock.
   * @throws GodwitError the failure of a step or of the database, with what is true of the database now.
   */
  async execute(replan: Replan): Promise<readonly FinishedStep[]> {
    await this.transaction.requireNone();
    return duringRun(this.connection, this.wait, async () => {
      try {
        const done = await this.runAll(replan);
        this.backup.succeed();
        return done;
      } catch (error) {
        await this.transaction.rollback();
        const failure = await this.failures.ofRun(error);
        this.backup.fail({ isChanged: this.mayHaveChanged(failure) });
        throw failure;
      }
    });
  }

  private mayHaveChanged(failure: unknown): boolean {
    if (this.ledger.committed.length > 0 || !(failure instanceof GodwitError)) return true;
    return (
      failure.code === "LOCK_LOST" || failure.outcome === "left_changed" || failure.outcome === "unknown"
    );
  }

  private async runAll(replan: Replan): Promise<readonly FinishedStep[]> {
    await this.agree(replan);
    for (let step = this.next(); step !== undefined; step = this.next()) {
      if (this.openedAs === null || !this.canShare(step)) {
        await this.enter(step, replan);
        if (this.next() !== step) continue;
      }
      if (await this.performTogether()) continue;
      await this.perform(step);
      this.at++;
    }
    await this.commit();
    return this.ledger.committed;
  }

  /** The first lock: the history is read again under it, and the plan made anew from what it says. */
  private async agree(replan: Replan): Promise<void> {
    let isolation: PreparedStep["isolation"] = "shared";
    for (;;) {
      await this.open(isolation);
      const answer = await replan(await this.history.read(), []);
      if ("retry" in answer) {
        await this.transaction.rollback();
        await answer.retry();
        continue;
      }
      this.queue = answer.steps;
      const first = answer.steps[0];
      if (first === undefined) return this.abandon();
      if (first.isolation === "untransacted") break;
      const needsOther = (first.isolation === "enforced") !== (isolation === "enforced");
      isolation = first.isolation;
      this.openedAs = isolation;
      if (!needsOther) break;
      await this.transaction.rollback();
    }
    await this.beginWith(this.queue[0]!);
  }

  /** All that happens under the first lock before the first step. */
  private async beginWith(first: PreparedStep): Promise<void> {
    await this.connection.requireFit(this.settings.table);
    await growCacheFor(this.connection, this.queue.length);
    const { name: database } = this.connection;
    this.settings.emit({ kind: "plan-ready", database, steps: this.queue.map(({ label }) => label) });
    await this.settings.onBegin();
    for (const message of await this.connection.oddities())
      this.settings.emit({ kind: "note", file: database, line: null, message });
    await this.backup.before(this.queue);
    if (first.isolation === "untransacted") return this.abandon();
    // Planning is not what keeps readers out for long, and what it took must not make each migration a group of its own.
    this.openedAt = this.settings.clock.elapsed();
  }

  /** Sees to it that the step finds the transaction it needs: the open one, a new one, or none. */
  private async enter(step: PreparedStep, replan: Replan): Promise<void> {
    await this.commit();
    if (step.isolation === "untransacted") {
      if (this.ledger.committed.length === 0) return;
      await this.open("shared");
      await this.refresh(replan);
      return this.abandon();
    }
    await this.open(step.isolation);
    if (this.transaction.isUndisturbed) return;
    await this.refresh(replan);
    if (this.next() !== step) await this.abandon();
  }

  private canShare(step: PreparedStep): boolean {
    if (step.isolation === "untransacted") return false;
    if (this.ledger.uncommitted.length === 0) return this.openedAs === step.isolation;
    if (this.isAtomic) return (this.openedAs === "enforced") === (step.isolation === "enforced");
    if (step.isolation !== "shared" || this.openedAs !== "shared") return false;
    return this.isFresh && this.settings.commit === "grouped";
  }

  private get isFresh(): boolean {
    return this.settings.clock.elapsed() - this.openedAt < GROUP_MS;
  }

  private async refresh(replan: Replan): Promise<void> {
    const answer = await replan(await this.history.read(), this.ledger.committed);
    if ("retry" in answer) throw historyMoved(null);
    this.queue = answer.steps;
    this.at = 0;
    this.aloneUntil = 0;
    this.openedAt = this.settings.clock.elapsed();
  }

  private next(): PreparedStep | undefined {
    return this.queue[this.at];
  }

  private async open(isolation: PreparedStep["isolation"]): Promise<void> {
    const enforced = isolation === "enforced";
    await this.connection.setForeignKeys(enforced);
    if ((await this.connection.foreignKeysEnforced()) !== enforced) {
      throw new GodwitError("DATABASE_FAILED", `foreign keys cannot be switched ${enforced ? "on" : "off"}`, {
        hint: "end the transaction that is open on this connection first",
      });
    }
    await this.transaction.begin();
    this.openedAs = isolation;
    this.openedAt = this.settings.clock.elapsed();
    if (!this.transaction.isUndisturbed)
      this.foreignKeys = new ForeignKeyGuard(this.connection, this.onOldViolations);
  }

  /** Runs the next steps together, where they can be. @returns false where nothing has been run */
  private async performTogether(): Promise<boolean> {
    const { at, queue } = this;
    if (this.settings.commit === "each" || at < this.aloneUntil) return false;
    const count = this.runner.countTogether(queue, at, this.foreignKeys);
    if (count < 2) return false;
    try {
      const steps = queue.slice(at, at + count);
      const ran = await this.runner.runTogether(steps, (step, index) => {
        if (index > 0 && !this.isAtomic && !this.isFresh) return false;
        this.announce(step, index);
        return true;
      });
      if ("failed" in ran) {
        this.aloneUntil = at + ran.failed + 1;
        return false;
      }
      this.ledger.uncommitted.push(...ran.finished);
      this.at += ran.finished.length;
      return true;
    } catch (error) {
      throw error instanceof StepFailure ? await this.failed(error.step, error.cause) : error;
    }
  }

  /** Told once, also of a step that is run again by itself. @param ahead how many steps are being run before it */
  private announce(step: PreparedStep, ahead = 0): void {
    const { announced, ledger, queue, at } = this;
    if (announced.has(step)) return;
    announced.add(step);
    const index = ledger.length + ahead + 1;
    const total = ledger.length + queue.length - at;
    this.settings.emit({ kind: "migration-started", migration: step.label, index, total });
  }

  private async perform(step: PreparedStep): Promise<void> {
    this.announce(step);
    try {
      if (step.isolation === "untransacted") {
        await this.connection.setForeignKeys(step.migration.foreignKeysOn);
        await this.connection.setBusyTimeout(this.settings.lockTimeoutMs);
        this.ledger.conclude(
          await this.runner.runUntransacted(step, new ForeignKeyGuard(this.connection, this.onOldViolations)),
        );
        await this.connection.setBusyTimeout(0);
      } else {
        this.ledger.uncommitted.push(await this.runner.runInSavepoint(step, this.foreignKeys));
        if (step.isolation === "enforced" && !this.isAtomic) await this.commitEnforced(step);
      }
    } catch (error) {
      throw await this.failed(step, error);
    }
  }

  private async failed(step: PreparedStep, error: unknown): Promise<unknown> {
    const failure = await this.failures.ofStep(step, error);
    this.openedAs = null;
    return failure;
  }

  private async abandon(): Promise<void> {
    this.openedAs = null;
    await this.transaction.rollback();
  }

  private async commit(): Promise<void> {
    if (this.openedAs === null) return;
    this.openedAs = null;
    try {
      await this.transaction.commit();
    } catch (error) {
      if (error instanceof CommittedAllTheSame) this.ledger.concludeAll();
      throw error;
    }
    this.ledger.concludeAll();
  }

  /** With foreign keys on, deferred ones are counted until COMMIT, and it is COMMIT that refuses. */
  private async commitEnforced({ migration }: PreparedStep): Promise<void> {
    try {
      await this.commit();
    } catch (error) {
      this.ledger.drop();
      throw deferredViolation(migration, error) ?? error;
    }
  }
}
