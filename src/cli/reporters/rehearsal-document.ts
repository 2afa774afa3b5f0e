import type { RehearsalReport, RehearsedStep } from "../../features/rehearsal/rehearse.ts";

/** A rehearsal in JSON; the document of the command, with `dry_run` true. */
export function describeRehearsal(
  command: "migrate" | "rollback",
  report: RehearsalReport,
): Record<string, unknown> {
  const steps = report.steps.map(describeStep);
  return {
    ...(command === "migrate" ? { created: report.wouldCreate } : {}),
    dry_run: true,
    [command === "migrate" ? "applied" : "rolled_back"]: steps,
    lock: { longest_ms: report.lock.longestMs, total_ms: report.lock.totalMs },
    backup: null,
    would_back_up: report.wouldBackUp,
    violations: report.failure?.details ?? [],
    duration_ms: report.durationMs,
  };
}

/** The document of a rehearsal that was not begun. */
export function describeRefusedRehearsal(
  command: "migrate" | "rollback",
  durationMs: number,
): Record<string, unknown> {
  return describeRehearsal(command, {
    wouldCreate: false,
    wouldBackUp: false,
    steps: [],
    lock: { longestMs: 0, totalMs: 0 },
    durationMs,
    failure: null,
  });
}

function describeStep(step: RehearsedStep): Record<string, unknown> {
  const { version, description, executionTimeMs, rows, schemaDiff, sizeChange } = step;
  return {
    version,
    description,
    execution_time_ms: executionTimeMs,
    rows: rows.map(({ table, inserted, updated, deleted }) => ({ table, inserted, updated, deleted })),
    schema_diff: schemaDiff.map((line) => `${line}\n`).join(""),
    size_change: sizeChange,
  };
}
