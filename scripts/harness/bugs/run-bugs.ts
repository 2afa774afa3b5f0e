import { faults } from "../faults.ts";
import { inputsFrom } from "../inputs.ts";
import { rebuilds } from "../rebuilds.ts";
import { runners } from "../runners.ts";
import type { Bug } from "./bug.ts";

/** How a run goes: transactions, savepoints, the history, and what is told of them. */
export const RUN_BUGS: readonly Bug[] = [
  {
    name: "the history is written in a second transaction",
    file: "engine/step-runner.ts",
    find: "      await this.record(step, finished);\n      if (",
    replace:
      '      await savepoint.release();\n      await this.connection.run("COMMIT");\n      await this.connection.run("BEGIN IMMEDIATE");\n      await this.record(step, finished);\n      if (step === null && ',
    caughtBy: [faults, inputsFrom("a history that refuses the record")],
  },
  {
    name: "BEGIN takes no lock",
    file: "engine/transaction.ts",
    find: 'this.connection.run("BEGIN IMMEDIATE")',
    replace: 'this.connection.run("BEGIN")',
    caughtBy: [inputsFrom("another process cannot write while it runs")],
  },
  {
    name: "the history is not read again under the lock",
    file: "engine/planner.ts",
    find: "    const steps = this.plan(history, done);",
    replace:
      "    const steps = done.length === 0 && this.due.length > 0 ? this.due : this.plan(history, done);",
    caughtBy: [inputsFrom("another process applies it while it is imported")],
  },
  {
    name: "foreign keys are switched off inside the transaction",
    file: "engine/migration-run.ts",
    find: "    await this.transaction.begin();\n    this.openedAs = isolation;",
    replace:
      "    await this.connection.setForeignKeys(true);\n    await this.transaction.begin();\n    await this.connection.setForeignKeys(enforced);\n    this.openedAs = isolation;",
    caughtBy: [rebuilds],
  },
  {
    name: "foreign keys are never switched off",
    file: "engine/migration-run.ts",
    find: '    const enforced = isolation === "enforced";',
    replace: "    const enforced = true;",
    caughtBy: [rebuilds],
  },
  {
    name: "new violations of foreign keys are passed over",
    file: "engine/foreign-key-guard.ts",
    find: "    if (!isSound(found)) {",
    replace: "    if (found === null) {",
    caughtBy: [inputsFrom("a key that points nowhere")],
  },
  {
    name: "old violations of foreign keys stop a migration",
    file: "engine/foreign-key-guard.ts",
    find: "    const found = newViolations(this.before, after);",
    replace: "    const found = after;",
    caughtBy: [inputsFrom("a key that pointed nowhere before"), rebuilds],
  },
  {
    name: "rows that a foreign key takes are passed over",
    file: "engine/row-guard.ts",
    find: "    if (losses.length === 0) return;",
    replace: "    return;",
    caughtBy: [inputsFrom("rows taken by a foreign key")],
  },
  {
    name: "only the first statement is run",
    file: "engine/sql-work.ts",
    find: "index < statements.length; index++)",
    replace: "index < 1; index++)",
    caughtBy: [inputsFrom("a syntax error in the second statement")],
  },
  {
    name: "of a step that only creates the first statement alone is run",
    file: "engine/bare-step.ts",
    find: "  return statements.map((",
    replace: "  return statements.slice(0, 1).map((",
    caughtBy: [inputsFrom("the last statement of one that only creates fails")],
  },
  {
    name: "a step that only creates is recorded although it failed",
    file: "engine/bare-step.ts",
    find: "      if (error !== null)\n",
    replace: "      if (error === undefined)\n",
    caughtBy: [inputsFrom("the last statement of one that only creates fails")],
  },
  {
    name: "of steps that are run together the last is not recorded",
    file: "engine/bare-step.ts",
    find: "finished.map((done, index)",
    replace: "finished.slice(0, -1).map((done, index)",
    caughtBy: [inputsFrom("four that only make tables")],
  },
  {
    name: "a second statement of a step that is run together is taken for another step",
    file: "engine/bare-step.ts",
    find: "      if (index < starts.length) return true;\n",
    replace: "",
    caughtBy: [inputsFrom("the third of four that only make tables makes two")],
  },
  {
    name: "what was run together stays where one of it fails",
    file: "engine/bare-step.ts",
    find: "      await this.undo(failure);\n",
    replace: "",
    caughtBy: [inputsFrom("the fourth of five that only make tables fails")],
  },
  {
    name: "the plan from before the lock is kept whatever the history says",
    file: "engine/planner.ts",
    find: "  if (one.applied.length !== other.applied.length) return false;",
    replace: "",
    caughtBy: [inputsFrom("another process applies it while it is imported")],
  },
  {
    name: "a COMMIT that fails is passed over, and applied is told",
    file: "engine/transaction.ts",
    find: "await this.requireUndone(lastChange, error);\n      throw error;",
    replace: "await this.requireUndone(lastChange, error);\n      void error;",
    caughtBy: [inputsFrom("a rebuild refused by COMMIT")],
  },
  {
    name: "what another run has committed between two commits is not seen",
    file: "engine/transaction.ts",
    find: "    return this.dataVersion === this.committedVersion;",
    replace: "    return this.committedVersion !== null;",
    caughtBy: [runners],
  },
  {
    name: "keys are taken for none",
    file: "engine/foreign-key-guard.ts",
    find: "    return this.pointing?.size === 0;",
    replace: "    return this.pointing !== undefined;",
    caughtBy: [inputsFrom("a key that points nowhere")],
  },
  {
    name: "a failure undoes the whole transaction",
    file: "engine/transaction.ts",
    find: "    return (await this.attempt(this.undoing)) && (await this.release());",
    replace: '    return this.attempt("ROLLBACK");',
    caughtBy: [inputsFrom("the second of two fails")],
  },
  {
    name: "a failed step is released, not undone",
    file: "engine/transaction.ts",
    find: "    return (await this.attempt(this.undoing)) && (await this.release());",
    replace: "    return this.release();",
    caughtBy: [inputsFrom("the second of two fails")],
  },
  {
    name: "applied is told before the commit",
    file: "engine/migration-run.ts",
    find: "        this.ledger.uncommitted.push(await this.runner.runInSavepoint(step, this.foreignKeys));",
    replace:
      '        const early = await this.runner.runInSavepoint(step, this.foreignKeys);\n        this.settings.emit({ kind: "migration-applied", migration: early, executionTimeMs: 0 });\n        this.ledger.uncommitted.push(early);',
    caughtBy: [inputsFrom("a reader that keeps COMMIT out")],
  },
  {
    name: "the JSON lists as applied what failed",
    file: "cli/reporters/json-reporter.ts",
    find: '      "migration-failed": ignore,',
    replace:
      '      "migration-failed": ({ migration }) => void this.done.push({ ...migration, executionTimeMs: 0 }),',
    caughtBy: [inputsFrom("the second of two fails")],
  },
  {
    name: "verify is skipped",
    file: "engine/step-runner.ts",
    find: "      if (step.verify !== null) {",
    replace: "      if (step.verify === undefined) {",
    caughtBy: [inputsFrom("verify finds a row")],
  },
  {
    name: "verify may write",
    file: "engine/work.ts",
    find: "  await context.connection.setQueryOnly(true);",
    replace: "",
    caughtBy: [inputsFrom("verify writes")],
  },
  {
    name: "a step outside a transaction is not noted",
    file: "engine/untransacted-runner.ts",
    find: "        await this.history.recordIncomplete(version, 1, startedAt);",
    replace: "",
    caughtBy: [inputsFrom("verify outside a transaction")],
  },
  {
    name: "the note of an incomplete step is removed when it fails",
    file: "engine/untransacted-runner.ts",
    find: '    if (step.work.kind === "sql" && ran === 0 && isUntouched) return this.neverBegan(step, error);',
    replace: "    if (ran >= 0 || isUntouched) return this.neverBegan(step, error);",
    caughtBy: [inputsFrom("a later statement outside a transaction")],
  },
  {
    name: "what is rolled back stays in the history",
    file: "history/history-table.ts",
    find: "`DELETE FROM ${this.name} WHERE version = ?`;",
    replace: "`DELETE FROM ${this.name} WHERE version = ? AND 0`;",
    caughtBy: [inputsFrom("the newest is rolled back"), rebuilds],
  },
  {
    name: "a change of the history by a migration is passed over",
    file: "engine/surroundings.ts",
    find: "    if (this.versions === null || (await this.versionsNow()) === this.versions) return;",
    replace: "    if (this.versions !== undefined) return;",
    caughtBy: [inputsFrom("a change of the history")],
  },
  {
    name: "settings that a migration made stay",
    file: "engine/surroundings.ts",
    find: "    if (this.settings !== null) await this.connection.restoreSettings(this.settings);",
    replace: "",
    caughtBy: [inputsFrom("its settings end with it")],
  },
];
