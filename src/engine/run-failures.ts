import { GodwitError } from "../base/failure.ts";
import { locateFile, type SourceLocation } from "../base/source-text.ts";
import type { Connection } from "../databases/connection.ts";
import { DatabaseError, databaseFailure } from "../databases/database-error.ts";
import type { HistoryTable } from "../history/history-table.ts";
import { type Aftermath, describeAftermath } from "./aftermath.ts";
import type { EventListener } from "./events.ts";
import { LostTransaction } from "./lost-transaction.ts";
import type { PreparedStep } from "./prepare.ts";
import type { RunBackup } from "./run-backup.ts";
import type { RunLedger } from "./run-ledger.ts";
import { newestApplied } from "./state.ts";
import type { WriteTransaction } from "./transaction.ts";

interface Parts {
  readonly connection: Connection;
  readonly history: HistoryTable;
  readonly transaction: WriteTransaction;
  readonly ledger: RunLedger;
  readonly backup: RunBackup;
  readonly emit: EventListener;
  readonly isAtomic: boolean;
  /** Commits the open transaction. */
  readonly commit: () => Promise<void>;
}

/** What becomes of a run when a step or the database fails, and the truth about it. */
export class RunFailures {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Keeps what came before a failed step, if its transaction still stands, and says what became of it if not. */
  async ofStep(step: PreparedStep, thrown: unknown): Promise<unknown> {
    const { connection, ledger, emit } = this.parts;
    const lost = thrown instanceof LostTransaction ? thrown : null;
    const cause = (await this.replacedUnder(thrown)) ?? lost?.failure ?? thrown;
    const error = cause instanceof DatabaseError ? databaseFailure(cause, connection.name) : cause;
    if (lost !== null) await this.keepRecorded();
    else await this.keepEarlier();
    const again = ledger.drop();
    if (!(error instanceof GodwitError)) return error;
    const outcome =
      error.outcome === "left_changed" || lost?.isChanged === true ? "left_changed" : "rolled_back";
    const located = error.with({
      location: error.location ?? placeOfFull(cause, step.migration.file),
      outcome,
      state: error.state ?? (await this.describeState(outcome, again)),
      hint: this.hintOf(step, error, outcome),
    });
    emit({ kind: "migration-failed", migration: step.label, error: located });
    return located;
  }

  /** Gives a failure outside any step its outcome: a refusal under a later lock comes after something has run. */
  async ofRun(thrown: unknown): Promise<unknown> {
    const { connection, ledger } = this.parts;
    const error = thrown instanceof DatabaseError ? databaseFailure(thrown, connection.name) : thrown;
    if (!(error instanceof GodwitError) || error.state !== undefined) return error;
    const again = ledger.uncommitted.length;
    if (ledger.length === 0) return error;
    return error.with({
      location: error.location ?? this.onlyPlace(thrown),
      outcome: "rolled_back",
      state: await this.describeState("rolled_back", again, true),
    });
  }

  /** The migration is known where it is the only one. */
  private onlyPlace(thrown: unknown): SourceLocation | undefined {
    const [file, ...others] = new Set(this.parts.ledger.uncommitted.map((step) => step.file));
    return file !== undefined && others.length === 0 ? placeOfFull(thrown, file) : undefined;
  }

  private hintOf(step: PreparedStep, { hint }: GodwitError, outcome: Aftermath["outcome"]): string {
    const usual = hint ?? `mend ${step.migration.file} and run again`;
    const { wayBack } = this.parts.backup;
    return outcome === "left_changed" && wayBack !== null
      ? `${usual}; or put all back as it was before the run: ${wayBack}`
      : usual;
  }

  /** Where the file has gone, that is what went wrong, whatever it made SQLite say. */
  private async replacedUnder(thrown: unknown): Promise<DatabaseError | null> {
    if (thrown instanceof DatabaseError && thrown.kind === "replaced") return thrown;
    return this.parts.connection.requireInPlace().then(
      () => null,
      (error: unknown) => (error instanceof DatabaseError ? error : null),
    );
  }

  /**
   * Commits what came before a failed step, or undoes all of it where a run is whole or nothing. Code that failed may not have stopped: it writes
   * no more while the commit waits for its lock.
   */
  private async keepEarlier(): Promise<void> {
    const { connection, transaction, ledger, isAtomic, commit } = this.parts;
    if (!(await transaction.isOpen())) return;
    if (isAtomic || ledger.uncommitted.length === 0) return transaction.rollback();
    await connection.setQueryOnly(true);
    await commit().catch(() => undefined);
    await connection.setQueryOnly(false);
  }

  /** None is known to be in the history where that cannot be read. */
  private async keepRecorded(): Promise<void> {
    const history = await this.parts.history.read().catch(() => null);
    if (history === null) return;
    this.parts.ledger.concludeRecorded(new Set(history.applied.map(({ version }) => version)));
  }

  private async describeState(
    outcome: Aftermath["outcome"],
    undone: number,
    isAfterAll = false,
  ): Promise<string> {
    const newest = await this.parts.history.read().then(newestApplied, () => undefined);
    const kept = this.parts.ledger.committed.length;
    return describeAftermath({ outcome, newest, kept, undone, isAfterAll });
  }
}

/** What fills the disk may be in memory until it is committed: then no statement fails. */
function placeOfFull(thrown: unknown, file: string): SourceLocation | undefined {
  return thrown instanceof DatabaseError && thrown.kind === "full" ? locateFile(file) : undefined;
}
