import { GodwitError } from "../base/failure.ts";
import { expectMuch } from "../base/jit-policy.ts";
import { locateFile } from "../base/source-text.ts";
import type { History } from "../history/history.ts";
import type { Migration, MigrationSource } from "../migrations/migration.ts";
import type { FinishedStep } from "./events.ts";
import { historyMoved, type PlanRequest, planSteps, type Step } from "./plan.ts";
import type { Prepare, PreparedStep } from "./prepare.ts";
import type { Replan } from "./replan.ts";
import type { RunSubject } from "./run-subject.ts";
import { computeState, isUpToDate, newestApplied } from "./state.ts";
import type { CodeGuard } from "./work.ts";

export interface RunRequest {
  readonly plan: PlanRequest;
  /** The steps that somebody agreed to; a plan that differs under the lock is refused. */
  readonly agreed?: readonly Step[] | undefined;
  /** All steps or none, in one transaction. */
  readonly isAtomic?: boolean | undefined;
  /** Refuse to make a database. */
  readonly mustExist?: boolean | undefined;
  /** Refuse a source without migrations: more likely the wrong one than nothing to do. */
  readonly mustHaveFiles?: boolean | undefined;
}

/**
 * Every migration of a source, read. A file that cannot be parsed is in the list as broken.
 * @throws GodwitError what listing fails with
 */
export function readAll(source: MigrationSource): Migration[] {
  const files = source.list();
  expectMuch({ read: files.length });
  return files.map((file) => source.read(file));
}

/** @throws the failure of the first file that could not be read or parsed. */
export function requireReadable(migrations: readonly Migration[]): void {
  for (const { body } of migrations) if (body.kind === "broken") throw body.failure;
}

/** Plans and prepares; each step is prepared once, whatever is planned how often. */
export class Planner {
  private readonly source: MigrationSource;
  private readonly guard: CodeGuard;
  private readonly isConfined: boolean;
  private readonly request: RunRequest;
  private readonly migrations: readonly Migration[];
  private readonly prepared = { up: new Map<string, PreparedStep>(), down: new Map<string, PreparedStep>() };
  /** What a run begins with: before anything is done, the same history means the same steps. */
  private begun: { readonly history: History; readonly due: readonly Step[] } | null = null;

  constructor({ source, settings }: RunSubject, request: RunRequest) {
    this.source = source;
    this.guard = settings.guard;
    this.isConfined = settings.isConfined;
    this.request = request;
    this.migrations = readAll(source);
    if (request.mustHaveFiles === true && this.migrations.length === 0) throw noMigrations(source.label);
    if (request.plan.kind === "migrate") requireReadable(this.migrations);
  }

  readonly replan: Replan = async (history, done) => {
    const steps = this.plan(history, done);
    const prepared = steps.flatMap((step) => this.preparedFor(step) ?? []);
    if (prepared.length === steps.length) return { steps: prepared };
    return { retry: async () => void (await this.prepare(steps)) };
  };

  /** What is due. After something has been done, a rollback goes on with exactly what it began with. */
  plan(history: History, done: readonly FinishedStep[]): readonly Step[] {
    if (done.length > 0) return this.planRest(history, done);
    // Under the lock it is nearly always what it was.
    if (this.begun !== null && isSameHistory(this.begun.history, history)) return this.begun.due;
    this.begun = null;
    const { plan, agreed } = this.request;
    const due =
      plan.kind === "migrate" && plan.to === undefined && isUpToDate(this.migrations, history)
        ? []
        : planSteps(computeState(this.migrations, history), plan);
    if (agreed !== undefined) requireAgreed(agreed, due);
    this.begun = { history, due };
    return due;
  }

  private planRest(history: History, done: readonly FinishedStep[]): readonly Step[] {
    const { plan } = this.request;
    if (plan.kind !== "migrate") return stillDue(this.begun?.due ?? [], done, history);
    const steps = plan.steps === undefined ? undefined : plan.steps - done.length;
    return planSteps(computeState(this.migrations, history), { ...plan, steps });
  }

  async prepare(steps: readonly Step[]): Promise<readonly PreparedStep[]> {
    if (steps.length === 0) return [];
    // Loaded here, since most starts have nothing to do.
    const { prepareStep, requireAtomic, requireConfined } = await import("./prepare.ts");
    const prepared: PreparedStep[] = [];
    for (const step of steps) {
      let one = this.preparedFor(step);
      if (one === undefined) {
        const preparing =
          step.migration.body.kind === "code"
            ? this.guarded(step, prepareStep)
            : prepareStep(this.source, step);
        // Of thousands of files few hold code.
        one = preparing instanceof Promise ? await preparing : preparing;
        this.prepared[step.direction].set(step.migration.version, one);
      }
      prepared.push(one);
    }
    if (this.request.isAtomic === true) requireAtomic(prepared);
    if (this.isConfined) requireConfined(prepared);
    return prepared;
  }

  private preparedFor({ direction, migration }: Step): PreparedStep | undefined {
    return this.prepared[direction].get(migration.version);
  }

  /** Importing runs the code at the top of a module, and of all that it imports. */
  private async guarded(step: Step, prepare: Prepare): Promise<PreparedStep> {
    const { migration } = step;
    try {
      return await this.guard(async () => prepare(this.source, step), migration);
    } catch (error) {
      if (!(error instanceof GodwitError) || error.location !== undefined) throw error;
      throw error.with({ location: locateFile(migration.file) });
    }
  }
}

function noMigrations(label: string): GodwitError {
  return new GodwitError("MIGRATIONS_NOT_FOUND", `there are no migrations in ${label}`, {
    hint: 'name another folder with --dir, or write the first with: godwit create "what it does"',
  });
}

function keyOf({ direction, migration }: Step): string {
  return `${direction} ${migration.version}`;
}

/** The rest of a rollback or redo, if the history is still what this run made of it. */
function stillDue(due: readonly Step[], done: readonly FinishedStep[], history: History): readonly Step[] {
  const rest = due.slice(done.length);
  const expected = new Map<string, boolean>();
  for (const { version, direction } of done) expected.set(version, direction === "up");
  for (const { migration, direction } of rest) {
    if (!expected.has(migration.version)) expected.set(migration.version, direction === "down");
  }
  const applied = new Set(history.applied.map(({ version }) => version));
  for (const [version, isApplied] of expected)
    if (applied.has(version) !== isApplied) throw historyMoved(version);
  const newest = newestApplied(history);
  const next = rest[0];
  const isOvertaken = next?.direction === "down" && newest !== next.migration.version;
  if (isOvertaken) throw historyMoved(newest ?? next.migration.version);
  return rest;
}

/** As far as a plan depends on it. */
function isSameHistory(one: History, other: History): boolean {
  if (one.incomplete.length + other.incomplete.length > 0) return false;
  if (one.applied.length !== other.applied.length) return false;
  return one.applied.every(({ version, checksum }, index) => {
    const record = other.applied[index]!;
    return record.version === version && record.checksum === checksum;
  });
}

function requireAgreed(agreed: readonly Step[], due: readonly Step[]): void {
  const isSame =
    agreed.length === due.length && agreed.every((step, index) => keyOf(step) === keyOf(due[index]!));
  if (!isSame) throw historyMoved(due[0]?.migration.version ?? agreed[0]!.migration.version);
}
