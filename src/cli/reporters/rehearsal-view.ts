import { counted, printable, size } from "../../base/printable.ts";
import type { TableChange } from "../../databases/sqlite/row-comparison.ts";
import type { RehearsalReport, RehearsedStep } from "../../features/rehearsal/rehearse.ts";
import type { CommandResult } from "../results.ts";
import { brief, duration, fit, type Style } from "../style.ts";

type Rehearsed = Extract<CommandResult, { kind: "rehearsal" }>;

/** What a run would do, migration by migration, and what it would cost. */
export function rehearsalLines({ database, report }: Rehearsed, style: Style): string[] {
  const where = printable(database);
  const head = report.wouldCreate ? `would create ${where}` : `rehearsing on a copy of ${where}`;
  if (report.steps.length === 0 && report.failure === null) return [`nothing is pending in ${where}`];
  return [
    head,
    ...report.steps.flatMap((step) => stepLines(step, style)),
    ...(report.failure === null ? [...lockLines(report), "nothing was changed"] : []),
  ];
}

function stepLines(step: RehearsedStep, style: Style): string[] {
  const verb = step.direction === "up" ? style.green("would apply    ") : style.yellow("would roll back");
  const time = duration(step.executionTimeMs);
  const room = style.columns - 15 - 2 - 14 - 2 - 2 - time.length;
  return [
    `${verb}  ${step.version}  ${fit(brief(step.description), Math.max(room, 10))}  ${style.dim(time)}`,
    ...step.rows.map((change) => `  ${brief(change.table)}: ${describeChange(change)}`),
    ...step.schemaDiff.map((line) => `  ${coloured(line, style)}`),
    ...(step.sizeChange === 0 ? [] : [style.dim(`  the file ${describeSize(step.sizeChange)}`)]),
  ];
}

/** `1,204 updated, 3 deleted`. */
function describeChange({ inserted, updated, deleted }: TableChange): string {
  const parts = [
    inserted > 0 ? `${inserted.toLocaleString("en")} inserted` : "",
    updated > 0 ? `${updated.toLocaleString("en")} updated` : "",
    deleted > 0 ? `${deleted.toLocaleString("en")} deleted` : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function describeSize(bytes: number): string {
  return bytes > 0 ? `grows by ${size(bytes)}` : `shrinks by ${size(-bytes)}`;
}

function coloured(line: string, style: Style): string {
  const text = printable(line);
  if (line.startsWith("+")) return style.green(text);
  return line.startsWith("-") ? style.red(text) : style.dim(text);
}

function lockLines({ steps, lock, wouldBackUp }: RehearsalReport): string[] {
  const restorePoint = wouldBackUp ? ", a restore point among it" : "";
  return [
    `${counted(steps.length, "migration")} would hold the write lock for about ${duration(lock.totalMs)}${restorePoint}; ${duration(lock.longestMs)} at a stretch`,
  ];
}
