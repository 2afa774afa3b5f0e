import type { GodwitError } from "../base/failure.ts";
import { printable } from "../base/printable.ts";
import { indexOfCodePoint, type SourceLocation } from "../base/source-text.ts";
import { brief, fit, type Style } from "./style.ts";

/** A failure as a person reads it: code, place with excerpt and caret, details, state of the database, next step. */
export function showFailure(error: GodwitError, style: Style): string[] {
  const lines = [`${style.red(`error[${error.code}]`)} ${style.bold(brief(error.message, SENTENCE_SHOWN))}`];
  if (error.location !== undefined) lines.push(...showLocation(error.location, style));
  for (const detail of error.details.slice(0, DETAILS_SHOWN))
    lines.push(`    ${brief(detail, SENTENCE_SHOWN)}`);
  const more = error.details.length - DETAILS_SHOWN;
  if (more > 0) lines.push(`    and ${more} more, all of them in the document of --json`);
  const state =
    error.state ?? (error.exitCode === 3 || error.exitCode === 4 ? "unchanged: nothing was run" : null);
  if (state !== null) lines.push(`  ${state}`);
  if (error.hint !== undefined) lines.push(`  ${style.green("hint:")} ${brief(error.hint, SENTENCE_SHOWN)}`);
  return lines;
}

/** A person reads no more; a terminal loses what stood before. */
const DETAILS_SHOWN = 1000;

/** `file:line:column`, as editors and terminals recognise it. */
function showPlace({ file, line, column }: SourceLocation): string {
  const place = line === null ? "" : column === null ? `:${line}` : `:${line}:${column}`;
  return `${printable(file)}${place}`;
}

const LINE_SHOWN = 100;
const SENTENCE_SHOWN = 1000;

function showLocation(location: SourceLocation, style: Style): string[] {
  const { line, column, excerpt } = location;
  const lines = [`  ${showPlace(location)}`];
  if (line === null || excerpt === undefined || excerpt.trim() === "") return lines;
  const at = (column ?? 1) - 1;
  const from = at > LINE_SHOWN - 20 ? at - 40 : 0;
  const points = pointsFrom(excerpt, from);
  const before = printable(points.slice(0, at - from).join(""));
  const shown = fit(printable(points.join("")), LINE_SHOWN);
  const gutter = `    ${line} | `;
  const lead = from === 0 ? "" : "…";
  lines.push(`${style.dim(gutter)}${lead}${shown}`);
  if (column === null) return lines;
  const indent = " ".repeat(lead.length + Bun.stringWidth(before));
  lines.push(`${style.dim(`${" ".repeat(gutter.length - 2)}| `)}${indent}${style.red("^")}`);
  return lines;
}

/** As many code points of a line as can be shown, from one on: a line may be as long as a file. */
function pointsFrom(line: string, from: number): string[] {
  const index = indexOfCodePoint(line, from);
  return [...line.slice(index, index + 2 * LINE_SHOWN + 2)];
}
