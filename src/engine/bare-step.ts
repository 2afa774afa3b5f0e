import type { Command } from "../databases/connection.ts";
import type { FinishedStep } from "./events.ts";
import type { PreparedStep, SqlWork } from "./prepare.ts";
import { statementFailure } from "./sql-work.ts";
import { transactionLost } from "./step-failures.ts";
import type { StepParts } from "./step-runner.ts";
import { isSavepointGone } from "./transaction.ts";

/**
 * Runs steps of SQL for which nothing is to be looked at before or after, in two calls of the connection. A new database begins with hundreds of them, and
 * to await each thing by itself takes as long as SQLite takes for the statements.
 */
export class BareStepRunner {
  private readonly parts: StepParts;

  constructor(parts: StepParts) {
    this.parts = parts;
  }

  /** Statements and record together, in a savepoint. @throws as `StepRunner.runInSavepoint` */
  async run(step: PreparedStep, work: SqlWork): Promise<FinishedStep> {
    const { connection, history, transaction, settings, steps } = this.parts;
    const { savepoint } = transaction;
    const { migration } = step;
    const changes = history.changeCount;
    steps.tellNotes(step);
    const start = settings.clock.elapsed();
    const { ran, error, isInTransaction } = await connection.runEach([
      savepoint.beginning,
      ...commandsOf(work),
    ]);
    if (error !== null && ran === 0) throw error;
    try {
      if (error !== null)
        throw statementFailure(work, work.statements[ran - 1]!, { migration, connection }, error);
      if (!isInTransaction) await steps.lose(step, transactionLost(step));
      const finished = steps.finished(step, start);
      const record = await connection.runEach([steps.recording(step, finished), savepoint.ending]);
      if (record.ran === 0) throw steps.recordFailure(step, record.error);
      if (record.error !== null) {
        if (!isSavepointGone(record.error)) throw record.error;
        await steps.lose(step, transactionLost(step));
      }
      return finished;
    } catch (failure) {
      await steps.undo(step, savepoint, failure);
      history.dropChanges(changes);
      throw failure;
    }
  }
}

function commandsOf({ text, statements }: SqlWork): Command[] {
  return statements.map(({ start, end }) => ({ sql: text.slice(start, end) }));
}
