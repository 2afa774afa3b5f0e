import { readFileSync, writeFileSync } from "node:fs";
import type { SectionResult } from "./section.ts";

export interface Report {
  readonly date: string;
  readonly versions: { readonly godwit: string; readonly bun: string; readonly sqlite: string };
  readonly seed: number;
  readonly isQuick: boolean;
  readonly seconds: number;
  readonly sections: Readonly<Record<string, SectionResult>>;
}

const BEGIN = "<!-- torture: begin -->";
const END = "<!-- torture: end -->";

export function writeJson(path: string, report: Report): void {
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
}

/** Puts the table between the two markers of a document. */
export function writeTable(path: string, report: Report): void {
  const text = readFileSync(path, "utf8");
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`${path} has no ${BEGIN} … ${END}`);
  writeFileSync(
    path,
    `${text.slice(0, begin + BEGIN.length)}\n\n${showReport(report)}\n\n${text.slice(end)}`,
  );
}

export function showReport({ date, versions, seed, seconds, isQuick, sections }: Report): string {
  const rows = Object.entries(sections).flatMap(([name, { counts, violations }]) => [
    ...Object.entries(counts).map(([what, count]) => [name, what, count.toLocaleString("en")]),
    [name, "**violations**", `**${violations.length}**`],
  ]);
  const { godwit, bun, sqlite } = versions;
  const time = seconds < 120 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`;
  const summary = `${date}, godwit ${godwit}, Bun ${bun}, SQLite ${sqlite}, seed ${seed}, ${time}${isQuick ? ", the quick part" : ""}`;
  return `${summary}:\n\n${align([["Section", "Counted", "Number"], ...rows])}`;
}

/** A table whose columns are as wide as their widest cell; the numbers stand to the right. */
function align(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => (column === 2 ? cell.padStart(widths[2]!) : cell.padEnd(widths[column]!))).join(" | ")} |`;
  const rule = `| ${"-".repeat(widths[0]!)} | ${"-".repeat(widths[1]!)} | ${"-".repeat(widths[2]! - 1)}: |`;
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)].join("\n");
}
