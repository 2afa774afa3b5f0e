import { withoutSecrets } from "./secrets.ts";
import type { SourceLocation } from "./source-text.ts";

/** What is true of the database after a failure. Part of the JSON contract. */
export type Outcome = "unchanged" | "rolled_back" | "left_changed" | "unknown";

/** Every code a user can meet, with the exit code of its family. Codes are stable; messages are not. */
const EXIT_CODES = {
  UNKNOWN_COMMAND: 2,
  UNKNOWN_FLAG: 2,
  MISSING_VALUE: 2,
  MISSING_ARGUMENT: 2,
  UNEXPECTED_ARGUMENT: 2,
  CONFLICTING_FLAGS: 2,
  INVALID_VALUE: 2,
  CONFIG_INVALID: 2,
  DATABASE_NOT_NAMED: 2,
  DATABASE_URL_INVALID: 2,
  MIGRATIONS_NOT_FOUND: 2,
  CONFIRMATION_REQUIRED: 2,
  FILE_NOT_WRITTEN: 2,
  COMMAND_NOT_FOUND: 2,
  SEALED: 2,
  BUNDLE_FAILED: 2,

  MIGRATION_NAME_INVALID: 3,
  VERSION_DUPLICATE: 3,
  MIGRATION_UNREADABLE: 3,
  DIRECTIVE_INVALID: 3,
  MARKER_INVALID: 3,
  SECTION_EMPTY: 3,
  SQL_UNTERMINATED: 3,
  STATEMENT_NOT_ALLOWED: 3,
  CODE_INVALID: 3,
  PYTHON_PENDING: 3,
  BUNDLE_DAMAGED: 3,
  DOWN_MISSING: 3,
  REQUIREMENT_MISSING: 3,
  HISTORY_FOREIGN: 3,
  HISTORY_INVALID: 3,
  HISTORY_MOVED: 3,
  MIGRATION_CHANGED: 3,
  MIGRATION_MISSING: 3,
  OUT_OF_ORDER: 3,
  MIGRATION_INCOMPLETE: 3,
  NOT_ATOMIC: 3,
  RESTORE_POINT_UNKNOWN: 3,
  RESTORE_POINT_DAMAGED: 3,
  TARGET_UNKNOWN: 3,
  TARGET_BEHIND: 3,
  NOTHING_TO_ROLL_BACK: 3,

  DATABASE_NOT_FOUND: 4,
  DATABASE_BUSY: 4,
  DATABASE_READONLY: 4,
  DATABASE_REPLACED: 4,
  DATABASE_CORRUPT: 4,
  NOT_A_DATABASE: 4,
  DATABASE_FAILED: 4,
  MIGRATION_FAILED: 4,
  VERIFY_FAILED: 4,
  FOREIGN_KEY_VIOLATION: 4,
  ROWS_LOST: 4,
  TRANSACTION_LOST: 4,
  LOCK_LOST: 4,
  BACKUP_FAILED: 4,
  OUTPUT_FAILED: 4,

  BUG: 70,
  CANCELLED: 130,
} as const satisfies Record<string, number>;

export type FailureCode = keyof typeof EXIT_CODES;

/** All codes, in the order of their exit codes. */
export const FAILURE_CODES = Object.keys(EXIT_CODES) as readonly FailureCode[];

export interface FailureDetails {
  readonly location?: SourceLocation | undefined;
  /** Lines shown under the location: violating rows, lists of files. */
  readonly details?: readonly string[] | undefined;
  /** One imperative sentence. */
  readonly hint?: string | undefined;
  readonly outcome?: Outcome | undefined;
  /** What the outcome means here, in words: "the database is still at 20260103090000". */
  readonly state?: string | undefined;
  readonly cause?: unknown;
}

/**
 * A command cannot do what was asked. Thrown once and shown once; anything else that is thrown is a bug. Secrets of URLs are taken out
 * of its words, wherever those come from.
 * `code` is stable and may be switched on; `exitCode` is what the executable ends with.
 */
export class GodwitError extends Error {
  override readonly name = "GodwitError";
  readonly code: FailureCode;
  readonly location: SourceLocation | undefined;
  readonly details: readonly string[];
  readonly hint: string | undefined;
  readonly outcome: Outcome;
  readonly state: string | undefined;
  readonly exitCode: number;

  constructor(code: FailureCode, message: string, more: FailureDetails = {}) {
    const shown = EXIT_CODES[code] === 2 ? withoutSecrets : (text: string) => text;
    super(shown(message), more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.location = more.location;
    this.details = (more.details ?? []).map(shown);
    this.hint = more.hint === undefined ? undefined : shown(more.hint);
    this.outcome = more.outcome ?? "unchanged";
    this.state = more.state;
    this.exitCode = exitCodeOf(code, this.outcome);
  }

  /** The same failure with some of its parts replaced; `cause` stays. */
  with(more: FailureDetails): GodwitError {
    const copy = new GodwitError(this.code, this.message, {
      location: this.location,
      details: this.details,
      hint: this.hint,
      outcome: this.outcome,
      state: this.state,
      cause: this.cause,
      ...more,
    });
    if (this.stack !== undefined) copy.stack = this.stack;
    return copy;
  }
}

function exitCodeOf(code: FailureCode, outcome: Outcome): number {
  if (outcome === "left_changed") return 5;
  const exit = EXIT_CODES[code];
  // "Nothing was run" is what exit 3 promises: a refusal in the middle of a run is not one of those.
  return exit === 3 && outcome !== "unchanged" ? 4 : exit;
}

/** The text of anything that was thrown, for a message. Code may throw what has no text, or a getter that throws in turn. */
export function messageOf(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return String(thrown.message || thrown.name);
    const isObject = typeof thrown === "object" && thrown !== null;
    return String(isObject && "message" in thrown ? thrown.message : thrown);
  } catch {
    return "something was thrown that has no text";
  }
}

/** The stack of an error; empty where there is none that can be read. */
export function stackOf(thrown: unknown): string {
  try {
    const stack: unknown = thrown instanceof Error ? thrown.stack : "";
    return typeof stack === "string" ? stack : "";
  } catch {
    return "";
  }
}

export function isGodwitError(thrown: unknown): thrown is GodwitError {
  try {
    return thrown instanceof GodwitError;
  } catch {
    return false;
  }
}

/** What was thrown; where merely asking what it is throws, as a proxy can, an error in its stead. */
export function inspectable(thrown: unknown): unknown {
  try {
    void (thrown instanceof Error);
    return thrown;
  } catch {
    return new Error(messageOf(thrown));
  }
}
