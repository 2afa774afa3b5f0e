import { counted, printable } from "../../base/printable.ts";
import type { MigrationStatus, StatusReport } from "../../engine/migration-status.ts";
import type { MigrationState } from "../../engine/state.ts";
import { duration, fit, pad, type Style } from "../style.ts";

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

/** The table of migrations, no wider than the terminal: the description gives way. */
export function statusTable(database: string, folder: string, report: StatusReport, style: Style): string[] {
  const head = [
    `database    ${printable(database)}${report.exists ? "" : " (not there yet)"}`,
    `migrations  ${printable(folder)}`,
    "",
  ];
  if (report.migrations.length === 0) {
    return [...head, `no migrations yet; write the first with: godwit create "what it does"`];
  }
  return [...head, ...rows(report.migrations, style), "", ...summary(report)];
}

function rows(migrations: readonly MigrationStatus[], style: Style): string[] {
  const cells = migrations.map((migration) => ({
    state: WORDS[migration.state],
    version: printable(migration.version),
    description: printable(migration.description),
    applied: migration.appliedAt?.slice(0, 16).replace("T", " ") ?? "",
    time: migration.executionTimeMs === null ? "" : duration(migration.executionTimeMs),
  }));
  const width = (name: keyof (typeof cells)[number]) =>
    Math.max(...cells.map((cell) => Bun.stringWidth(cell[name])));
  const [state, version, applied, time] = [width("state"), width("version"), width("applied"), width("time")];
  const others =
    state + version + applied + time + 2 * [state, version, applied, time].filter((part) => part > 0).length;
  const description = Math.min(width("description"), Math.max(8, style.columns - others));
  return cells.map((cell, index) =>
    [
      paint(migrations[index]!.state, style)(pad(cell.state, state)),
      pad(cell.version, version),
      pad(fit(cell.description, description), description),
      style.dim(pad(cell.applied, applied)),
      style.dim(cell.time),
    ]
      .join("  ")
      .trimEnd(),
  );
}

function paint(state: MigrationState, style: Style): (text: string) => string {
  if (state === "applied") return style.green;
  return state === "pending" ? style.yellow : style.red;
}

function summary({ summary: counts, migrations }: StatusReport): string[] {
  const states = (Object.keys(WORDS) as MigrationState[]).filter((state) => counts[state] > 0);
  const line = `${counted(migrations.length, "migration")}: ${states.map((state) => `${counts[state]} ${WORDS[state]}`).join(", ")}`;
  const hints = states.flatMap((state) =>
    NEXT_STEPS[state] === undefined ? [] : [`  ${WORDS[state]}: ${NEXT_STEPS[state]}`],
  );
  return [line, ...hints];
}
