import { GodwitError } from "../base/failure.ts";
import type { Connection } from "../databases/connection.ts";
import { DatabaseError, databaseFailure } from "../databases/database-error.ts";
import { HistoryTable } from "../history/history-table.ts";
import { type Aftermath, describeAftermath } from "./aftermath.ts";
import type { FinishedStep } from "./events.ts";
import {
  deferredViolation,
  ForeignKeyGuard,
  type OldViolationsListener,
  tellOldViolations,
} from "./foreign-key-guard.ts";
import type { LockWait } from "./lock-wait.ts";
import { LostTransaction } from "./lost-transaction.ts";
import { historyMoved } from "./plan.ts";
import type { PreparedStep } from "./prepare.ts";
import type { Replan } from "./replan.ts";
import { duringRun } from "./run-connection.ts";
import { lockWait, type RunSettings } from "./run-settings.ts";
import { newestApplied } from "./state.ts";
import { finish, labelOf, StepRunner } from "./step-runner.ts";
import { WriteTransaction } from "./transaction.ts";

/** After this long a shared transaction is committed at the next boundary, so that readers are not kept out. */
const GROUP_MS = 250;

/** Carries prepared steps out on one connection: groups them into transactions, commits, and tells the truth when one fails. */
export class MigrationRun {
  private readonly connection: Connection;
  private readonly settings: RunSettings;
  private readonly isAtomic: boolean;
  private readonly history: HistoryTable;
  private readonly wait: LockWait;
  private readonly transaction: WriteTransaction;
  private readonly runner: StepRunner;
  /** Steps that are done but not committed. */
  private uncommitted: FinishedStep[] = [];
  private readonly committed: FinishedStep[] = [];
  private queue: readonly PreparedStep[] = [];
  /** Where in the queue the run is. */
  private at = 0;
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
    this.transaction = new WriteTransaction(connection, this.wait);
    this.runner = new StepRunner(connection, this.history, this.transaction, settings);
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
        return await this.runAll(replan);
      } catch (error) {
        await this.transaction.rollback();
        throw await this.explain(error);
      }
    });
  }

  private async runAll(replan: Replan): Promise<readonly FinishedStep[]> {
    await this.agree(replan);
    for (let step = this.next(); step !== undefined; step = this.next()) {
      await this.enter(step, replan);
      if (this.next() !== step) continue;
      await this.perform(step);
      this.at++;
    }
    await this.commit();
    return this.committed;
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
      if (first === undefined || first.isolation === "untransacted") {
        await this.abandon();
        break;
      }
      const needsOther = (first.isolation === "enforced") !== (isolation === "enforced");
      isolation = first.isolation;
      this.openedAs = isolation;
      if (!needsOther) break;
      await this.transaction.rollback();
    }
    if (this.queue.length === 0) return;
    // Planning is not what keeps readers out for long, and what it took must not make each migration a group of its own.
    this.openedAt = this.settings.clock.elapsed();
    if (this.openedAs !== null) await this.connection.requireFit(this.settings.table);
    const { name: database } = this.connection;
    this.settings.emit({ kind: "plan-ready", database, steps: this.queue.map(labelOf) });
    for (const message of await this.connection.oddities())
      this.settings.emit({ kind: "note", file: database, line: null, message });
  }

  /** Sees to it that the step finds the transaction it needs: the open one, a new one, or none. */
  private async enter(step: PreparedStep, replan: Replan): Promise<void> {
    if (this.openedAs !== null) {
      if (this.canShare(step)) return;
      await this.commit();
    }
    if (step.isolation === "untransacted") {
      if (this.committed.length === 0) return;
      await this.open("shared");
      await this.refresh(replan);
      return this.abandon();
    }
    await this.open(step.isolation);
    await this.refresh(replan);
    if (this.next() !== step) await this.abandon();
  }

  private canShare(step: PreparedStep): boolean {
    if (step.isolation === "untransacted") return false;
    if (this.uncommitted.length === 0) return this.openedAs === step.isolation;
    if (this.isAtomic) return (this.openedAs === "enforced") === (step.isolation === "enforced");
    if (step.isolation !== "shared" || this.openedAs !== "shared") return false;
    const isFresh = this.settings.clock.elapsed() - this.openedAt < GROUP_MS;
    return isFresh && this.settings.commit === "grouped";
  }

  private async refresh(replan: Replan): Promise<void> {
    const answer = await replan(await this.history.read(), this.committed);
    if ("retry" in answer) throw historyMoved(null);
    this.queue = answer.steps;
    this.at = 0;
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
    this.foreignKeys = new ForeignKeyGuard(this.connection, this.onOldViolations);
  }

  private async perform(step: PreparedStep): Promise<void> {
    const index = this.committed.length + this.uncommitted.length + 1;
    const total = this.committed.length + this.uncommitted.length + this.queue.length - this.at;
    this.settings.emit({ kind: "migration-started", migration: labelOf(step), index, total });
    try {
      if (step.isolation === "untransacted") {
        await this.connection.setForeignKeys(step.migration.foreignKeysOn);
        await this.connection.setBusyTimeout(this.settings.lockTimeoutMs);
        this.conclude(
          await this.runner.runUntransacted(step, new ForeignKeyGuard(this.connection, this.onOldViolations)),
        );
        await this.connection.setBusyTimeout(0);
      } else {
        this.uncommitted.push(await this.runner.runInSavepoint(step, this.foreignKeys));
        if (step.isolation === "enforced" && !this.isAtomic) await this.commitEnforced(step);
      }
    } catch (error) {
      throw await this.failed(step, error);
    }
  }

  /** Keeps what came before a failed step, if its transaction still stands, and says what became of it if not. */
  private async failed(step: PreparedStep, thrown: unknown): Promise<unknown> {
    const lost = thrown instanceof LostTransaction ? thrown : null;
    const cause = (await this.replacedUnder(thrown)) ?? lost?.failure ?? thrown;
    const error = cause instanceof DatabaseError ? databaseFailure(cause, this.connection.name) : cause;
    if (lost !== null) await this.keepRecorded();
    else await this.keepEarlier();
    const again = this.uncommitted.length;
    this.uncommitted = [];
    this.openedAs = null;
    if (!(error instanceof GodwitError)) return error;
    const outcome =
      error.outcome === "left_changed" || lost?.isChanged === true ? "left_changed" : "rolled_back";
    const located = error.with({
      outcome,
      state: error.state ?? (await this.describeState(outcome, again)),
      hint: error.hint ?? `mend ${step.migration.file} and run again`,
    });
    this.settings.emit({ kind: "migration-failed", migration: labelOf(step), error: located });
    return located;
  }

  /** Where the file has gone, that is what went wrong, whatever it made SQLite say. */
  private async replacedUnder(thrown: unknown): Promise<DatabaseError | null> {
    if (thrown instanceof DatabaseError && thrown.kind === "replaced") return thrown;
    return this.connection.requireInPlace().then(
      () => null,
      (error: unknown) => (error instanceof DatabaseError ? error : null),
    );
  }

  /**
   * Commits what came before a failed step, or undoes all of it where a run is whole or nothing. Code that failed may not have stopped: it writes
   * no more while the commit waits for its lock.
   */
  private async keepEarlier(): Promise<void> {
    if (!(await this.transaction.isOpen())) return;
    if (this.isAtomic || this.uncommitted.length === 0) return this.transaction.rollback();
    await this.connection.setQueryOnly(true);
    await this.commit().catch(() => undefined);
    await this.connection.setQueryOnly(false);
  }

  /** After a transaction was ended by code: those whose rows are in the history were committed with it; none is known to be where it cannot be read. */
  private async keepRecorded(): Promise<void> {
    const history = await this.history.read().catch(() => null);
    if (history === null) return;
    const recorded = new Set(history.applied.map(({ version }) => version));
    const kept = this.uncommitted.filter(
      ({ version, direction }) => recorded.has(version) === (direction === "up"),
    );
    this.uncommitted = this.uncommitted.filter((step) => !kept.includes(step));
    for (const step of kept) this.conclude(step);
  }

  private async abandon(): Promise<void> {
    this.openedAs = null;
    await this.transaction.rollback();
  }

  private async commit(): Promise<void> {
    if (this.openedAs === null) return;
    this.openedAs = null;
    await this.transaction.commit();
    const steps = this.uncommitted;
    this.uncommitted = [];
    for (const step of steps) this.conclude(step);
  }

  /** With foreign keys on, deferred ones are counted until COMMIT, and it is COMMIT that refuses. */
  private async commitEnforced({ migration }: PreparedStep): Promise<void> {
    try {
      await this.commit();
    } catch (error) {
      this.uncommitted = [];
      throw deferredViolation(migration, error) ?? error;
    }
  }

  private conclude(step: FinishedStep): void {
    this.committed.push(step);
    this.settings.emit(finish(step));
  }

  /** Gives a failure outside any step its outcome: a refusal under a later lock comes after something has run. */
  private async explain(thrown: unknown): Promise<unknown> {
    const error = thrown instanceof DatabaseError ? databaseFailure(thrown, this.connection.name) : thrown;
    if (!(error instanceof GodwitError) || error.state !== undefined) return error;
    const again = this.uncommitted.length;
    if (this.committed.length + again === 0) return error;
    return error.with({
      outcome: "rolled_back",
      state: await this.describeState("rolled_back", again, true),
    });
  }

  private async describeState(
    outcome: Aftermath["outcome"],
    undone: number,
    isAfterAll = false,
  ): Promise<string> {
    const newest = await this.history.read().then(newestApplied, () => undefined);
    return describeAftermath({ outcome, newest, kept: this.committed.length, undone, isAfterAll });
  }
}
