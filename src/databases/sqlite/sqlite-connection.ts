import { Database, SQLiteError } from "bun:sqlite";
import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type {
  Connection,
  LendingRules,
  Lent,
  OpenMode,
  Row,
  RowWatch,
  SchemaObject,
  SessionSettings,
  Value,
} from "../connection.ts";
import { DatabaseError, type DatabaseErrorKind } from "../database-error.ts";
import type { ForeignKeyLink, ForeignKeyReport } from "../foreign-key-report.ts";
import { type FileIdentity, holdsWriteLock, identityOf, requireSameFile } from "./file-identity.ts";
import { checkDeclarations, checkForeignKeys } from "./foreign-key-check.ts";
import { foreignKeyLinks } from "./foreign-key-declarations.ts";
import { LentHandle } from "./lent-handle.ts";
import { TriggerWatch } from "./row-watch.ts";
import { schemaObjects } from "./schema-objects.ts";
import { readSessionSettings, restoreSessionSettings } from "./session-settings.ts";

/** SQLITE_FCNTL_DATA_VERSION, https://sqlite.org/c3ref/c_fcntl_begin_atomic_write.html */
const FCNTL_DATA_VERSION = 35;

export type { Database };

/** The version of the SQLite that is linked in, for `--version`. */
export function sqliteVersion(): string {
  const db = new Database(":memory:");
  const [row] = db.query<{ version: string }, []>("SELECT sqlite_version() AS version").all();
  db.close();
  return row?.version ?? "unknown";
}

/** A connection over bun:sqlite; the one place, with its neighbours, that knows the driver. */
export class SqliteConnection implements Connection {
  readonly name: string;
  readonly handle: Database;
  private readonly isOwned: boolean;
  /** Absolute: code may change the working directory. */
  private readonly path: string;
  private readonly identity: FileIdentity | null;
  private isLockShown = false;

  private constructor(name: string, handle: Database, isOwned: boolean) {
    this.name = name;
    this.handle = handle;
    this.isOwned = isOwned;
    this.path = name === ":memory:" ? name : resolve(name);
    this.identity = identityOf(this.path);
  }

  /**
   * Opens a file. For reading it is opened read-write all the same, with `query_only`: a read-only handle cannot recover
   * a hot journal and leaves `-wal` files behind (https://sqlite.org/wal.html#readonly).
   * @throws DatabaseError
   */
  static open(path: string, mode: OpenMode): SqliteConnection {
    if (path !== ":memory:") requireFile(path, mode);
    try {
      const db = new Database(path, { readwrite: true, create: mode === "create" });
      if (mode === "read") db.run("PRAGMA query_only = 1");
      return new SqliteConnection(path, db, true);
    } catch (thrown) {
      throw toDatabaseError(thrown) ?? thrown;
    }
  }

  /** Works on a handle that belongs to the caller: it is never closed here. */
  static over(db: Database): SqliteConnection {
    return new SqliteConnection(db.filename || ":memory:", db, false);
  }

  run(sql: string): Promise<void> {
    return this.attempt(() => void this.handle.run(sql));
  }

  execute(sql: string, ...values: Value[]): Promise<void> {
    return this.attempt(() => void this.handle.query(sql).run(...values));
  }

  all<R extends Row>(sql: string, ...values: Value[]): Promise<R[]> {
    return this.attempt(() => this.handle.query(sql).all(...values) as R[]);
  }

  /** A closed handle is in none. */
  async isInTransaction(): Promise<boolean> {
    try {
      return this.handle.inTransaction;
    } catch (thrown) {
      if (isClosedError(thrown)) return false;
      throw toDatabaseError(thrown) ?? thrown;
    }
  }

  dataVersion(): Promise<number> {
    return this.attempt(() => {
      const answer = new Int32Array(2);
      // fileControl says nothing of a closed handle; this throws.
      void this.handle.inTransaction;
      this.handle.fileControl(FCNTL_DATA_VERSION, answer);
      return answer[0]!;
    });
  }

  setForeignKeys(enforced: boolean): Promise<void> {
    return this.run(`PRAGMA foreign_keys = ${enforced ? 1 : 0}`);
  }

  async foreignKeysEnforced(): Promise<boolean> {
    return Number(await this.pragma("foreign_keys")) === 1;
  }

  setQueryOnly(on: boolean): Promise<void> {
    return this.run(`PRAGMA query_only = ${on ? 1 : 0}`);
  }

  sessionSettings(): Promise<SessionSettings> {
    return this.attempt(() => readSessionSettings(this.handle));
  }

  restoreSettings(settings: SessionSettings): Promise<void> {
    return this.attempt(() => restoreSessionSettings(this.handle, settings));
  }

  async setBusyTimeout(milliseconds: number): Promise<number> {
    const before = await this.pragma("busy_timeout");
    await this.run(`PRAGMA busy_timeout = ${Math.trunc(milliseconds)}`);
    return Number(before ?? 0);
  }

  checkForeignKeys(): Promise<ForeignKeyReport> {
    return this.attempt(() => checkForeignKeys(this.handle));
  }

  foreignKeyLinks(tables: readonly string[] | "all"): Promise<readonly ForeignKeyLink[]> {
    return this.attempt(() => foreignKeyLinks(this.handle, tables));
  }

  checkDeclarations(tables: readonly string[]): Promise<ForeignKeyReport> {
    return this.attempt(() => checkDeclarations(this.handle, tables));
  }

  lend(rules: LendingRules): Lent {
    return new LentHandle(this.handle, rules);
  }

  async watchRows(isExcepted: (table: string) => boolean): Promise<RowWatch> {
    const watch = await this.attempt(() => new TriggerWatch(this.handle, isExcepted));
    return { losses: () => this.attempt(() => watch.losses()), end: () => this.attempt(() => watch.end()) };
  }

  schemaObjects(): Promise<readonly SchemaObject[]> {
    return this.attempt(() => schemaObjects(this.handle));
  }

  requireInPlace(): Promise<void> {
    return this.attempt(() => requireSameFile(this.path, this.identity));
  }

  async observeLock(): Promise<void> {
    this.isLockShown ||= this.identity !== null && holdsWriteLock(this.identity);
  }

  /** In WAL mode the lock is on another file, which code has no reason to open. */
  async hasLostLock(): Promise<boolean> {
    if (!this.isLockShown || holdsWriteLock(this.identity!)) return false;
    return String(await this.pragma("journal_mode")) !== "wal";
  }

  errorOf(thrown: unknown): DatabaseError | null {
    return toDatabaseError(thrown);
  }

  async close(): Promise<void> {
    if (this.isOwned) this.handle.close();
  }

  /** A handle may give integers as bigints. */
  private pragma(name: string): Promise<Value | undefined> {
    return this.attempt(() => (this.handle.query(`PRAGMA ${name}`).values()[0] as Value[] | undefined)?.[0]);
  }

  /** The driver is synchronous; the contract is not. */
  private async attempt<T>(action: () => T): Promise<T> {
    try {
      return action();
    } catch (thrown) {
      throw toDatabaseError(thrown) ?? thrown;
    }
  }
}

function requireFile(path: string, mode: OpenMode): void {
  let stats: ReturnType<typeof statSync>;
  try {
    stats = statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    // "ELOOP: too many symbolic links encountered, stat '/srv/app.db'": who reads it is told the path anyway.
    const message = (cause as Error).message.replace(/^E[A-Z]+: |, stat '.*$/gs, "");
    throw problem(message, "io", (cause as NodeJS.ErrnoException).code ?? "", cause);
  }
  if (stats === undefined) {
    const isPossible = mode === "create" && statSync(dirname(path), { throwIfNoEntry: false }) !== undefined;
    if (isPossible) return;
    throw problem("there is no such file or folder", "not-found", "ENOENT");
  }
  if (stats.isDirectory()) throw problem("it is a folder", "not-a-database", "EISDIR");
}

function problem(
  message: string,
  kind: DatabaseErrorKind,
  databaseCode: string,
  cause?: unknown,
): DatabaseError {
  return new DatabaseError(message, { kind, databaseCode, byteOffset: null, cause });
}

/** Bun's plain errors for a handle that somebody closed. */
function isClosedError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && /closed database|Database has closed/.test(thrown.message);
}

function toDatabaseError(thrown: unknown): DatabaseError | null {
  if (thrown instanceof DatabaseError) return thrown;
  if (isClosedError(thrown)) return problem("the connection was closed", "io", "SQLITE_MISUSE", thrown);
  if (!(thrown instanceof SQLiteError)) return null;
  const databaseCode = thrown.code ?? "SQLITE_ERROR";
  const byteOffset = thrown.byteOffset >= 0 ? thrown.byteOffset : null;
  return new DatabaseError(thrown.message, {
    kind: kindOf(databaseCode, thrown.message),
    databaseCode,
    byteOffset,
    cause: thrown,
  });
}

/** By primary result code; extended ones begin with it (https://sqlite.org/rescode.html). */
function kindOf(code: string, message: string): DatabaseErrorKind {
  if (code === "SQLITE_LOCKED_SHAREDCACHE") return "busy";
  // LOCKED, unlike BUSY, is a conflict within the connection (https://sqlite.org/rescode.html#locked).
  if (code.startsWith("SQLITE_LOCKED") || isOwnStatement(code, message)) return "open-statement";
  if (code.startsWith("SQLITE_BUSY")) return "busy";
  if (code === "SQLITE_READONLY_DBMOVED") return "replaced";
  if (code.startsWith("SQLITE_READONLY")) return "readonly";
  if (code.startsWith("SQLITE_CORRUPT")) return "corrupt";
  if (code.startsWith("SQLITE_NOTADB")) return "not-a-database";
  if (code.startsWith("SQLITE_FULL")) return "full";
  if (code.startsWith("SQLITE_IOERR") || code.startsWith("SQLITE_CANTOPEN")) return "io";
  return "statement";
}

/** "cannot commit transaction - SQL statements in progress", and the like of VACUUM, SAVEPOINT and RELEASE: only the words tell. */
function isOwnStatement(code: string, message: string): boolean {
  return /^SQLITE_(BUSY|ERROR)$/.test(code) && message.endsWith("SQL statements in progress");
}
