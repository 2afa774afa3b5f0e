import { startSync } from "../../base/exclusive-file.ts";
import { GodwitError } from "../../base/failure.ts";
import { canonicalSchema, type SchemaBlock, schemaDiff } from "../../databases/canonical-schema.ts";
import { DatabaseError, databaseFailure } from "../../databases/database-error.ts";
import { examineCopy } from "../../databases/sqlite/copy-check.ts";
import { isWritable, requireCreatable } from "../../databases/sqlite/database-file.ts";
import { compareRows, type TableChange } from "../../databases/sqlite/row-comparison.ts";
import type { FinishedStep } from "../../engine/events.ts";
import type { PlanRequest } from "../../engine/plan.ts";
import type { RunRequest } from "../../engine/planner.ts";
import type { PreparedStep } from "../../engine/prepare.ts";
import { isAddition, wantsRestorePoint } from "../../engine/run-backup.ts";
import { prepareRun, runPlan, withConnection } from "../../engine/run-plan.ts";
import type { RunSubject } from "../../engine/run-subject.ts";
import { ScratchDatabase } from "../../engine/scratch-database.ts";
import { isNoContent, onScratch } from "../../engine/scratch-subject.ts";
import { backupFailure } from "../../history/restore-point-maker.ts";
import { estimateLock, type LockEstimate } from "./lock-estimate.ts";

/** What one migration did to the copy. */
export interface RehearsedStep extends FinishedStep {
  readonly rows: readonly TableChange[];
  /** Unified lines; empty where the schema stays. */
  readonly schemaDiff: readonly string[];
  /** In bytes; negative where the file gets smaller. */
  readonly sizeChange: number;
}

export interface RehearsalReport {
  /** Whether the real run would make the database. */
  readonly wouldCreate: boolean;
  /** Whether the real run would make a restore point. */
  readonly wouldBackUp: boolean;
  readonly steps: readonly RehearsedStep[];
  readonly lock: LockEstimate;
  readonly durationMs: number;
  /** What the real run would fail with, after these steps. */
  readonly failure: GodwitError | null;
}

/**
 * Carries a run out on a copy, through the same code as a real one, step by step, and says what each did. The database itself is only read: what there is
 * to do, and, if there is something, all of it, to copy it.
 * @throws GodwitError what the run would be refused for, and what keeps the copy from being made
 */
export async function rehearse(subject: RunSubject, request: RunRequest): Promise<RehearsalReport> {
  const { clock } = subject.settings;
  const start = clock.elapsed();
  const wouldCreate = !subject.database.exists();
  const due = await prepareRun(onScratch(subject, subject.database), request);
  if (due.length === 0) return { ...NOTHING, durationMs: Math.round(clock.elapsed() - start) };
  requireWritable(subject, wouldCreate);
  using scratch = await ScratchDatabase.of(subject);
  const copy = onScratch(subject, scratch.access);
  const rehearsal = new Rehearsal(copy, request, scratch);
  return await scratch.attempt(async () => {
    const planned = await prepareRun(copy, request);
    const restorePointMs = wouldCreate ? 0 : await rehearsal.timeRestorePoint(planned, subject);
    const failure = await rehearsal.run(planned);
    const { isAtomic = false } = request;
    return {
      wouldCreate: wouldCreate && planned.length > 0,
      wouldBackUp: restorePointMs > 0,
      steps: rehearsal.steps,
      lock: estimateLock(
        rehearsal.steps.map(({ executionTimeMs: ms }, index) => ({
          ms,
          isolation: planned[index]!.isolation,
        })),
        restorePointMs,
        { isAtomic, commit: subject.settings.commit },
      ),
      durationMs: Math.round(clock.elapsed() - start),
      failure,
    };
  });
}

/** What there is to tell of a run with nothing to do. */
const NOTHING: RehearsalReport = {
  wouldCreate: false,
  wouldBackUp: false,
  steps: [],
  lock: { longestMs: 0, totalMs: 0 },
  durationMs: 0,
  failure: null,
};

/**
 * Where a new database may not be made, the run would fail. Whoever may only read one that is there may rehearse all the same.
 * @throws GodwitError DATABASE_NOT_FOUND, DATABASE_READONLY
 */
function requireWritable({ database, settings }: RunSubject, wouldCreate: boolean): void {
  try {
    if (wouldCreate) requireCreatable(database.name);
    else if (!isWritable(database.name))
      settings.emit({
        kind: "note",
        file: database.name,
        line: null,
        message: "you may not write to it: the run itself would fail",
      });
  } catch (error) {
    throw error instanceof DatabaseError ? databaseFailure(error, database.name) : error;
  }
}

interface State {
  readonly schema: readonly SchemaBlock[];
  readonly bytes: number;
}

class Rehearsal {
  readonly steps: RehearsedStep[] = [];
  private readonly subject: RunSubject;
  private readonly request: RunRequest;
  private readonly scratch: ScratchDatabase;

  constructor(subject: RunSubject, request: RunRequest, scratch: ScratchDatabase) {
    this.subject = subject;
    this.request = request;
    this.scratch = scratch;
  }

  /**
   * What making a restore point would take: the copy, its way to the disk, and looking through it; 0 where none would be made.
   * @throws GodwitError DATABASE_CORRUPT, BACKUP_FAILED, as the real run does
   */
  async timeRestorePoint(
    planned: readonly PreparedStep[],
    { database, settings }: RunSubject,
  ): Promise<number> {
    const isWanted = await withConnection(this.scratch.access, "read", async (connection) =>
      wantsRestorePoint(connection!, planned, settings),
    );
    if (!isWanted) return 0;
    const start = settings.clock.elapsed();
    try {
      const syncing = startSync(this.scratch.path);
      examineCopy(this.scratch.path);
      await syncing;
    } catch (error) {
      throw backupFailure(error, database.name);
    }
    return Math.max(1, Math.round((this.scratch.copyMs ?? 0) + settings.clock.elapsed() - start));
  }

  /** @returns what a step failed with; null where all went well */
  async run(planned: readonly PreparedStep[]): Promise<GodwitError | null> {
    for (const step of planned) {
      try {
        this.steps.push(await this.perform(step));
      } catch (error) {
        if (!(error instanceof GodwitError)) throw error;
        this.scratch.requireRoomLeft(error);
        return error.with({
          outcome: "unchanged",
          state: `unchanged: it failed in a rehearsal on a copy, and ${this.scratch.access.name} was not touched`,
        });
      }
    }
    return null;
  }

  private async perform(step: PreparedStep): Promise<RehearsedStep> {
    const before = await this.state();
    const copy = changesRows(step) ? await this.scratch.snapshot("before") : null;
    const { done } = await runPlan(this.subject, { ...this.request, plan: oneOf(this.request.plan) });
    const after = await this.state();
    return {
      ...done[0]!,
      rows: copy === null ? [] : compareRows(copy, this.scratch.path, this.isLeftOut),
      schemaDiff: await schemaDiff(before.schema, after.schema),
      sizeChange: after.bytes - before.bytes,
    };
  }

  private async state(): Promise<State> {
    const { access } = this.scratch;
    if (!access.exists()) return { schema: [], bytes: 0 };
    return withConnection(access, "read", async (connection) => {
      const [row] = await connection!.all<{ bytes: number }>(
        "SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size",
      );
      const objects = await connection!.schemaObjects();
      return { schema: canonicalSchema(objects, this.isLeftOut), bytes: Number(row?.bytes ?? 0) };
    });
  }

  private readonly isLeftOut = (table: string): boolean => isNoContent(table, this.subject.settings.table);
}

/** What only adds fills no more than what it makes: CREATE TABLE … AS SELECT. */
function changesRows(step: PreparedStep): boolean {
  if (!isAddition(step) || step.work.kind === "code") return true;
  const { text, statements } = step.work;
  return statements.some(
    ({ words, start, end }) =>
      words.slice(1, 3).includes("TABLE") && /\bselect\b/i.test(text.slice(start, end)),
  );
}

/** The next step of a plan alone. */
function oneOf(plan: PlanRequest): PlanRequest {
  switch (plan.kind) {
    case "migrate":
      return { ...plan, steps: 1 };
    case "rollback":
    case "redo":
      return { kind: "rollback", steps: 1 };
  }
}
