import { GodwitError } from "../base/failure.ts";
import { randomHex } from "../base/random.ts";
import type { Command, Connection } from "../databases/connection.ts";
import { DatabaseError, databaseFailure } from "../databases/database-error.ts";
import type { HistoryTable } from "../history/history-table.ts";
import { quoteIdentifier } from "../sql/identifier.ts";
import { CommittedAllTheSame } from "./committed-all-the-same.ts";
import { type LockWait, untilFree } from "./lock-wait.ts";

/** The run's own transaction on one connection: it holds the write lock from its first statement on. */
export class WriteTransaction {
  private readonly connection: Connection;
  private readonly wait: LockWait;
  private readonly history: HistoryTable;
  private dataVersion = 0;
  /** The file's version after the last commit of this run. */
  private committedVersion: number | null = null;
  /** Of one step after the other; its name cannot be guessed by code, which could release it or roll back to it by accident. */
  readonly savepoint: Savepoint;

  constructor(connection: Connection, wait: LockWait, history: HistoryTable) {
    this.connection = connection;
    this.wait = wait;
    this.history = history;
    this.savepoint = new Savepoint(connection, quoteIdentifier(`godwit_${randomHex(8)}`));
  }

  /** @throws GodwitError DATABASE_FAILED in the middle of a caller's transaction: what it holds is the caller's to keep. */
  async requireNone(): Promise<void> {
    if (!(await this.isOpen())) return;
    throw new GodwitError(
      "DATABASE_FAILED",
      `a transaction is open on this connection to ${this.connection.name}`,
      {
        hint: "commit it or roll it back first",
      },
    );
  }

  /**
   * BEGIN IMMEDIATE, waiting for the lock. A deferred one could not be upgraded once another connection has written
   * (https://sqlite.org/lang_transaction.html).
   */
  async begin(): Promise<void> {
    await untilFree(this.wait, this.connection.name, () => this.connection.run("BEGIN IMMEDIATE"));
    this.dataVersion = await this.connection.dataVersion();
    await this.history.beginChanges();
  }

  /** Others may have committed before the last commit: what `begin` finds next is not known to be what the run has left. */
  distrust(): void {
    this.committedVersion = null;
  }

  /** Whether nothing at all has been committed between the last commit of this run and `begin`: the history is what the run has left. */
  get isUndisturbed(): boolean {
    return this.dataVersion === this.committedVersion;
  }

  /**
   * In a rollback journal, readers can hold COMMIT up; it may be tried again. A transaction that cannot be committed, or not into the file that has
   * the name, is rolled back.
   * @throws CommittedAllTheSame where it is not
   */
  async commit(): Promise<void> {
    const lastChange = await this.history.lastChange();
    try {
      await this.connection.requireInPlace();
      await this.requireLock();
      await untilFree(this.wait, this.connection.name, () => this.connection.run("COMMIT"));
      if (await this.isOpen()) throw new Error("COMMIT has left the transaction open");
    } catch (error) {
      await this.rollback();
      if (error instanceof DatabaseError && lastChange !== null) await this.requireUndone(lastChange, error);
      throw error;
    }
    // A connection that no longer answers fails no commit that is done.
    this.committedVersion = await this.versionNow();
  }

  private async requireUndone(lastChange: string, error: DatabaseError): Promise<void> {
    if ((await this.history.lastChange()) === lastChange)
      throw new CommittedAllTheSame(databaseFailure(error, this.connection.name));
  }

  /**
   * Code that opened the file by itself, now or earlier in the run, has given the lock up: another run may have written since.
   * @throws GodwitError LOCK_LOST; the transaction is left as it is
   */
  async requireLock(): Promise<void> {
    if (!this.connection.isLockObserved || !(await this.connection.hasLostLock())) return;
    this.connection.abandon();
    throw lockLost();
  }

  async rollback(): Promise<void> {
    if (await this.connection.isInTransaction()) await this.connection.run("ROLLBACK");
  }

  isOpen(): Promise<boolean> {
    return this.connection.isInTransaction();
  }

  /**
   * Whether a commit has changed the file since `begin`: only a COMMIT that is not ours can have done that. A connection that was closed
   * has taken its transaction with it.
   */
  async wasCommittedByOthers(): Promise<boolean> {
    const now = await this.versionNow();
    return now !== null && now !== this.dataVersion;
  }

  /** Null where the connection does not answer. */
  private async versionNow(): Promise<number | null> {
    try {
      return await this.connection.dataVersion();
    } catch (error) {
      if (error instanceof DatabaseError) return null;
      throw error;
    }
  }
}

/** The transaction that it stood in has ended. */
export function isSavepointGone(error: unknown): boolean {
  return error instanceof DatabaseError && error.message.startsWith("no such savepoint");
}

/** A savepoint of one name, which is begun and ended again and again. */
export class Savepoint {
  private readonly connection: Connection;
  /** What `begin` and `release` run, for those who run it with something else. */
  readonly beginning: Command;
  readonly ending: Command;
  private readonly undoing: string;

  constructor(connection: Connection, name: string) {
    this.connection = connection;
    this.beginning = { sql: `SAVEPOINT ${name}` };
    this.ending = { sql: `RELEASE ${name}` };
    this.undoing = `ROLLBACK TO ${name}`;
  }

  begin(): Promise<void> {
    return this.connection.run(this.beginning.sql);
  }

  /** False if the savepoint is gone: the transaction it stood in has ended. */
  release(): Promise<boolean> {
    return this.attempt(this.ending.sql);
  }

  /** Undoes everything since it was made; false if the savepoint is gone. */
  async undo(): Promise<boolean> {
    return (await this.attempt(this.undoing)) && (await this.release());
  }

  private async attempt(sql: string): Promise<boolean> {
    try {
      await this.connection.run(sql);
      return true;
    } catch (error) {
      if (isSavepointGone(error)) return false;
      throw error;
    }
  }
}

/** Not `undone by ROLLBACK`: the next one who opens the file does it (https://sqlite.org/lockingv3.html#hot_journals). */
function lockLost(): GodwitError {
  return new GodwitError(
    "LOCK_LOST",
    "the code of a migration opened the database file itself, which gave up the lock",
    {
      outcome: "rolled_back",
      state: "rolled back: what was not committed is undone when the database is next opened",
      hint: "use only the handle that the migration is given; copy a database with VACUUM INTO, before the run",
    },
  );
}
