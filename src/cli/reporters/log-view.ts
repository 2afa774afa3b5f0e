import { printable } from "../../base/printable.ts";
import type { LoggedRun } from "../../history/run-log.ts";
import type { CommandResult } from "../results.ts";
import { brief, duration, pad, type Style } from "../style.ts";

export interface ShownRun extends LoggedRun {
  /** It has no end, and its process may still be there. */
  readonly isAlive: boolean;
}

/** The runs of a database, newest first, with what each came to below it. */
export function logLines(
  { database, runs, total }: Extract<CommandResult, { kind: "log" }>,
  style: Style,
): string[] {
  if (runs.length === 0) return [`no run is in the log of ${printable(database)}`];
  const width = Math.max(...runs.map(({ command }) => command.length));
  const lines = runs.flatMap((run) => [
    [
      moment(run.startedAt),
      style.bold(pad(brief(run.command), width)),
      paint(run, style)(describeEnd(run)),
      style.dim(`${brief(`${run.user}@${run.host}`)}, godwit ${brief(run.godwit)}`),
    ].join("  "),
    ...failureLine(run),
  ]);
  const rest = total - runs.length;
  return rest === 0 ? lines : [...lines, `and ${rest} before them: godwit log --limit ${total}`];
}

/** In one line, for the end of `status`. */
export function lastFailureLine(run: LoggedRun): string {
  const what = run.end === null ? "did not end" : `failed: ${brief(run.end.error?.code ?? run.end.outcome)}`;
  const at = place(run) === null ? "" : ` at ${place(run)}`;
  return `the last run (${brief(run.command)}, ${moment(run.startedAt)}) ${what}${at}; see: godwit log`;
}

function failureLine(run: LoggedRun): string[] {
  if (run.end?.error == null) return [];
  const at = place(run);
  return [`  ${at === null ? "" : `${at}: `}${brief(run.end.error.message)}`];
}

function place({ end }: LoggedRun): string | null {
  const { file = null, line = null } = end?.error ?? {};
  return file === null ? null : `${brief(file)}${line === null ? "" : `:${line}`}`;
}

function describeEnd({ end, isAlive }: ShownRun): string {
  if (end === null) return isAlive ? "running, or did not end" : "did not end";
  const { error, outcome, done, durationMs, restorePoint } = end;
  const counts = count(done);
  const parts = [
    error === null ? "done" : `failed: ${brief(error.code)}, ${outcome.replace("_", " ")}`,
    ...counts,
    duration(durationMs),
    ...(restorePoint === null ? [] : [`restore point ${brief(restorePoint)}`]),
  ];
  return parts.join(", ");
}

const WORDS: Readonly<Record<string, string>> = {
  up: "applied",
  down: "rolled back",
  applied: "marked applied",
  pending: "marked pending",
};

function count(done: readonly { readonly direction: string }[]): string[] {
  return Object.entries(WORDS).flatMap(([direction, word]) => {
    const number = done.filter((step) => step.direction === direction).length;
    return number === 0 ? [] : [`${number} ${word}`];
  });
}

function paint({ end }: ShownRun, style: Style): (text: string) => string {
  return end?.outcome === "done" ? style.green : style.red;
}

/** `2026-02-14 03:00:12`, UTC. */
function moment(iso: string): string {
  return brief(iso.slice(0, 19).replace("T", " "));
}

export function describeRun({ id, startedAt, user, host, pid, godwit, command, end }: LoggedRun) {
  return {
    id,
    started_at: startedAt,
    ...{ user, host, pid, godwit, command },
    finished_at: end?.finishedAt ?? null,
    duration_ms: end?.durationMs ?? null,
    outcome: end?.outcome ?? null,
    done: end?.done ?? [],
    error: end?.error ?? null,
    restore_point: end?.restorePoint ?? null,
  };
}
