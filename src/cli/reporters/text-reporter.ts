import type { GodwitError } from "../../base/failure.ts";
import { counted, printable, size } from "../../base/printable.ts";
import type { MigrationLabel, RunEvent } from "../../engine/events.ts";
import type { RestorePoint } from "../../history/restore-points.ts";
import type { Output } from "../output.ts";
import { byItsName } from "../program-name.ts";
import type { RunProgress } from "../progress/run-progress.ts";
import type { CommandResult } from "../results.ts";
import { showFailure } from "../show-failure.ts";
import { brief, duration, fit, type Style } from "../style.ts";
import { versionLine } from "../versions.ts";
import { bundleLines } from "./bundle-view.ts";
import { Commentary } from "./commentary.ts";
import { embedLines } from "./embed-view.ts";
import { logLines } from "./log-view.ts";
import { rehearsalLines } from "./rehearsal-view.ts";
import { dispatch, type EventHandlers, type Reporter } from "./reporter.ts";
import { backupList, restoreLines } from "./restore-view.ts";
import { statusTable } from "./status-table.ts";
import { testLines } from "./test-view.ts";
import { verificationLines } from "./verification-view.ts";

export interface TextReporterOptions {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly style: Style;
  readonly errorStyle: Style;
  readonly isQuiet: boolean;
  /** Whether stderr is one. */
  readonly isErrorTerminal: boolean;
}

/** For a person: results on stdout, the rest on stderr. */
export class TextReporter implements Reporter {
  private readonly options: TextReporterOptions;
  private readonly handlers: EventHandlers;
  private readonly commentary: Commentary;
  private progress: RunProgress | null = null;
  private isCreating = false;

  constructor(options: TextReporterOptions) {
    this.options = options;
    this.commentary = new Commentary(options.stderr, options.isErrorTerminal);
    this.handlers = {
      ...this.commentary.handlers,
      "database-creating": ({ database }) => {
        this.isCreating = true;
        options.stdout.line(`creating ${printable(database)}`);
      },
      "plan-ready": (event) => this.showPlan(event),
      "backup-created": ({ restorePoint }) => this.showRestorePoint(restorePoint, "backed up  "),
      "backup-removed": ({ restorePoint }) => this.showRestorePoint(restorePoint, "removed    "),
      // Where no line can be drawn over, it is shown when it is committed; a failure names it.
      "migration-started": ({ migration, index, total }) => this.progress?.begin(migration, index, total),
      "migration-progress": (event) =>
        this.progress === null
          ? this.commentary.handlers["migration-progress"](event)
          : this.progress.rows(event.done, event.total),
      "migration-applied": ({ migration, executionTimeMs }) => this.showStep(migration, executionTimeMs),
      "migration-rolled-back": ({ migration, executionTimeMs }) => this.showStep(migration, executionTimeMs),
      "migration-failed": () => {
        // The failure itself comes to `fail`.
      },
      // The result comes to `finish`.
      "run-finished": () => this.progress?.end(),
      "restore-started": (event) => {
        this.progress?.end();
        this.commentary.handlers["restore-started"](event);
      },
    };
  }

  /** From now on, how a run goes is shown in a line that is drawn over. */
  drawOver(progress: RunProgress): void {
    this.progress = progress;
  }

  begin(): void {
    // Nothing is said before there is something to say.
  }

  event(event: RunEvent): void {
    if (!this.options.isQuiet) dispatch(this.handlers, event);
  }

  finish(result: CommandResult): void {
    this.endProgress();
    if (this.options.isQuiet && !isAskedFor(result)) return;
    for (const line of this.linesOf(result)) this.options.stdout.line(byItsName(line));
    if (result.kind === "rehearsal" && result.report.failure !== null) {
      // What came before it must not come after it at a terminal.
      this.options.stdout.flush();
      this.fail(result.report.failure);
    }
  }

  fail(error: GodwitError): void {
    this.endProgress();
    for (const line of showFailure(error, this.options.errorStyle)) this.options.stderr.line(byItsName(line));
  }

  private endProgress(): void {
    this.commentary.endProgress();
    this.progress?.end();
  }

  private showPlan({ database, steps }: Extract<RunEvent, { kind: "plan-ready" }>): void {
    if (this.isCreating) return;
    const downs = steps.filter(({ direction }) => direction === "down").length;
    const what =
      downs === 0
        ? "migrating"
        : downs === steps.length
          ? "rolling back in"
          : "rolling back and applying again in";
    this.options.stdout.line(`${what} ${printable(database)}`);
  }

  private showRestorePoint({ id, bytes }: RestorePoint, verb: string): void {
    const { stdout, style } = this.options;
    this.commentary.endProgress();
    stdout.line(`${style.dim(verb)}  ${id}  ${style.dim(size(bytes))}`);
  }

  private showStep({ version, description, direction }: MigrationLabel, executionTimeMs: number): void {
    const { stdout, style } = this.options;
    const verb = direction === "up" ? style.green("applied    ") : style.yellow("rolled back");
    const time = duration(executionTimeMs);
    const room = style.columns - 11 - 2 - 14 - 2 - 2 - time.length;
    stdout.line(`${verb}  ${version}  ${fit(brief(description), Math.max(room, 10))}  ${style.dim(time)}`);
  }

  private linesOf(result: CommandResult): string[] {
    switch (result.kind) {
      case "status":
        return statusTable(result.database, result.folder, result.report, this.options.style);
      case "migrate":
      case "rollback":
      case "redo":
      case "exec":
        return [summary(result)];
      case "create":
        return [result.migration.file];
      case "mark":
        return result.marked.length === 0
          ? ["nothing to change"]
          : result.marked.map(
              ({ version, description, state }) =>
                `marked ${state}  ${brief(version)}  ${brief(description)}`,
            );
      case "rehearsal":
        return rehearsalLines(result, this.options.style);
      case "test":
        return testLines(result, this.options.style);
      case "verify":
        return verificationLines(result, this.options.style);
      case "log":
        return logLines(result, this.options.style);
      case "backup":
        return [result.restorePoint.file];
      case "backup-list":
        return backupList(result, this.options.style);
      case "restore":
        return restoreLines(result);
      case "bundle":
        return bundleLines(result.bundle);
      case "embed":
        return embedLines(result.embedding, result.isCheck);
      case "complete":
        return [...result.lines];
      case "version":
        return [versionLine(result)];
      case "help":
        return result.text.split("\n");
    }
  }
}

/** Not a report of what was done, but what the command is for. */
function isAskedFor(result: CommandResult): boolean {
  return result.kind === "embed" ? result.isCheck : !DEEDS.has(result.kind);
}

const DEEDS: ReadonlySet<CommandResult["kind"]> = new Set([
  "migrate",
  "exec",
  "rollback",
  "redo",
  "restore",
  "mark",
  "bundle",
]);

type RunCommandResult = Extract<CommandResult, { kind: "migrate" | "rollback" | "redo" | "exec" }>;

function summary({ kind, database, result: { done, durationMs }, to }: RunCommandResult): string {
  if (done.length === 0) {
    return to === undefined
      ? `nothing is pending in ${printable(database)}`
      : `nothing to do in ${printable(database)}: it is at ${to}`;
  }
  const up = done.filter(({ direction }) => direction === "up").length;
  const down = done.length - up;
  const parts = [
    down > 0 ? `${counted(down, "migration")} rolled back` : "",
    up > 0 ? `${counted(up, "migration")} applied${kind === "redo" ? " again" : ""}` : "",
  ];
  return `${parts.filter((part) => part !== "").join(", ")} in ${duration(durationMs)}`;
}
