import { GodwitError } from "../base/failure.ts";
import type { LendingRules } from "../databases/connection.ts";
import type { Migration } from "../migrations/migration.ts";
import { refuseInCode, refuseInVerify, refuseReaching } from "../migrations/transaction-rules.ts";
import { changedTables } from "../sql/changed-tables.ts";
import { hasNoRole, makesTable, mayDeclareKeys, reshapedName, reshapes } from "../sql/classification.ts";
import { mayBePlain, plainStatements } from "../sql/plain-statements.ts";
import { isSimpleStatement } from "../sql/simple-statement.ts";
import { everyHead, someHead } from "../sql/statement-facts.ts";
import { type Statement, StatementReader } from "../sql/statement-reader.ts";
import { mayEnforce } from "./row-guard.ts";

/** What is known of one SQL text. */
interface Looked {
  readonly count: number;
  readonly reshaped: readonly string[];
}

const SIMPLE: Looked = { count: 1, reshaped: [] };

/** Of a simple statement: that it makes a table, or an index, which is no matter. */
const CREATES = /^\s*create/i;

/** Texts whose verdict is kept: a loop runs the same few over and over. */
const VERDICTS_KEPT = 1000;
const TEXT_KEPT = 4096;

type Refusal = Parameters<LendingRules["refuse"]>[0];

const REFUSALS: Record<Refusal, { readonly message: string; readonly hint: string }> = {
  close: {
    message: "the migration closes the database, which is godwit's to close",
    hint: "leave the handle open: it is taken back when the migration is over",
  },
  "async-transaction": {
    message: "db.transaction takes no async function: it would commit at the first await",
    hint: "await first, then write in a function without async; each migration already is one transaction",
  },
  lost: {
    message: "the transaction is gone: OR ROLLBACK, RAISE(ROLLBACK) or a full disk has rolled it back",
    hint: "let the error pass that came first; what the code writes now would stay by itself",
  },
  over: {
    message: "the migration is over, but its code still uses the database",
    hint: "await all that up begins before it returns",
  },
};

/**
 * Looks at the SQL that a migration's code runs, before it runs: what would end godwit's transaction, what SQLite would pass over without a word,
 * and which tables the code changes.
 */
export class CodeSql implements LendingRules {
  private readonly migration: Migration;
  private readonly isConfined: boolean;
  private readonly verdicts = new Map<string, Looked>();
  private readonly changed = new Set<string>();
  private isVerifying = false;
  private hasMadeTable = false;
  private hasDeclaredKeys = false;

  constructor(migration: Migration, { isConfined }: { readonly isConfined: boolean }) {
    this.migration = migration;
    this.isConfined = isConfined;
  }

  /** The tables, folded, that the SQL which the code has run changes. */
  get changedTables(): ReadonlySet<string> {
    return this.changed;
  }

  /** From now on it is `verify` that runs, which may only read. */
  beginVerify(): void {
    this.isVerifying = true;
    this.verdicts.clear();
  }

  /** Whether a table has been created or renamed, without which none is rebuilt. */
  get makesTable(): boolean {
    return this.hasMadeTable;
  }

  /** Whether a foreign key may have been declared. */
  get declaresKeys(): boolean {
    return this.hasDeclaredKeys;
  }

  unseen(): void {
    this.hasDeclaredKeys = true;
  }

  /** @throws GodwitError STATEMENT_NOT_ALLOWED, SQL_UNTERMINATED */
  inspect(sql: string, call: "script" | "statement"): { readonly reshaped: readonly string[] } {
    let looked = this.verdicts.get(sql);
    if (looked === undefined) {
      looked = this.look(sql);
      if (this.verdicts.size >= VERDICTS_KEPT) this.verdicts.clear();
      if (sql.length <= TEXT_KEPT) this.verdicts.set(sql, looked);
    }
    if (call === "statement" && looked.count > 1) {
      throw new GodwitError(
        "STATEMENT_NOT_ALLOWED",
        `only the first of these ${looked.count} statements would run`,
        {
          hint: "prepare each one by itself, or run them all with db.run",
        },
      );
    }
    return looked;
  }

  get needsTransaction(): boolean {
    return this.migration.transactional;
  }

  refuse(why: Refusal): GodwitError {
    const { message, hint } = REFUSALS[why];
    return new GodwitError(why === "lost" ? "TRANSACTION_LOST" : "MIGRATION_FAILED", message, { hint });
  }

  private look(sql: string): Looked {
    this.hasDeclaredKeys ||= mayDeclareKeys(sql);
    if (isSimpleStatement(sql) && !mayEnforce(this.migration)) {
      this.hasMadeTable ||= CREATES.test(sql);
      return SIMPLE;
    }
    if (sql.includes("\0")) {
      throw new GodwitError(
        "STATEMENT_NOT_ALLOWED",
        "this SQL holds a NUL byte; SQLite would stop reading there",
        {
          hint: "bind the value, or write char(0) or x'00'",
        },
      );
    }
    const statements = statementsIn(sql);
    if (!everyHead(statements, hasNoRole)) this.refuseStatements(sql, statements);
    if (mayEnforce(this.migration)) for (const table of changedTables(sql)) this.changed.add(table);
    this.hasMadeTable ||= someHead(statements, makesTable);
    return { count: statements.length, reshaped: reshapedBy(sql, statements) };
  }

  private refuseStatements(sql: string, statements: readonly Statement[]): void {
    if (this.migration.transactional) refuseInCode(sql, statements);
    if (this.isVerifying) refuseInVerify(sql, statements);
    if (this.isConfined) refuseReaching(sql, statements);
  }
}

const NOTHING: readonly string[] = [];

function reshapedBy(sql: string, statements: readonly Statement[]): readonly string[] {
  if (!someHead(statements, reshapes)) return NOTHING;
  return statements
    .filter(({ words }) => reshapes(words))
    .flatMap(({ start, end }) => reshapedName(sql.slice(start, end)) ?? []);
}

/** An open comment makes SQLite pass over all that follows (https://sqlite.org/lang_comment.html); the rest it finds by itself. */
function statementsIn(sql: string): readonly Statement[] {
  const plain = mayBePlain(sql) ? plainStatements(sql, 0, sql.length) : null;
  if (plain !== null) return plain;
  const reader = new StatementReader(sql);
  const statements: Statement[] = [];
  for (let item = reader.next(); item !== null; item = reader.next()) {
    if (item.kind === "statement") statements.push(item.statement);
    else if (item.kind === "unterminated" && item.unterminated.what === "block comment") {
      throw new GodwitError("SQL_UNTERMINATED", "a block comment in this SQL is never closed", {
        hint: "close it with */; SQLite would pass over all that follows",
      });
    }
  }
  return statements;
}
