import { counted, printable, size } from "../../base/printable.ts";
import type { RestorePlan } from "../../features/backup/restore.ts";
import type { CommandResult } from "../results.ts";
import { brief, pad, type Style } from "../style.ts";

type Of<Kind extends CommandResult["kind"]> = Extract<CommandResult, { kind: Kind }>;

const ROWS_SHOWN = 20;

/** The restore points as a table, newest first. */
export function backupList({ folder, listed, now }: Of<"backup-list">, style: Style): string[] {
  if (listed.length === 0) return [`no restore points in ${printable(folder)}`];
  const cells = listed.map(({ id, createdAt, bytes, newestVersion }) => ({
    id,
    age: age(now.getTime() - Date.parse(createdAt)),
    size: size(bytes),
    newest: newestVersion === null ? "no migration applied" : `at ${brief(newestVersion)}`,
  }));
  const width = (key: "id" | "age" | "size") => Math.max(...cells.map((cell) => cell[key].length));
  return [
    `restore points in ${printable(folder)}`,
    "",
    ...cells.map((cell) =>
      [
        style.bold(pad(cell.id, width("id"))),
        pad(cell.age, width("age")),
        cell.size.padStart(width("size")),
        style.dim(cell.newest),
      ].join("  "),
    ),
    "",
    "put one back with: godwit restore ID",
  ];
}

/** How long ago, in the largest unit that fits. */
function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const units = [
    [86_400, "day"],
    [3600, "hour"],
    [60, "minute"],
  ] as const;
  for (const [length, unit] of units)
    if (seconds >= length) return `${counted(Math.floor(seconds / length), unit)} ago`;
  return "just now";
}

/** What restoring would change, for the question before it. */
export function restoreQuestion(database: string, plan: RestorePlan): string {
  const { source, newestVersion, rows, undone, redone, openBy } = plan;
  const what = source.id ?? printable(source.file);
  const at = newestVersion === null ? "no migration applied" : `at ${brief(newestVersion)}`;
  const lines = [
    ...rows.slice(0, ROWS_SHOWN).map(({ table, now, restored }) => {
      const counts = [now, restored].map((count) =>
        count === null ? "no table" : count.toLocaleString("en"),
      );
      return `  ${brief(table)}: ${counts.join(" -> ")}${now !== null && restored !== null ? " rows" : ""}`;
    }),
    ...(rows.length > ROWS_SHOWN ? [`  and ${rows.length - ROWS_SHOWN} more tables`] : []),
    ...(rows.length === 0 ? ["  every table has as many rows as now"] : []),
    ...undone.map((version) => `  undone: ${brief(version)}`),
    ...redone.map((version) => `  applied again: ${brief(version)}`),
    ...openBy.map(({ pid, command }) => `  open in ${brief(command)} (process ${pid})`),
    ...(plan.exists ? ["  What is there now becomes a restore point first."] : []),
  ];
  return `Put ${what} (${at}) in the place of ${printable(database)}?\n${lines.join("\n")}`;
}

export function restoreLines({ database, result }: Of<"restore">): string[] {
  const { source, newestVersion, backup } = result;
  const at = newestVersion === null ? "no migration is applied" : `it is at ${brief(newestVersion)}`;
  const from = source.id ?? printable(source.file);
  return [
    `restored ${printable(database)} from ${from}: ${at}`,
    ...(backup === null ? [] : [`what was there before is ${backup.id}`]),
  ];
}
