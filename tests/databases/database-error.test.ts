import { expect, test } from "bun:test";
import type { FailureCode } from "../../src/base/failure.ts";
import {
  DatabaseError,
  type DatabaseErrorKind,
  databaseFailure,
} from "../../src/databases/database-error.ts";

interface Row {
  readonly kind: DatabaseErrorKind;
  readonly code: FailureCode;
  readonly message: string;
  readonly hint: string;
}

const ROWS: readonly Row[] = [
  {
    kind: "busy",
    code: "DATABASE_BUSY",
    message: "app.db is locked by another connection",
    hint: "end what holds the database, or wait longer with --lock-timeout",
  },
  {
    kind: "open-statement",
    code: "DATABASE_FAILED",
    message: "a statement of this connection to app.db is still open: as SQLite says it",
    hint: "read every iterate() to its end or close it, and finalize prepared statements",
  },
  {
    kind: "readonly",
    code: "DATABASE_READONLY",
    message: "app.db cannot be written to",
    hint: "let this user write to the file and to its folder, which holds SQLite's journal",
  },
  {
    kind: "corrupt",
    code: "DATABASE_CORRUPT",
    message: "app.db is damaged: as SQLite says it",
    hint: "put a good copy back; `sqlite3 FILE .recover` may save rows",
  },
  {
    kind: "not-a-database",
    code: "NOT_A_DATABASE",
    message: "app.db is no SQLite database",
    hint: "check the path: the file holds something else, is encrypted, or was written by a newer SQLite",
  },
  {
    kind: "not-found",
    code: "DATABASE_NOT_FOUND",
    message: "there is no database app.db",
    hint: "check the path; only `godwit migrate` makes a new database, in a folder that is there",
  },
  {
    kind: "full",
    code: "DATABASE_FAILED",
    message: "app.db: as SQLite says it",
    hint: "make room on the disk and run again",
  },
  {
    kind: "io",
    code: "DATABASE_FAILED",
    message: "app.db: as SQLite says it",
    hint: "check the disk and the folder's permissions, then run again",
  },
  {
    kind: "statement",
    code: "DATABASE_FAILED",
    message: "app.db: as SQLite says it",
    hint: "run again; if it comes back, please report it",
  },
];

test.each(ROWS)("an error of kind $kind becomes $code", ({ kind, code, message, hint }) => {
  const error = new DatabaseError("as SQLite says it", { kind, databaseCode: "SQLITE_X", byteOffset: null });
  const failure = databaseFailure(error, "app.db");
  expect({ code: failure.code, message: failure.message, hint: failure.hint }).toEqual({
    code,
    message,
    hint,
  });
  expect(failure.exitCode).toBe(4);
  expect(failure.cause).toBe(error);
});

test("a folder is named as one", () => {
  const error = new DatabaseError("is a folder", {
    kind: "not-a-database",
    databaseCode: "EISDIR",
    byteOffset: null,
  });
  expect(databaseFailure(error, "data").message).toBe("data is a folder");
});
