import type { DatabaseError } from "./database-error.ts";
import type { ForeignKeyLink, ForeignKeyReport } from "./foreign-key-report.ts";

/** What can be bound to a statement and what comes back in a row. */
export type Value = string | number | bigint | boolean | null | Uint8Array;
export type Row = Readonly<Record<string, Value>>;

/** One statement, which gives no rows. */
export interface Command {
  readonly sql: string;
  readonly values?: readonly Value[];
}

/** What became of commands that were run one after another. */
export interface CommandsOutcome {
  /** How many have run to their ends. */
  readonly ran: number;
  /** What the next one failed with; null where none did. */
  readonly error: DatabaseError | null;
  readonly isInTransaction: boolean;
}

/**
 * One connection, as the floors above know it. Everything is awaited, since a server's database answers later; every method rejects with
 * DatabaseError and nothing else.
 */
export interface Connection {
  /** As messages and JSON name it: the resolved path. */
  readonly name: string;
  /** The path of the database's file; null for one in memory. */
  readonly file: string | null;
  /** Its handle is an application's, which may use it at any time. */
  readonly isShared: boolean;
  /** Lends the handle that a migration in code receives: bun:sqlite's Database here. */
  lend(rules: LendingRules): Lent;
  /** Runs one or more statements to their ends, rows thrown away. */
  run(sql: string): Promise<void>;
  /** Runs one statement that changes rows. */
  execute(sql: string, ...values: Value[]): Promise<void>;
  /**
   * Runs one after another up to the first that fails, which rejects nothing, in one call: to await each would take longer than many a
   * statement.
   * @param before asked before each, with its index; where it says no, and where there is no transaction any more, none is run that follows
   */
  runEach(commands: readonly Command[], before?: (index: number) => boolean): Promise<CommandsOutcome>;
  /** Runs one statement and returns its rows. */
  all<R extends Row>(sql: string, ...values: Value[]): Promise<R[]>;
  isInTransaction(): Promise<boolean>;
  /** A number that differs once a commit of this or another connection has changed the file. */
  dataVersion(): Promise<number>;
  /** Whether foreign keys are enforced; changing it inside a transaction is without effect on SQLite. */
  setForeignKeys(enforced: boolean): Promise<void>;
  foreignKeysEnforced(): Promise<boolean>;
  /** While on, statements that write fail. */
  setQueryOnly(on: boolean): Promise<void>;
  /** What a migration can switch on its connection and leave so. */
  sessionSettings(): Promise<SessionSettings>;
  /** Switches back what differs. */
  restoreSettings(settings: SessionSettings): Promise<void>;
  /** How carefully a commit is written, by SQLite's name for it; returns what it was. Not inside a transaction. */
  setSynchronous(level: string): Promise<string>;
  /** Sees to it that at least so many KiB of the file can stay in memory. @returns what it was, for `setCacheSize` */
  growCache(kib: number): Promise<number>;
  setCacheSize(size: number): Promise<void>;
  /** How long a statement waits for a lock, in milliseconds; returns what it was. */
  setBusyTimeout(milliseconds: number): Promise<number>;
  /** Rows whose foreign key points nowhere, and keys that cannot be checked. */
  checkForeignKeys(): Promise<ForeignKeyReport>;
  /** Which tables the tables named, or all, declare to point at. */
  foreignKeyLinks(tables: readonly string[] | "all"): Promise<readonly ForeignKeyLink[]>;
  /** Keys of the tables named that cannot be checked; reads no rows. */
  checkDeclarations(tables: readonly string[]): Promise<ForeignKeyReport>;
  /** Counts, from now on, the rows that foreign key actions take from tables other than those excepted. */
  watchRows(isExcepted: (table: string) => boolean): Promise<RowWatch>;
  schemaObjects(): Promise<readonly SchemaObject[]>;
  /** What SQLite's integrity_check complains of; empty where all is whole. */
  checkIntegrity(): Promise<readonly string[]>;
  /** Rows by table, virtual tables left out. */
  countRows(): Promise<ReadonlyMap<string, number>>;
  /**
   * Finds out, under the write lock, what would else show only in the middle of a run, or never: a file that cannot be written, or that was cut off,
   * and damage in the one table that every run writes to. Changes nothing.
   */
  requireFit(table: string): Promise<void>;
  /** What is worth knowing of the file before a run, in words. */
  oddities(): Promise<readonly string[]>;
  /** Rejects with DatabaseError of kind replaced if what was opened is no longer there under its name. */
  requireInPlace(): Promise<void>;
  /** Whether the system has shown the write lock, so that it can be missed. */
  readonly isLockObserved: boolean;
  /** Looks whether the system shows the write lock of the open transaction: only then can it be missed later. */
  observeLock(): Promise<void>;
  /** Whether the write lock that was observed is held no more, although its transaction is open. */
  hasLostLock(): Promise<boolean>;
  /**
   * Leaves the open transaction as a crash would, for the next one who opens the file to undo. Without its lock, ROLLBACK would write old pages over
   * what others have committed since, and so would closing. Nothing may be asked of the connection any more.
   */
  abandon(): void;
  /** The driver's view of anything that code threw; null if it is no error of the database. */
  errorOf(thrown: unknown): DatabaseError | null;
  close(): Promise<void>;
}

/** What code may do with a handle that is lent to it. */
export interface LendingRules {
  /**
   * Told all SQL before it runs; `statement`: the driver would run the first one only. Names what it drops or alters of the
   * schema. Throws to refuse it.
   */
  inspect(sql: string, call: "script" | "statement"): { readonly reshaped: readonly string[] };
  /** What is thrown where code closes the handle, makes a transaction of an async function, or goes on once the handle was taken back. */
  refuse(why: "close" | "async-transaction" | "lost" | "over"): Error;
  /** Told that SQL may run which `inspect` is not told of. */
  unseen(): void;
  /** The handle is in a transaction that nothing may outlive: without it, no call is let through. */
  readonly needsTransaction: boolean;
}

/** A handle that is lent until it is taken back. */
export interface Lent {
  readonly handle: unknown;
  /** What code dropped or altered, with all that belonged to it, as it was before. */
  readonly objectsBefore: readonly SchemaObject[];
  /** Takes the handle back: from then on it throws, and so does what was prepared with it. Closes what is still being read. */
  end(): void;
}

/** A table, index, trigger or view. */
export interface SchemaObject {
  readonly type: string;
  readonly name: string;
  /** The table that it belongs to; its own name for a table or a view. */
  readonly table: string;
  readonly sql: string;
  /** Differs where an object was made anew under the same name. */
  readonly identity: string;
}

/** Rows that a foreign key action took. */
export interface RowLoss {
  readonly table: string;
  /** `cleared`: their references were set to NULL or the default. */
  readonly what: "deleted" | "cleared";
  readonly rows: number;
}

/** Ends with the transaction that it was begun in, if not before. */
export interface RowWatch {
  losses(): Promise<readonly RowLoss[]>;
  end(): Promise<void>;
}

/** Settings of a connection by name. */
export type SessionSettings = Readonly<Record<string, Value>>;

/** How a database is opened: for reading (never created, never written), or for a run. */
export type OpenMode = "read" | "write" | "create";
