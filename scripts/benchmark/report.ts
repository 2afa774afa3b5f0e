import { alignTable } from "../document.ts";
import { formatFigure } from "./figure.ts";
import type { Machine } from "./machine.ts";
import { isMet, type MeasuredRatio, type Measurements } from "./ratios.ts";

export interface Report {
  readonly date: string;
  readonly machine: Machine;
  /** Of what has no row of its own: SQLite in the contenders, Node. */
  readonly versions: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly workloads: Measurements;
  readonly ratios: readonly MeasuredRatio[];
  /** Contenders that were left out, and why. */
  readonly missing: Readonly<Record<string, string>>;
}

const KIB_IN_MIB = 1024;

export function showReport(report: Report): string {
  const { date, machine, versions, rounds, missing } = report;
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const { cores, model, kernel } = machine;
  const summary = [date, `${cores} cores (${model})`, kernel, ...named, `medians of ${rounds} rounds`].join(
    ", ",
  );
  const left = Object.entries(missing).map(([name, reason]) => `Not measured: ${name}, ${reason}.`);
  return [`${summary}:`, showWorkloads(report.workloads), showRatios(report.ratios), ...left].join("\n\n");
}

function showWorkloads(workloads: Measurements): string {
  const rows = Object.entries(workloads).flatMap(([name, measurements]) =>
    measurements.map(({ title, milliseconds, peakKib }) => [
      `\`${name}\``,
      title,
      formatFigure(milliseconds),
      formatFigure(milliseconds / measurements[0]!.milliseconds),
      peakKib === null ? "not measured" : formatFigure(peakKib / KIB_IN_MIB),
    ]),
  );
  const head = ["Workload", "Contender", "Median, ms", "× the first", "Peak memory, MiB"];
  return alignTable([head, ...rows], [2, 3, 4]);
}

function showRatios(ratios: readonly MeasuredRatio[]): string {
  const rows = ratios.map((ratio) => {
    const { text, value, unit, limit } = ratio;
    return [
      text,
      limit === null ? "none" : `${limit} ${unit}`,
      value === null ? "not measured" : `${formatFigure(value)} ${unit}`,
      { true: "yes", false: "**no**", null: "" }[`${isMet(ratio)}`],
    ];
  });
  return alignTable([["What", "At most", "Measured", "Met"], ...rows], [1, 2]);
}
