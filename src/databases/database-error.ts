import { type FailureCode, GodwitError } from "../base/failure.ts";

/** What a driver's error means for a run, whatever the driver calls it. */
export type DatabaseErrorKind =
  | "busy"
  /** A statement of the same connection stands in the way: waiting is in vain. */
  | "open-statement"
  | "readonly"
  /** The file that was opened is no longer the one of that name. */
  | "replaced"
  | "corrupt"
  | "not-a-database"
  | "not-found"
  | "full"
  | "io"
  | "statement";

interface DatabaseErrorDetails {
  readonly kind: DatabaseErrorKind;
  readonly databaseCode: string;
  readonly byteOffset?: number | null;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** An error of the database, as every driver reports it to the floors above. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  readonly kind: DatabaseErrorKind;
  /** The database's own name for it: SQLITE_CONSTRAINT_UNIQUE. */
  readonly databaseCode: string;
  /** UTF-8 bytes from the start of the executed text; null where the database names no place. */
  readonly byteOffset: number | null;
  /** What to do, where the driver knows better than the kind tells. */
  readonly hint: string | undefined;

  constructor(message: string, more: DatabaseErrorDetails) {
    super(message, { cause: more.cause });
    this.kind = more.kind;
    this.databaseCode = more.databaseCode;
    this.byteOffset = more.byteOffset ?? null;
    this.hint = more.hint;
  }
}

const CODES: Record<DatabaseErrorKind, FailureCode> = {
  busy: "DATABASE_BUSY",
  "open-statement": "DATABASE_FAILED",
  readonly: "DATABASE_READONLY",
  replaced: "DATABASE_REPLACED",
  corrupt: "DATABASE_CORRUPT",
  "not-a-database": "NOT_A_DATABASE",
  "not-found": "DATABASE_NOT_FOUND",
  full: "DATABASE_FAILED",
  io: "DATABASE_FAILED",
  statement: "DATABASE_FAILED",
};

const HINTS: Record<DatabaseErrorKind, string> = {
  busy: "end what holds the database, or wait longer with --lock-timeout",
  "open-statement": "read every iterate() to its end or close it, and finalize prepared statements",
  readonly: "let this user write to the file and to its folder, which holds SQLite's journal",
  replaced: "see what moves or replaces the file; let no run go on meanwhile",
  corrupt: "put a good copy back; `sqlite3 FILE .recover` may save rows",
  "not-a-database":
    "check the path: the file holds something else, is encrypted, or was written by a newer SQLite",
  "not-found": "check the path; only `godwit migrate` makes a new database, in a folder that is there",
  full: "make room on the disk and run again",
  io: "check the disk and the folder's permissions, then run again",
  statement: "run again; if it comes back, please report it",
};

/** A failure outside any migration's own statements. */
export function databaseFailure(error: DatabaseError, name: string): GodwitError {
  const sentence: Partial<Record<DatabaseErrorKind, string>> = {
    busy: `${name} is locked by another connection`,
    "open-statement": `a statement of this connection to ${name} is still open: ${error.message}`,
    readonly: `${name} cannot be written to`,
    replaced: `${name} was moved, deleted or replaced while the run went on`,
    corrupt: `${name} is damaged: ${error.message}`,
    "not-a-database": `${name} ${error.databaseCode === "EISDIR" ? error.message : "is no SQLite database"}`,
    "not-found": error.databaseCode === "ENOTDIR" ? error.message : `there is no database ${name}`,
  };
  return new GodwitError(CODES[error.kind], sentence[error.kind] ?? `${name}: ${error.message}`, {
    hint: error.hint ?? HINTS[error.kind],
    cause: error,
  });
}
