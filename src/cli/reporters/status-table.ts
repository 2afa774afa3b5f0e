import { counted, printable } from "../../base/printable.ts";
import type { MigrationStatus, StatusReport } from "../../engine/migration-status.ts";
import type { MigrationState } from "../../engine/state.ts";
import { brief, duration, fit, pad, type Style, wrap } from "../style.ts";
import { lastFailureLine } from "./log-view.ts";

const WORDS: Record<MigrationState, string> = {
  applied: "applied",
  pending: "pending",
  out_of_order: "out of order",
  changed: "changed",
  missing: "missing",
  incomplete: "incomplete",
};

const NEXT_STEPS: Partial<Record<MigrationState, string>> = {
  pending: "apply with: godwit migrate",
  out_of_order:
    "older than the newest applied; give it a newer version, or: godwit migrate --allow-out-of-order",
  changed: "changed after it was applied; put the file back, or accept it: godwit mark VERSION --applied",
  missing: "applied, but the file is gone",
  incomplete: "stopped half-way; look at the database, then: godwit mark VERSION --applied (or --pending)",
};

/** The table of migrations, no wider than the terminal: the description gives way. Paths are never cut. */
export function statusTable(database: string, folder: string, report: StatusReport, style: Style): string[] {
  const head = [
    `database    ${printable(database)}${report.exists ? "" : " (not there yet)"}`,
    `migrations  ${printable(folder)}`,
    "",
  ];
  const body =
    report.migrations.length === 0
      ? [`no migrations yet; write the first with: godwit create "what it does"`]
      : [...rows(report.migrations, style), "", ...summary(report, style.columns)];
  return [...head, ...body, ...lastFailureLines(report, style.columns)];
}

type Cells = Readonly<Record<"state" | "version" | "description" | "applied" | "time", string>>;

type Optional = "applied" | "time";

const MIN_DESCRIPTION = 8;

/** Where not all fits: first the time it took gives way, then when it was applied. */
const LAYOUTS: readonly (readonly Optional[])[] = [["applied", "time"], ["applied"], []];

function rows(migrations: readonly MigrationStatus[], style: Style): string[] {
  const cells = migrations.map(cellsOf);
  const widthOf = (name: keyof Cells) => Math.max(...cells.map((cell) => Bun.stringWidth(cell[name])));
  const widths = {
    state: widthOf("state"),
    version: widthOf("version"),
    applied: widthOf("applied"),
    time: widthOf("time"),
  };
  const rest = (names: readonly Optional[]) =>
    names.reduce((sum, name) => sum + 2 + widths[name], widths.state + 2 + widths.version + 2);
  const layouts = LAYOUTS.map((names) => names.filter((name) => widths[name] > 0));
  const shown = layouts.find((names) => rest(names) + MIN_DESCRIPTION <= style.columns) ?? [];
  const description = Math.min(
    widthOf("description"),
    Math.max(MIN_DESCRIPTION, style.columns - rest(shown)),
  );
  return cells.map((cell, index) =>
    [
      paint(migrations[index]!.state, style)(pad(cell.state, widths.state)),
      pad(cell.version, widths.version),
      pad(fit(cell.description, description), description),
      ...shown.map((name) => style.dim(pad(cell[name], widths[name]))),
    ]
      .join("  ")
      .trimEnd(),
  );
}

function cellsOf(migration: MigrationStatus): Cells {
  return {
    state: WORDS[migration.state],
    version: brief(migration.version),
    description: brief(migration.description),
    applied: migration.appliedAt?.slice(0, 16).replace("T", " ") ?? "",
    time: migration.executionTimeMs === null ? "" : duration(migration.executionTimeMs),
  };
}

function paint(state: MigrationState, style: Style): (text: string) => string {
  if (state === "applied") return style.green;
  return state === "pending" ? style.yellow : style.red;
}

function summary(report: StatusReport, columns: number): string[] {
  const { summary: counts, migrations } = report;
  const states = (Object.keys(WORDS) as MigrationState[]).filter((state) => counts[state] > 0);
  const line = `${counted(migrations.length, "migration")}: ${states.map((state) => `${counts[state]} ${WORDS[state]}`).join(", ")}`;
  const hints = states.flatMap((state) =>
    NEXT_STEPS[state] === undefined ? [] : wrap(`${WORDS[state]}: ${NEXT_STEPS[state]}`, columns, "  "),
  );
  return [...wrap(line, columns, ""), ...hints];
}

function lastFailureLines({ lastFailure }: StatusReport, columns: number): string[] {
  return lastFailure === null ? [] : ["", ...wrap(lastFailureLine(lastFailure), columns, "")];
}
