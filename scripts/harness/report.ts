import { writeFileSync } from "node:fs";
import { alignTable, writeBetween } from "../document.ts";
import type { SectionResult } from "./section.ts";

export interface Report {
  readonly date: string;
  readonly versions: { readonly godwit: string; readonly bun: string; readonly sqlite: string };
  readonly seed: number;
  readonly isQuick: boolean;
  readonly seconds: number;
  readonly sections: Readonly<Record<string, SectionResult>>;
}

export function writeJson(path: string, report: Report): void {
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
}

/** Puts the table between the two markers of a document. */
export function writeTable(path: string, report: Report): void {
  writeBetween(path, "torture", showReport(report));
}

export function showReport({ date, versions, seed, seconds, isQuick, sections }: Report): string {
  const rows = Object.entries(sections).flatMap(([name, { counts, violations }]) => [
    ...Object.entries(counts).map(([what, count]) => [name, what, count.toLocaleString("en")]),
    [name, "**violations**", `**${violations.length}**`],
  ]);
  const { godwit, bun, sqlite } = versions;
  const time = seconds < 120 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`;
  const summary = `${date}, godwit ${godwit}, Bun ${bun}, SQLite ${sqlite}, seed ${seed}, ${time}${isQuick ? ", the quick part" : ""}`;
  return `${summary}:\n\n${alignTable([["Section", "Counted", "Number"], ...rows], [2])}`;
}
