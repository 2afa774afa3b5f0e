import { SQLiteError } from "bun:sqlite";
import { DatabaseError, type DatabaseErrorKind } from "../database-error.ts";

/** Bun's plain errors for a handle that somebody closed. */
export function isClosedError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && /closed database|Database has closed/.test(thrown.message);
}

/** What bun:sqlite has thrown, as the floors above know it; null if it is no error of the database. */
export function toDatabaseError(thrown: unknown): DatabaseError | null {
  if (thrown instanceof DatabaseError) return thrown;
  if (isClosedError(thrown)) {
    return new DatabaseError("the connection was closed", {
      kind: "io",
      databaseCode: "SQLITE_MISUSE",
      cause: thrown,
    });
  }
  if (isNodeError(thrown)) return fromNode(thrown);
  if (!(thrown instanceof SQLiteError)) return null;
  const databaseCode = thrown.code ?? "SQLITE_ERROR";
  return new DatabaseError(thrown.message, {
    kind: kindOf(databaseCode, thrown.message),
    databaseCode,
    byteOffset: thrown.byteOffset >= 0 ? thrown.byteOffset : null,
    hint: NEWER.test(thrown.message)
      ? "a newer SQLite has written this: take a godwit that has it"
      : undefined,
    cause: thrown,
  });
}

/** What an older SQLite says of a schema that it cannot read (https://sqlite.org/fileformat2.html#schema_format_number). */
const NEWER = /^unsupported file format|^malformed database schema \(.*\) - (unknown table option|near )/s;

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

/** What `node:sqlite` throws: the extended result code stands in `errcode`. */
interface NodeError extends Error {
  readonly errcode: number;
}

function isNodeError(thrown: unknown): thrown is NodeError {
  return thrown instanceof Error && "errcode" in thrown && typeof thrown.errcode === "number";
}

/** Names of the primary result codes that mean more than a wrong statement (https://sqlite.org/rescode.html#primary_result_code_list). */
const NAMES: Readonly<Record<number, string>> = {
  5: "SQLITE_BUSY",
  6: "SQLITE_LOCKED_SHAREDCACHE",
  8: "SQLITE_READONLY",
  10: "SQLITE_IOERR",
  11: "SQLITE_CORRUPT",
  13: "SQLITE_FULL",
  14: "SQLITE_CANTOPEN",
  26: "SQLITE_NOTADB",
};

/** Its `backup` says "not an error", code 0, where it does not get the lock on its target. */
function fromNode(thrown: NodeError): DatabaseError {
  const primary = thrown.errcode & 0xff;
  const databaseCode = primary === 0 ? "SQLITE_BUSY" : (NAMES[primary] ?? "SQLITE_ERROR");
  const message = primary === 0 ? "database is locked" : thrown.message;
  return new DatabaseError(message, { kind: kindOf(databaseCode, message), databaseCode, cause: thrown });
}
