import { isAbsolute, relative, resolve, sep } from "node:path";
import type { GodwitError } from "../../base/failure.ts";
import { printable } from "../../base/printable.ts";
import type { RunEvent } from "../../engine/events.ts";
import type { CommandResult } from "../results.ts";

/** A line that GitHub Actions shows at a file, https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands */
export interface Annotation {
  readonly level: "error" | "warning" | "notice";
  readonly title: string;
  readonly message: string;
  /** Null where no file is meant. */
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
}

/** @param workspace the folder that GitHub names files from */
export function annotationLine(annotation: Annotation, workspace: string | undefined): string {
  const { level, title, message, file, line, column } = annotation;
  const properties = [
    ["file", file === null ? null : pathIn(workspace, file)],
    ["line", line],
    ["col", column],
    ["title", title],
  ]
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  return `::${level} ${properties.join(",")}::${escapeData(message)}`;
}

function pathIn(workspace: string | undefined, file: string): string {
  const path = relative(workspace ?? process.cwd(), resolve(file));
  return path.startsWith("..") || isAbsolute(path) ? file : path.split(sep).join("/");
}

function escapeData(text: string): string {
  const lines = text.split("\n").map(printable).join("\n");
  return lines.replaceAll("%", "%25").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

const DETAILS_SHOWN = 20;

export function annotateFailure(error: GodwitError): Annotation {
  const { code, message, location, details, state, hint } = error;
  const lines = [message, ...details.slice(0, DETAILS_SHOWN), state ?? "", hint ?? ""];
  return {
    level: "error",
    title: `godwit: ${code}`,
    message: lines.filter((line) => line !== "").join("\n"),
    file: location?.file ?? null,
    line: location?.line ?? null,
    column: location?.column ?? null,
  };
}

export function annotateNote({ file, line, message }: Extract<RunEvent, { kind: "note" }>): Annotation {
  return { level: "notice", title: "godwit: note", message, file, line, column: null };
}

/** What a check has found; a failure is told by itself. */
export function annotateResult(result: CommandResult): Annotation[] {
  switch (result.kind) {
    case "status":
      return result.isCheck ? ofStatus(result) : [];
    case "test":
      return result.report.tested.flatMap(({ version, file, findings, warnings }) => [
        ...findings.map((message) => finding("error", `godwit: test of ${version}`, message, file)),
        ...warnings.map((message) => finding("warning", `godwit: test of ${version}`, message, file)),
      ]);
    case "verify": {
      const { verified, integrity, foreignKeys } = result.report;
      return [
        ...verified
          .filter(({ violations }) => violations.length > 0)
          .map(({ version, file, violations }) =>
            finding("error", `godwit: verify of ${version}`, shortened(violations), file),
          ),
        ...[...integrity, ...foreignKeys].map((message) => finding("error", "godwit: verify", message, null)),
      ];
    }
    case "embed":
      return result.isCheck && result.embedding.wasStale
        ? [
            finding(
              "error",
              "godwit: embed --check",
              "it does not say what the folder holds",
              result.embedding.output,
            ),
          ]
        : [];
    case "rehearsal":
      return result.report.failure === null ? [] : [annotateFailure(result.report.failure)];
    default:
      return [];
  }
}

function ofStatus({ report }: Extract<CommandResult, { kind: "status" }>): Annotation[] {
  return report.migrations
    .filter(({ state }) => state !== "applied")
    .map(({ version, state, file }) =>
      finding("error", "godwit: status --check", `${version} is ${state.replaceAll("_", " ")}`, file),
    );
}

function finding(
  level: Annotation["level"],
  title: string,
  message: string,
  file: string | null,
): Annotation {
  return { level, title, message, file, line: null, column: null };
}

function shortened(lines: readonly string[]): string {
  const more = lines.length - DETAILS_SHOWN;
  return [...lines.slice(0, DETAILS_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])].join("\n");
}
