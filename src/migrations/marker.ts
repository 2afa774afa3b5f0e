import { editDistance } from "../base/nearest.ts";

export type SectionName = "up" | "down" | "verify";

const SECTION_NAMES: readonly SectionName[] = ["up", "down", "verify"];

const MARKER = /^--[ \t]*(up|down|verify)[ \t]*$/i;
/** What other tools put before the word: `migrate:up`, `+goose Up`, `rambler up`, `@UNDO:down`. `Note: up` is prose. */
const TOOL_PREFIX =
  /^(?:(?:(?:sql-)?migrate|migrations?|goose|rambler|dbmate|flyway|liquibase|micrate|godwit):\s*|(?:migrate|goose|dbmate|rambler)\s+|[+@][a-z]+(?::\s*|\s+)|[+@])/i;

/** The section that a comment opens, if it is a marker; whether it has a line of its own is for the caller to say. */
export function markerOf(comment: string): SectionName | null {
  const match = MARKER.exec(comment);
  return match === null ? null : (match[1]!.toLowerCase() as SectionName);
}

/**
 * The section that a comment was probably meant to open: its only word, decoration and a tool's prefix apart, is a marker or
 * within one edit of one. Null for prose.
 */
export function nearMiss(comment: string): SectionName | null {
  if (comment.length > 80) return null;
  const undecorated = comment.replace(/^[^A-Za-z+@]+|[^A-Za-z]+$/g, "");
  const word = undecorated.replace(TOOL_PREFIX, "").toLowerCase();
  if (!/^[a-z]+$/.test(word)) return null;
  return SECTION_NAMES.find((name) => editDistance(word, name) <= 1) ?? null;
}

/** Whether nothing that can be seen stands before a comment in its line. */
export function hasOwnLine(text: string, start: number): boolean {
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  return start === 0 || text.slice(lineStart, start).trim() === "";
}
