import type { GodwitError } from "../../base/failure.ts";
import { counted, printable } from "../../base/printable.ts";
import type { SourceLocation } from "../../base/source-text.ts";
import type { FinishedStep } from "../../engine/events.ts";
import type { CommandResult } from "../results.ts";
import { duration } from "../style.ts";

type Row = readonly string[];

/** What a command did or found, as Markdown for the summary of a job; null for what nobody looks for there. */
export function summaryOf(result: CommandResult): string | null {
  switch (result.kind) {
    case "status": {
      const open = result.report.migrations.filter(({ state }) => state !== "applied");
      return section(
        `status of ${inCode(result.database)}`,
        ["Migration", "Description", "State"],
        open.map(({ version, description, state }) => [version, description, words(state)]),
        counts(result.report.summary),
      );
    }
    case "migrate":
    case "exec":
    case "rollback":
    case "redo":
      return stepsSection(result.kind, result.database, result.result.done);
    case "rehearsal":
      return section(
        `rehearsal of ${result.command} on ${inCode(result.database)}`,
        ["Migration", "Description", "Rows changed", "Time"],
        result.report.steps.map(({ version, description, rows, executionTimeMs }) => [
          version,
          description,
          String(rows.reduce((sum, { inserted, updated, deleted }) => sum + inserted + updated + deleted, 0)),
          duration(executionTimeMs),
        ]),
        result.report.failure === null ? "" : failureText(result.report.failure),
      );
    case "test":
      return section(
        `test with ${inCode(result.database)}`,
        ["Migration", "Description", "Result"],
        result.report.tested.map(({ version, description, result: one }) => [
          version,
          description,
          words(one),
        ]),
      );
    case "verify":
      return section(
        `verify of ${inCode(result.database)}`,
        ["Migration", "Description", "Violations"],
        result.report.verified.map(({ version, description, violations }) => [
          version,
          description,
          String(violations.length),
        ]),
        result.report.isSound ? "All is well." : "Something is wrong.",
      );
    default:
      return null;
  }
}

/** What a command had done when it failed, and the failure. */
export function summaryOfFailure(
  command: string,
  { database, done, error }: { database: string | null; done: readonly FinishedStep[]; error: GodwitError },
): string {
  return stepsSection(command, database, done, failureText(error));
}

function stepsSection(
  command: string,
  database: string | null,
  done: readonly FinishedStep[],
  more = "",
): string {
  const place = database === null ? "" : ` on ${inCode(database)}`;
  return section(
    `${command}${place}`,
    ["Migration", "Description", "", "Time"],
    done.map(({ version, description, direction, executionTimeMs }) => [
      version,
      description,
      direction === "up" ? "applied" : "rolled back",
      duration(executionTimeMs),
    ]),
    done.length === 0 && more === "" ? "Nothing was to be done." : more,
  );
}

/** GitHub takes no more than a megabyte. */
const ROWS_SHOWN = 500;

function section(title: string, head: Row, rows: readonly Row[], more = ""): string {
  const shown = rows.slice(0, ROWS_SHOWN).map((row) => line(row.map(cell)));
  const table = rows.length === 0 ? [] : [line(head), line(head.map(() => "---")), ...shown, ""];
  const rest = rows.length > ROWS_SHOWN ? [`and ${rows.length - ROWS_SHOWN} more`, ""] : [];
  return [`### godwit ${title}`, "", ...table, ...rest, ...(more === "" ? [] : [more, ""]), ""].join("\n");
}

function line(cells: Row): string {
  return `| ${cells.join(" | ")} |`;
}

function words(state: string): string {
  return state.replaceAll("_", " ");
}

function placeOf({ file, line }: SourceLocation): string {
  return line === null ? file : `${file}:${line}`;
}

function inCode(text: string): string {
  return `\`${printable(text).replaceAll("`", "'")}\``;
}

/** As text: what Markdown and HTML would read is taken from them. */
function cell(text: string): string {
  return printable(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replace(/[\\`*_[\]|~$#@]/g, "\\$&");
}

function counts(summary: Readonly<Record<string, number>>): string {
  return Object.entries(summary)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${words(state)}`)
    .join(", ");
}

const DETAILS_SHOWN = 20;

function failureText({ code, message, location, details, state }: GodwitError): string {
  const place = location === undefined ? "" : `, ${inCode(placeOf(location))}`;
  const more =
    details.length > DETAILS_SHOWN ? [`- and ${counted(details.length - DETAILS_SHOWN, "more line")}`] : [];
  return [
    `**${code}**${place}: ${cell(message)}`,
    ...(details.length > 0
      ? ["", ...details.slice(0, DETAILS_SHOWN).map((detail) => `- ${cell(detail)}`), ...more]
      : []),
    ...(state === undefined ? [] : ["", `${cell(state)}.`]),
  ].join("\n");
}
