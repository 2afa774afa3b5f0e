import type { Command, Connection } from "../databases/connection.ts";
import { DatabaseError } from "../databases/database-error.ts";
import type { HistoryTable } from "../history/history-table.ts";
import type { FinishedStep } from "./events.ts";
import type { PreparedStep, SqlWork } from "./prepare.ts";
import type { RunSettings } from "./run-settings.ts";
import { statementFailure } from "./sql-work.ts";
import { transactionLost } from "./step-failures.ts";
import type { StepRunner } from "./step-runner.ts";
import type { WriteTransaction } from "./transaction.ts";

interface Parts {
  readonly connection: Connection;
  readonly history: HistoryTable;
  readonly transaction: WriteTransaction;
  readonly settings: RunSettings;
  readonly steps: StepRunner;
}

/**
 * Runs steps of SQL that nothing is to be looked at for before or after, in two calls of the connection. A new database begins with hundreds of them, and
 * to await each thing by itself takes as long as SQLite takes for the statements.
 */
export class PlainStepRunner {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Statements and record together, in a savepoint. @throws as `StepRunner.runInSavepoint` */
  async run(step: PreparedStep, work: SqlWork): Promise<FinishedStep> {
    const { connection, history, transaction, settings, steps } = this.parts;
    const { savepoint } = transaction;
    const changes = history.changeCount;
    steps.tellNotes(step);
    const start = settings.clock.elapsed();
    const statements = await connection.runEach([savepoint.beginning, ...commandsOf(work)]);
    if (statements.ran === 0) throw statements.error;
    try {
      if (statements.error !== null)
        throw failureOf(step, work, statements.ran - 1, statements.error, connection);
      if (!statements.isInTransaction) await steps.lose(step, transactionLost(step));
      const finished = steps.finished(step, start);
      const record = await connection.runEach([steps.toRecord(step, finished), savepoint.ending]);
      if (record.ran === 0) throw steps.recordFailure(step, record.error);
      if (record.error !== null) {
        if (!savepoint.isGone(record.error)) throw record.error;
        await steps.lose(step, transactionLost(step));
      }
      return finished;
    } catch (error) {
      await steps.undo(step, savepoint, error);
      history.dropChanges(changes);
      throw error;
    }
  }
}

function commandsOf({ text, statements }: SqlWork): Command[] {
  return statements.map(({ start, end }) => ({ sql: text.slice(start, end) }));
}

/** @param index of the statement, from 0 */
function failureOf(
  { migration }: PreparedStep,
  work: SqlWork,
  index: number,
  error: unknown,
  connection: Connection,
): unknown {
  if (!(error instanceof DatabaseError)) return error;
  return statementFailure(work, work.statements[index]!, { migration, connection }, error);
}
