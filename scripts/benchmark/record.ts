import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatFigure } from "./figure.ts";
import { type MeasuredRatio, RATIOS } from "./ratios.ts";

const PATH = join(import.meta.dir, "recorded.json");

/**
 * How much worse a ratio may be than the recorded one. Ten rounds of the same executable, taken five times, gave ratios up to a fifth apart; a
 * quarter is a change of the program, or a machine that was busy with something else.
 */
export const TOLERANCE = 1.25;

export type Recorded = Readonly<Record<string, number>>;

export interface Verdict {
  readonly text: string;
  readonly isWorse: boolean;
}

export function readRecorded(): Recorded {
  return existsSync(PATH) ? JSON.parse(readFileSync(PATH, "utf8")) : {};
}

/** Keeps what is recorded of workloads that did not run. */
export function record(ratios: readonly MeasuredRatio[]): void {
  const all = withRecorded(readRecorded(), ratios);
  writeFileSync(PATH, `${JSON.stringify(all, null, 2)}\n`);
}

export function withRecorded(recorded: Recorded, ratios: readonly MeasuredRatio[]): Recorded {
  const values = new Map(Object.entries(recorded));
  for (const { id, value } of ratios) if (value !== null) values.set(id, Number(value.toPrecision(3)));
  const known = RATIOS.filter(({ id }) => values.has(id));
  return Object.fromEntries(known.map(({ id }) => [id, values.get(id)!]));
}

/** What cannot be compared is told, and is no failure. */
export function compare(recorded: Recorded, ratios: readonly MeasuredRatio[]): Verdict[] {
  return ratios.map(({ id, text, value, unit }) => {
    const before = recorded[id];
    if (before === undefined) return { text: `not recorded  ${text}`, isWorse: false };
    if (value === null) return { text: `not measured  ${text}`, isWorse: false };
    const isWorse = value > before * TOLERANCE;
    const figures = `${formatFigure(value)} ${unit}, recorded ${formatFigure(before)} ${unit}`;
    return { text: `${isWorse ? "WORSE       " : "as good     "}  ${text}: ${figures}`, isWorse };
  });
}
