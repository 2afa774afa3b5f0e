import type { Command } from "../databases/connection.ts";
import { onlyMakesOrDropsTable } from "../sql/classification.ts";
import type { FinishedStep } from "./events.ts";
import type { PreparedStep, SqlWork } from "./prepare.ts";
import { statementFailure } from "./sql-work.ts";
import { StepFailure, transactionLost } from "./step-failures.ts";
import type { StepParts } from "./step-runner.ts";
import { isSavepointGone } from "./transaction.ts";

/** So many at most are run anew where one of them fails. */
const MOST_TOGETHER = 200;

/** What became of steps that were run together: those that are done, or which one failed, counted from 0, and nothing of them is left. */
export type RanTogether = { readonly finished: readonly FinishedStep[] } | { readonly failed: number };

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

  /**
   * How many steps, from the first on, `runTogether` can take: those that make or drop tables, and so can neither see nor miss what is recorded of the steps
   * before them.
   * @param isBare whether there is nothing to look at before or after
   */
  countTogether(
    steps: readonly PreparedStep[],
    from: number,
    isBare: (step: PreparedStep) => boolean,
  ): number {
    let count = 0;
    for (let step = steps[from]; step !== undefined && count < MOST_TOGETHER; step = steps[from + ++count])
      if (step.isolation !== "shared" || !onlyMakesOrDropsTables(step) || !isBare(step)) break;
    return count;
  }

  /**
   * Runs steps in one savepoint, and records all of them after the last: for each change of the schema SQLite prepares anew what records, and looks for its
   * table among all the others.
   * @param begins told of each before it is run; false where it must wait for another transaction
   * @throws StepFailure where there is no transaction left, or no savepoint to be had
   */
  async runTogether(
    together: readonly PreparedStep[],
    begins: (step: PreparedStep, index: number) => boolean,
  ): Promise<RanTogether> {
    const { history, transaction } = this.parts;
    const changes = history.changeCount;
    try {
      await transaction.savepoint.begin();
    } catch (error) {
      throw new StepFailure(together[0]!, error);
    }
    try {
      return { finished: await this.runAndRecord(together, begins) };
    } catch (failure) {
      if (!(failure instanceof StepFailure)) throw failure;
      await this.undo(failure);
      history.dropChanges(changes);
      return { failed: together.indexOf(failure.step) };
    }
  }

  private async runAndRecord(
    together: readonly PreparedStep[],
    begins: (step: PreparedStep, index: number) => boolean,
  ): Promise<FinishedStep[]> {
    const { connection, transaction, steps } = this.parts;
    const { starts, ends } = await this.runStatements(together, begins);
    const finished = starts.map((start, index) => steps.finished(together[index]!, start, ends[index]));
    const records = finished.map((done, index) => steps.recording(together[index]!, done));
    const { error, ran } = await connection.runEach([...records, transaction.savepoint.ending]);
    if (error === null) return finished;
    const step = together[Math.min(ran, finished.length - 1)]!;
    throw new StepFailure(
      step,
      isSavepointGone(error) ? transactionLost(step) : steps.recordFailure(step, error),
    );
  }

  /**
   * Runs the statements of all steps in one call, with nothing between two of them but `begins`: SQLite goes through all tables for each that it makes, and
   * other work pushes them out of the processor's cache. Each step has a statement: one that has none is refused before.
   * @returns when each step that was run began and ended, without what `begins` took
   */
  private async runStatements(
    together: readonly PreparedStep[],
    begins: (step: PreparedStep, index: number) => boolean,
  ): Promise<{ starts: readonly number[]; ends: readonly number[] }> {
    const { connection, settings } = this.parts;
    const now = () => settings.clock.elapsed();
    const commands: Command[] = [];
    /** The step of each command. */
    const stepOf: number[] = [];
    for (let index = 0; index < together.length; index++) {
      const { text, statements } = together[index]!.work as SqlWork;
      for (const { start, end } of statements) {
        commands.push({ sql: text.slice(start, end) });
        stepOf.push(index);
      }
    }
    const starts: number[] = [];
    const ends: number[] = [];
    const { ran, error, isInTransaction } = await connection.runEach(commands, (at) => {
      const index = stepOf[at]!;
      if (index < starts.length) return true;
      if (index > 0) ends.push(now());
      if (!begins(together[index]!, index)) return false;
      starts.push(now());
      return true;
    });
    if (ends.length < starts.length) ends.push(now());
    if (error === null && isInTransaction) return { starts, ends };
    // None has begun where the transaction had ended before.
    const last = Math.max(starts.length - 1, 0);
    const step = together[last]!;
    if (error === null) throw new StepFailure(step, transactionLost(step));
    const work = step.work as SqlWork;
    const statement = work.statements[ran - stepOf.indexOf(last)]!;
    const { migration } = step;
    throw new StepFailure(step, statementFailure(work, statement, { migration, connection }, error));
  }

  private async undo({ step, cause }: StepFailure): Promise<void> {
    const { transaction, steps } = this.parts;
    try {
      await steps.undo(step, transaction.savepoint, cause);
    } catch (lost) {
      throw new StepFailure(step, lost);
    }
  }
}

/** And has no notes to tell. */
function onlyMakesOrDropsTables({ work, dropped, isChanged }: PreparedStep): boolean {
  if (work.kind !== "sql" || dropped.length > 0 || isChanged) return false;
  for (const { words, start, end } of work.statements)
    if (!onlyMakesOrDropsTable(words, work.text.slice(start, end))) return false;
  return true;
}

function commandsOf({ text, statements }: SqlWork): Command[] {
  return statements.map(({ start, end }) => ({ sql: text.slice(start, end) }));
}
