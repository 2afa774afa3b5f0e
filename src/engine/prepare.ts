import { GodwitError } from "../base/failure.ts";
import { locate, locateFile, type SourceLocation } from "../base/source-text.ts";
import type { CodeFunction, Migration, MigrationSource, SqlBody } from "../migrations/migration.ts";
import {
  type DroppedStatement,
  refuseEnforcedDrops,
  refuseInVerify,
  refuseReaching,
  refuseUnrunnable,
  withoutTransactionControl,
} from "../migrations/transaction-rules.ts";
import { mayDeclareKeys, type ReferenceImpact, referenceImpact } from "../sql/classification.ts";
import { mayRollBack, someHead } from "../sql/statement-facts.ts";
import type { Statement } from "../sql/statement-reader.ts";
import { labelOf, type MigrationLabel } from "./events.ts";
import type { Step } from "./plan.ts";

/**
 * How a step is kept whole. `shared`: in one transaction with its neighbours; `alone`: in one of its own, since it may roll the whole one
 * back; `enforced`: of its own with foreign keys on; `untransacted`: in none.
 */
type Isolation = "shared" | "alone" | "enforced" | "untransacted";

/** A step whose text is parsed and whose code is imported: it touches nothing outside the database any more. */
export interface PreparedStep extends Step {
  /** Made once: every event of the step has it. */
  readonly label: MigrationLabel;
  readonly isolation: Isolation;
  readonly work: Work;
  readonly verify: Work | null;
  /** The tables whose foreign keys it could break; null for any table. */
  readonly impact: readonly string[] | null;
  /** Whether its SQL may declare foreign keys; false for code, after which the schema is asked. */
  readonly declaresKeys: boolean;
  readonly dropped: readonly DroppedStatement[];
}

export type Work = SqlWork | CodeWork;

export interface SqlWork {
  readonly kind: "sql";
  readonly text: string;
  readonly statements: readonly Statement[];
  /** Whether neighbours among the statements may be run together, undone by a savepoint, and run again one by one. */
  readonly mayBatch: boolean;
}

export interface CodeWork {
  readonly kind: "code";
  readonly name: "up" | "down" | "verify";
  readonly run: CodeFunction;
}

/**
 * Reads everything that a step needs before any transaction begins.
 * @throws GodwitError what the file is refused for: SECTION_EMPTY, DOWN_MISSING, STATEMENT_NOT_ALLOWED, CODE_INVALID, or what
 * reading it failed with.
 */
export function prepareStep(source: MigrationSource, step: Step): PreparedStep | Promise<PreparedStep> {
  const { body } = step.migration;
  switch (body.kind) {
    case "sql":
      return prepareSql(step, body);
    case "code":
      return prepareCode(source, step);
    case "python":
      throw downMissing(step.migration, "it is a Python migration, which godwit cannot run");
    case "broken":
      throw body.failure;
  }
}

export type Prepare = typeof prepareStep;

function prepareSql(step: Step, body: SqlBody): PreparedStep {
  const { migration, direction } = step;
  const section = direction === "up" ? body.up : body.down;
  if (section.length === 0) throw direction === "up" ? sectionEmpty(migration) : downMissing(migration);
  refuseEnforcedDrops(migration, body.text, section);
  const verify = verifyOfSql(migration, body);
  const main = runnable(migration, body.text, section);
  if (main.work.statements.length === 0) throw sectionEmpty(migration);
  return {
    direction,
    migration,
    isChanged: step.isChanged,
    label: labelOf(step),
    isolation: isolationOf(migration, mayRollBack(main.work.statements)),
    work: main.work,
    verify: direction === "up" ? verify : null,
    impact: impactOf(main.work),
    declaresKeys: mayDeclareKeys(body.text),
    dropped: main.dropped,
  };
}

/** What a section may only do is read: that is asked before anything runs, whichever way the step goes. */
function verifyOfSql(migration: Migration, { text, verify }: SqlBody): SqlWork | null {
  if (verify.length === 0) return null;
  refuseInVerify(text, verify, migration.file);
  return runnable({ ...migration, transactional: true }, text, verify).work;
}

/** Whether the module of a migration must be imported to know its `verify`: not where its text does not speak of one. */
export function mayVerifyByCode({ body }: Migration): boolean {
  return body.kind === "code" && /\bverify\b/.test(body.text);
}

/**
 * The `verify` of a migration alone; null where it has none.
 * @throws GodwitError what the file is refused for
 */
export async function prepareVerify(source: MigrationSource, migration: Migration): Promise<Work | null> {
  const { body } = migration;
  switch (body.kind) {
    case "sql":
      return verifyOfSql(migration, body);
    case "code": {
      if (!mayVerifyByCode(migration)) return null;
      const { verify } = await source.load(migration);
      return verify === null ? null : { kind: "code", name: "verify", run: verify };
    }
    case "python":
      return null;
    case "broken":
      throw body.failure;
  }
}

function runnable(
  migration: Migration,
  text: string,
  section: readonly Statement[],
): { work: SqlWork; dropped: readonly DroppedStatement[] } {
  refuseUnrunnable(migration, text, section);
  const { statements, dropped } = migration.transactional
    ? withoutTransactionControl(migration, text, section)
    : { statements: section, dropped: [] };
  // Where something was taken out, or a vertical tab follows a comment, the text between two statements is no script of theirs.
  const isScript = dropped.length === 0 && !text.includes("\v");
  const mayBatch = isScript && statements.length >= MANY && isUndoable(text, statements);
  return { work: { kind: "sql", text, statements, mayBatch }, dropped };
}

/** From so many statements on the calls take longer than the work. */
const MANY = 200;

/** A savepoint undoes all but settings of the connection, and what these tell of the last statement. */
const NOT_UNDONE = /last_insert_rowid|changes\s*\(/i;

function isUndoable(text: string, statements: readonly Statement[]): boolean {
  if (mayRollBack(statements) || someHead(statements, ([verb]) => verb === "PRAGMA")) return false;
  return !NOT_UNDONE.test(text);
}

async function prepareCode(source: MigrationSource, step: Step): Promise<PreparedStep> {
  const { migration, direction } = step;
  const code = await source.load(migration);
  const run = direction === "up" ? code.up : code.down;
  if (run === null) throw downMissing(migration);
  const verify = direction === "up" ? code.verify : null;
  return {
    ...step,
    label: labelOf(step),
    isolation: isolationOf(migration, migration.body.kind === "code" && ROLLS_BACK.test(migration.body.text)),
    work: { kind: "code", name: direction, run },
    verify: verify === null ? null : { kind: "code", name: "verify", run: verify },
    impact: null,
    declaresKeys: false,
    dropped: [],
  };
}

/** SQL inside code that can end the whole transaction. */
const ROLLS_BACK = /\bOR\s+ROLLBACK\b|\bRAISE\s*\(\s*ROLLBACK\b/i;

function isolationOf(migration: Migration, mayRollBack: boolean): Isolation {
  if (!migration.transactional) return "untransacted";
  if (migration.foreignKeysOn) return "enforced";
  return mayRollBack ? "alone" : "shared";
}

function impactOf({ text, statements }: SqlWork): readonly string[] | null {
  const tables: string[] = [];
  for (const { words, start, end } of statements) {
    const impact: ReferenceImpact = referenceImpact(words, text.slice(start, end));
    if (impact.kind === "any") return null;
    if (impact.kind === "table") tables.push(impact.table);
  }
  return tables;
}

function sectionEmpty(migration: Migration): GodwitError {
  return new GodwitError("SECTION_EMPTY", `${migration.version} has no statement to apply`, {
    location: locateMarker(migration, "up"),
    hint: 'write the SQL under "-- up"',
  });
}

function downMissing(migration: Migration, why = "it has no way down"): GodwitError {
  return new GodwitError("DOWN_MISSING", `${migration.version} cannot be undone: ${why}`, {
    location: locateMarker(migration, "down"),
    hint: downHint(migration),
  });
}

/** The line of a section's marker, or the file where there is none. */
function locateMarker({ file, body }: Migration, section: "up" | "down"): SourceLocation {
  const text = body.kind === "sql" ? body.text : "";
  const marker = new RegExp(`^[ \\t]*--[ \\t]*${section}[ \\t]*$`, "im").exec(text);
  return marker === null ? locateFile(file) : locate(file, text, marker.index);
}

function downHint({ kind, version, slug }: Migration): string {
  if (kind === "sql") return 'write the SQL under "-- down"';
  return kind === "py" ? `rewrite it as ${version}_${slug}.sql or .ts` : 'export a function "down"';
}

/** @throws GodwitError NOT_ATOMIC for steps that cannot share one transaction */
export function requireAtomic(steps: readonly PreparedStep[]): void {
  const apart = steps.find(({ isolation }) => isolation === "untransacted" || isolation === "enforced");
  if (apart === undefined) return;
  const { version, file } = apart.migration;
  const header = apart.isolation === "untransacted" ? "Transaction: off" : "Foreign keys: on";
  throw new GodwitError("NOT_ATOMIC", `${version} has "${header}", and cannot share a transaction`, {
    location: locateFile(file),
    hint: "leave out --atomic, or apply what comes before it with --to",
  });
}

/** Code is asked while it runs. @throws GodwitError STATEMENT_NOT_ALLOWED for SQL that reaches other files */
export function requireConfined(steps: readonly PreparedStep[]): void {
  for (const { work, migration } of steps)
    if (work.kind === "sql") refuseReaching(work.text, work.statements, migration.file);
}
