import { LARGE_SCRIPT_BYTES } from "./large-script.ts";
import type { Measurement } from "./measure.ts";

/** A figure that says the same on a slow machine as on a fast one. */
interface Ratio {
  readonly id: string;
  readonly text: string;
  readonly workload: string;
  /** A contender of the workload, by its id. */
  readonly of: string;
  /** Contenders beside it: the fastest of these; or a size in KiB, and then it is the peak memory that is divided. */
  readonly to: readonly string[] | number;
  readonly unit?: "MiB";
  /** Null where it is only shown. */
  readonly limit: number | null;
}

const MIB = 1024;

export const RATIOS: readonly Ratio[] = [
  ...timesOf("version", [
    ["version-dbmate", "`--version`, to dbmate", ["dbmate"], 0.8],
    ["version-bare", "`--version`, to a bare Bun program", ["bare"], null],
  ]),
  ...timesOf("no-op-1000", [
    ["no-op-dbmate", "nothing to do among 1,000, to dbmate", ["dbmate"], 0.9],
    [
      "no-op-bare",
      "nothing to do among 1,000, to a bare Bun program that reads and hashes the files",
      ["bare"],
      1.3,
    ],
  ]),
  floorOf("no-op-1000", "no-op-floor", "dbmate", ["dbmate"]),
  {
    id: "no-op-memory",
    text: "peak memory with nothing to do among 1,000",
    workload: "no-op-1000",
    of: "godwit",
    to: MIB,
    unit: "MiB",
    limit: 50,
  },
  ...timesOf("no-op-10000", [
    ["no-op-growth", "nothing to do among 10,000, to that among 1,000", ["godwit-1000"], 11],
  ]),
  ...timesOf("apply-1000", [
    ["apply-dbmate", "apply 1,000, to dbmate", ["dbmate"], 0.13],
    ["apply-shell", "apply 1,000, to the shell", ["shell"], 1],
    ["apply-drizzle", "apply 1,000, to drizzle", ["drizzle"], 0.5],
    ["apply-bare", "apply 1,000, to a bare Bun program that reads, applies and records them", ["bare"], null],
  ]),
  floorOf("apply-1000", "apply-floor", "the shell", ["shell"]),
  ...timesOf("apply-10000", [["apply-shell-10000", "apply 10,000, to the shell", ["shell"], 1]]),
  ...timesOf("inserts", [
    ["inserts-growth", "apply 10,000 of one INSERT, to 1,000 of them", ["godwit-1000"], 11],
  ]),
  ...timesOf("rollback-1000", [["rollback-dbmate", "roll back 1,000, to dbmate's way up", ["dbmate"], 0.15]]),
  ...timesOf("status-10000", [["status-dbmate", "status of 10,000, to dbmate", ["dbmate"], null]]),
  ...timesOf("typescript-200", [
    [
      "typescript-node",
      "200 in TypeScript, to the fastest of knex, kysely and umzug",
      ["knex", "kysely", "umzug"],
      0.25,
    ],
    [
      "typescript-bare",
      "200 in TypeScript, to a bare Bun program that imports, applies and records them",
      ["bare"],
      null,
    ],
  ]),
  floorOf("typescript-200", "typescript-floor", "the fastest of knex, kysely and umzug", [
    "knex",
    "kysely",
    "umzug",
  ]),
  ...timesOf("large-file", [
    ["large-file-bare", "a file of 50 MB, to a bare Bun program that runs its text", ["bare"], 1.3],
    ["large-file-shell", "a file of 50 MB, to the shell", ["shell"], null],
  ]),
  {
    id: "large-file-memory",
    text: "peak memory with a file of 50 MB, to its size",
    workload: "large-file",
    of: "godwit",
    to: LARGE_SCRIPT_BYTES / 1024,
    limit: 6,
  },
  ...timesOf("update-2m", [
    ["update-bare", "UPDATE of 2,000,000 rows, to a bare Bun program", ["bare"], 1.05],
  ]),
  ...timesOf("typescript-1m", [
    ["loop-bare", "1,000,000 rows in TypeScript, to the same loop in a bare Bun program", ["bare"], 1.1],
  ]),
];

type Row = readonly [id: string, text: string, to: readonly string[], limit: number | null];

/** Times of godwit in one workload. */
function timesOf(workload: string, rows: readonly Row[]): Ratio[] {
  return rows.map(([id, text, to, limit]) => ({ id, text, workload, of: "godwit", to, limit }));
}

/** What Bun and SQLite take by themselves, beside others. */
function floorOf(workload: string, id: string, other: string, to: readonly string[]): Ratio {
  return { id, text: `that bare program, to ${other}`, workload, of: "bare", to, limit: null };
}

export interface MeasuredRatio extends Pick<Ratio, "id" | "text" | "limit"> {
  readonly unit: "×" | "MiB";
  /** Null where one that it needs was not measured. */
  readonly value: number | null;
}

export type Measurements = Readonly<Record<string, readonly Measurement[]>>;

/** The ratios of those workloads that ran. */
export function ratiosOf(measurements: Measurements, ratios: readonly Ratio[] = RATIOS): MeasuredRatio[] {
  return ratios
    .filter(({ workload }) => measurements[workload] !== undefined)
    .map((ratio) => ({
      id: ratio.id,
      text: ratio.text,
      unit: ratio.unit ?? "×",
      limit: ratio.limit,
      value: divide(ratio, measurements[ratio.workload]!),
    }));
}

function divide({ of, to }: Ratio, measurements: readonly Measurement[]): number | null {
  const find = (id: string) => measurements.find((measurement) => measurement.id === id);
  const own = find(of);
  if (own === undefined) return null;
  if (typeof to === "number") return own.peakKib === null ? null : own.peakKib / to;
  const others = to.map(find);
  // The fastest may be the one that is missing.
  if (others.includes(undefined)) return null;
  return own.milliseconds / Math.min(...others.map((other) => other!.milliseconds));
}

export function isMet({ value, limit }: MeasuredRatio): boolean | null {
  return value === null || limit === null ? null : value <= limit;
}
