import type { DatabaseError } from "./database-error.ts";
import type { ForeignKeyLink, ForeignKeyReport } from "./foreign-key-report.ts";

/** What can be bound to a statement and what comes back in a row. */
export type Value = string | number | bigint | boolean | null | Uint8Array;
export type Row = Readonly<Record<string, Value>>;

/**
 * One connection, as the floors above know it. Everything is awaited, since a server's database answers later; every method rejects with
 * DatabaseError and nothing else.
 */
export interface Connection {
  /** As messages and JSON name it: the resolved path. */
  readonly name: string;
  /** What a migration in code receives: bun:sqlite's Database here. */
  readonly handle: unknown;
  /** Runs one or more statements to their ends, rows thrown away. */
  run(sql: string): Promise<void>;
  /** Runs one statement that changes rows. */
  execute(sql: string, ...values: Value[]): Promise<void>;
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
  /** How long a statement waits for a lock, in milliseconds; returns what it was. */
  setBusyTimeout(milliseconds: number): Promise<number>;
  /** Rows whose foreign key points nowhere, and keys that cannot be checked. */
  checkForeignKeys(): Promise<ForeignKeyReport>;
  /** Which tables the tables named, or all, declare to point at. */
  foreignKeyLinks(tables: readonly string[] | "all"): Promise<readonly ForeignKeyLink[]>;
  /** Keys of the tables named that cannot be checked; reads no rows. */
  checkDeclarations(tables: readonly string[]): Promise<ForeignKeyReport>;
  /** The driver's view of anything that code threw; null if it is no error of the database. */
  errorOf(thrown: unknown): DatabaseError | null;
  close(): Promise<void>;
}

/** Settings of a connection by name. */
export type SessionSettings = Readonly<Record<string, Value>>;

/** How a database is opened: for reading (never created, never written), or for a run. */
export type OpenMode = "read" | "write" | "create";
