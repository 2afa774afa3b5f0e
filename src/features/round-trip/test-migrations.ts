import { GodwitError } from "../../base/failure.ts";
import { counted } from "../../base/printable.ts";
import type { SchemaObject } from "../../databases/connection.ts";
import { compareSchemas } from "../../databases/schema-comparison.ts";
import { compareRows, type TableChange } from "../../databases/sqlite/row-comparison.ts";
import type { PlanRequest, Step } from "../../engine/plan.ts";
import type { PreparedStep } from "../../engine/prepare.ts";
import { prepareRun, runPlan, withConnection } from "../../engine/run-plan.ts";
import type { RunSubject } from "../../engine/run-subject.ts";
import { ScratchDatabase } from "../../engine/scratch-database.ts";
import { isNoContent, onScratch } from "../../engine/scratch-subject.ts";
import { descriptionOf } from "../../migrations/migration.ts";

/** What came of trying one migration there, back and there again. */
export interface TestedMigration {
  readonly version: string;
  readonly description: string;
  readonly file: string;
  /** `irreversible`: it has no way back, and nothing else was found. */
  readonly result: "passed" | "failed" | "irreversible" | "not_tested";
  readonly findings: readonly string[];
  readonly warnings: readonly string[];
}

export interface TestReport {
  /** Whether the migrations were tried on a copy of the database's rows, or on nothing. */
  readonly isOnCopy: boolean;
  readonly tested: readonly TestedMigration[];
  readonly durationMs: number;
}

export interface TestRequest {
  /** All migrations from nothing, not those that are pending only. */
  readonly all: boolean;
  /** A migration without a way back is a finding. */
  readonly reversible: boolean;
}

/**
 * Tries migrations on a copy: up, down, compared with before, and up again, compared with after the first time.
 * @throws GodwitError what `migrate` would be refused for; nothing was tried then
 */
export async function testMigrations(subject: RunSubject, request: TestRequest): Promise<TestReport> {
  const { clock } = subject.settings;
  const start = clock.elapsed();
  const isOnCopy = !request.all && subject.database.exists();
  const report = (tested: readonly TestedMigration[]): TestReport => ({
    isOnCopy,
    tested,
    durationMs: Math.round(clock.elapsed() - start),
  });
  // What there is to do can be seen, and refused, without a copy.
  if (isOnCopy && (await prepareRun(onScratch(subject, subject.database), RUN)).length === 0)
    return report([]);
  using scratch = await ScratchDatabase.of(subject, { isEmpty: request.all });
  const copy = onScratch(subject, scratch.access);
  return await scratch.attempt(async () => {
    const tested: TestedMigration[] = [];
    let isOver = false;
    for (const step of await prepareRun(copy, RUN)) {
      const trip = new RoundTrip(step, copy, scratch);
      tested.push(isOver ? trip.verdict("not_tested") : await trip.run(request));
      isOver ||= !trip.isApplied;
    }
    return report(tested);
  });
}

/** Files that are older than the newest applied are tried too; whether they may be applied is for `migrate` to say. */
const UP: PlanRequest = { kind: "migrate", steps: undefined, allow: { outOfOrder: true } };
const RUN = { plan: UP, mustHaveFiles: true };
const DOWN: PlanRequest = { kind: "rollback", steps: 1 };

/** One migration's way there, back and there again. */
class RoundTrip {
  private readonly step: PreparedStep;
  private readonly subject: RunSubject;
  private readonly scratch: ScratchDatabase;
  /** Whether the next migration can be tried after this one. */
  isApplied = false;
  private readonly findings: string[] = [];
  private readonly warnings: string[] = [];

  constructor(step: PreparedStep, subject: RunSubject, scratch: ScratchDatabase) {
    this.step = step;
    this.subject = subject;
    this.scratch = scratch;
  }

  async run({ reversible }: TestRequest): Promise<TestedMigration> {
    const before = await this.scratch.snapshot("before");
    if (!(await this.attempt("up", { ...UP, steps: 1 }))) return this.verdict("failed");
    this.isApplied = true;
    const after = await this.scratch.snapshot("after");
    const wayBack = await this.goBack();
    if (wayBack === "none") {
      if (reversible) this.findings.push("there is no way back: it has no down");
      return this.verdict(reversible ? "failed" : "irreversible");
    }
    if (wayBack === "barred") return this.verdict("not_tested");
    if (wayBack === "gone") {
      await this.compare("after down", before);
      const isSame = this.findings.length === 0;
      if ((await this.attempt("up again", { ...UP, steps: 1 })) && isSame)
        await this.compare("after up again", after);
    }
    if (this.findings.length > 0) await this.scratch.goBackTo(after);
    return this.verdict(this.findings.length > 0 ? "failed" : "passed");
  }

  /** `none`: there is no down; `barred`: a newer one stands before it; `stuck`: it failed. */
  private async goBack(): Promise<"gone" | "none" | "barred" | "stuck"> {
    try {
      await runPlan(this.subject, { plan: DOWN, agreed: [this.backwards()] });
      return "gone";
    } catch (error) {
      if (!(error instanceof GodwitError)) throw error;
      this.scratch.requireRoomLeft(error);
      if (error.code === "DOWN_MISSING") return "none";
      if (error.code === "HISTORY_MOVED") {
        this.warnings.push("it is older than the newest applied, and so cannot be rolled back by itself");
        return "barred";
      }
      this.findings.push(describe("down", error));
      return "stuck";
    }
  }

  private backwards(): Step {
    return { direction: "down", migration: this.step.migration, isChanged: false };
  }

  private async attempt(what: string, plan: PlanRequest): Promise<boolean> {
    try {
      await runPlan(this.subject, { plan });
      return true;
    } catch (error) {
      if (!(error instanceof GodwitError)) throw error;
      this.scratch.requireRoomLeft(error);
      this.findings.push(describe(what, error));
      return false;
    }
  }

  /** With the state of a snapshot. Rows that only hold other values the second time are no finding: a migration may ask for the time. */
  private async compare(when: string, expected: string): Promise<void> {
    const isLeftOut = (table: string) => isNoContent(table, this.subject.settings.table);
    const present = await objectsIn(this.scratch.access);
    const schema = compareSchemas(await objectsIn(this.scratch.accessTo(expected)), present, isLeftOut);
    this.findings.push(...schema.differences.map((line) => `${when}: ${line}`));
    this.warnings.push(...schema.warnings.map((line) => `${when}: ${line}`));
    for (const change of compareRows(expected, this.scratch.path, isLeftOut)) {
      const isOnlyValues = when === "after up again" && change.inserted === 0 && change.deleted === 0;
      (isOnlyValues ? this.warnings : this.findings).push(...describeRows(when, change));
    }
  }

  verdict(result: TestedMigration["result"]): TestedMigration {
    const { findings, warnings } = this;
    const { version, file } = this.step.migration;
    const description = descriptionOf(this.step.migration);
    return { version, description, file, result, findings, warnings };
  }
}

async function objectsIn(access: ScratchDatabase["access"]): Promise<readonly SchemaObject[]> {
  if (!access.exists()) return [];
  return withConnection(access, "read", (connection) => connection!.schemaObjects());
}

function describe(what: string, { code, message, location, details }: GodwitError): string {
  const place =
    location === undefined ? "" : ` at ${location.file}${location.line === null ? "" : `:${location.line}`}`;
  return [`${what}: error[${code}] ${message}${place}`, ...details.map((line) => `  ${line}`)].join("\n");
}

function describeRows(when: string, { table, inserted, updated, deleted, examples }: TableChange): string[] {
  const parts = [
    deleted > 0 ? `${counted(deleted, "row")} gone` : "",
    inserted > 0 ? `${counted(inserted, "row")} left behind` : "",
    updated > 0 ? `${counted(updated, "row")} with other values` : "",
  ].filter((part) => part !== "");
  return [[`${when}: ${table}: ${parts.join(", ")}`, ...examples.map((line) => `  ${line}`)].join("\n")];
}
