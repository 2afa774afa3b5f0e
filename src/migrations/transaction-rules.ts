import { GodwitError } from "../base/failure.ts";
import { locate } from "../base/source-text.ts";
import {
  hasNoRole,
  pragmaName,
  pragmaValue,
  standsAlone,
  type TransactionRole,
  transactionRole,
} from "../sql/classification.ts";
import { everyHead, firstOdd } from "../sql/statement-facts.ts";
import type { Statement } from "../sql/statement-reader.ts";
import type { Migration } from "./migration.ts";

/** A statement that was taken out of a section, and why. */
export interface DroppedStatement {
  readonly statement: Statement;
  readonly why: string;
}

export interface RunnableStatements {
  readonly statements: readonly Statement[];
  readonly dropped: readonly DroppedStatement[];
}

/**
 * The statements of a section that run inside godwit's own transaction. A frame of BEGIN … COMMIT around all the others is taken off, and
 * `PRAGMA foreign_keys` is dropped: inside a transaction SQLite ignores it (https://sqlite.org/pragma.html#pragma_foreign_keys).
 * @throws GodwitError STATEMENT_NOT_ALLOWED for whatever else would end the transaction or cannot run inside one.
 */
export function withoutTransactionControl(
  migration: Migration,
  text: string,
  statements: readonly Statement[],
): RunnableStatements {
  return everyHead(statements, hasNoRole)
    ? { statements, dropped: [] }
    : withoutFrame(migration, text, statements);
}

function withoutFrame(
  migration: Migration,
  text: string,
  statements: readonly Statement[],
): RunnableStatements {
  const roles = statements.map(({ words, start, end }) => transactionRole(words, text.slice(start, end)));
  const frame = findFrame(roles);
  const kept: Statement[] = [];
  const dropped: DroppedStatement[] = [];
  for (const [index, statement] of statements.entries()) {
    const role = roles[index]!;
    if (frame.has(index) || role === "foreign-keys") requireAlone(migration, text, statement);
    if (frame.has(index)) dropped.push({ statement, why: "the transaction is godwit's" });
    else if (role === "foreign-keys") {
      dropped.push({
        statement,
        why: "godwit switches foreign keys itself, and checks them after each migration",
      });
    } else if (role === "none" || role === "pragma") kept.push(statement);
    else throw refusal(migration, text, statement, role);
  }
  return { statements: kept, dropped };
}

/** @throws GodwitError STATEMENT_NOT_ALLOWED for one that is to be left out, and would take along what stands behind it */
function requireAlone(migration: Migration, text: string, { words, start, end }: Statement): void {
  if (standsAlone(text.slice(start, end))) return;
  throw new GodwitError("STATEMENT_NOT_ALLOWED", `more follows ${words[0]} than belongs to it`, {
    location: locate(migration.file, text, start),
    hint: "is a semicolon missing after it?",
  });
}

const DOT = 46;

/** @throws GodwitError STATEMENT_NOT_ALLOWED for what no transaction makes right: parameters, and commands of the sqlite3 shell. */
export function refuseUnrunnable(migration: Migration, text: string, statements: readonly Statement[]): void {
  if (firstOdd(statements) === undefined) return;
  for (const { start, words, parameter } of statements) {
    if (words.length === 0 && text.charCodeAt(start) === DOT) {
      throw new GodwitError(
        "STATEMENT_NOT_ALLOWED",
        "a line that begins with a dot is a command of the sqlite3 shell",
        {
          location: locate(migration.file, text, start),
          hint: "take it out; the file is SQL only",
        },
      );
    }
    if (parameter === null) continue;
    throw new GodwitError(
      "STATEMENT_NOT_ALLOWED",
      "a parameter has no value in a migration; SQLite would take it for NULL",
      {
        location: locate(migration.file, text, parameter),
        hint: "write the value itself",
      },
    );
  }
}

/** What code may not run inside godwit's transaction: it ends it, or it cannot be undone by it. */
const NOT_IN_CODE: ReadonlySet<TransactionRole> = new Set([
  "begin",
  "commit",
  "rollback",
  "vacuum",
  "attach",
  "detach",
]);

/**
 * Savepoints of the code's own are its own business, and so is a ROLLBACK TO one.
 * @throws GodwitError STATEMENT_NOT_ALLOWED, without a place
 */
export function refuseInCode(sql: string, statements: readonly Statement[]): void {
  for (const { words, start, end } of statements) {
    const text = sql.slice(start, end);
    const role = transactionRole(words, text);
    if (role === "rollback" && words.includes("TO")) continue;
    if (NOT_IN_CODE.has(role) || (role === "journal-mode" && /[=(]/.test(text))) {
      throw new GodwitError("STATEMENT_NOT_ALLOWED", reasonFor(words, role), { hint: hintFor(role, "//") });
    }
  }
}

/** While `verify` runs, writes are switched off by a PRAGMA, which another one could switch on again. @throws GodwitError STATEMENT_NOT_ALLOWED */
export function refuseInVerify(sql: string, statements: readonly Statement[], file?: string): void {
  for (const { start, end } of statements) {
    if (pragmaName(sql.slice(start, end)) !== "query_only") continue;
    throw new GodwitError("STATEMENT_NOT_ALLOWED", "verify may only read", {
      location: file === undefined ? undefined : locate(file, sql, start),
      hint: "leave PRAGMA query_only out",
    });
  }
}

/** A database in memory, or one that goes with the connection (https://sqlite.org/lang_attach.html). */
const ATTACHES_NO_FILE = /^attach\s+(?:database\s+)?'(?::memory:)?'\s+as\b/i;

/**
 * Where a migration is tried on a copy, nothing may reach another file: that one is no copy, and may be the original itself.
 * @param file where the SQL stands; undefined for SQL that code runs
 * @throws GodwitError STATEMENT_NOT_ALLOWED
 */
export function refuseReaching(sql: string, statements: readonly Statement[], file?: string): void {
  for (const { words, start, end } of statements) {
    const reach = reachOf(words, sql.slice(start, end));
    if (reach === null) continue;
    throw new GodwitError("STATEMENT_NOT_ALLOWED", `${reach}, which would be no copy`, {
      location: file === undefined ? undefined : locate(file, sql, start),
      hint: "try this migration by hand, on copies of both files",
    });
  }
}

/** In words; null for what stays in the database. */
function reachOf(words: readonly string[], text: string): string | null {
  if (words[0] === "ATTACH") return ATTACHES_NO_FILE.test(text) ? null : "ATTACH opens another database";
  return words[0] === "VACUUM" && /\binto\b/i.test(text) ? "VACUUM INTO writes another file" : null;
}

/**
 * Without a transaction nothing brings back what the drop of a table takes along where foreign keys are enforced.
 * @throws GodwitError STATEMENT_NOT_ALLOWED
 */
export function refuseEnforcedDrops(
  migration: Migration,
  text: string,
  statements: readonly Statement[],
): void {
  if (migration.transactional) return;
  let isEnforced = migration.foreignKeysOn;
  for (const { words, start, end } of statements) {
    const statement = text.slice(start, end);
    if (transactionRole(words, statement) === "foreign-keys")
      isEnforced = switched(pragmaValue(statement), isEnforced);
    if (!isEnforced || words[0] !== "DROP" || words[1] !== "TABLE") continue;
    throw new GodwitError(
      "STATEMENT_NOT_ALLOWED",
      "with foreign keys enforced, the drop deletes the rows that point at the table",
      {
        location: locate(migration.file, text, start),
        hint: "switch foreign keys off before it, or drop the table in a migration with a transaction",
      },
    );
  }
}

/** SQLite takes much for on: numbers of any kind, words in quotes. */
function switched(value: string | null, before: boolean): boolean {
  return value === null ? before : !/^(?:0+|off|no|false)$/.test(value);
}

/** The indexes of a first BEGIN and a last COMMIT that have nothing but PRAGMAs outside of them. */
function findFrame(roles: readonly TransactionRole[]): ReadonlySet<number> {
  const isPragma = (role: TransactionRole) => role === "pragma" || role === "foreign-keys";
  const begin = roles.findIndex((role) => !isPragma(role));
  const commit = roles.findLastIndex((role) => !isPragma(role));
  const isFrame = begin < commit && roles[begin] === "begin" && roles[commit] === "commit";
  return new Set(isFrame ? [begin, commit] : []);
}

const REASONS: Partial<Record<TransactionRole, string>> = {
  vacuum: "VACUUM cannot run inside a transaction",
  attach: "ATTACH cannot be undone by the transaction",
  detach: "DETACH cannot run inside a transaction",
  "journal-mode": "the journal mode cannot change inside a transaction",
};

function refusal(
  migration: Migration,
  text: string,
  { words, start }: Statement,
  role: TransactionRole,
): GodwitError {
  return new GodwitError("STATEMENT_NOT_ALLOWED", reasonFor(words, role), {
    location: locate(migration.file, text, start),
    hint: hintFor(role, "--"),
  });
}

function reasonFor(words: readonly string[], role: TransactionRole): string {
  return REASONS[role] ?? `${words[0]} would end or split the transaction that keeps the migration whole`;
}

function hintFor(role: TransactionRole, comment: "--" | "//"): string {
  return REASONS[role] === undefined
    ? "take it out: each migration already is one transaction"
    : `take it out, or put "${comment} Transaction: off" at the head of the file`;
}
