import type { Value } from "../databases/connection.ts";

/** One row of the history table: a migration that happened. */
export interface AppliedRecord {
  readonly version: string;
  /** Whatever the row holds; null for nothing. */
  readonly description: string | null;
  /** Whatever the row holds: `isoTime` reads it. Most starts show none of them. */
  readonly appliedAt: Value;
  /** Whatever the row holds: `wholeNumber` reads it. */
  readonly executionTimeMs: Value;
  /** Null: applied by the older runner or by hand, and so never compared. */
  readonly checksum: string | null;
}

/** A `Transaction: off` migration that began and did not end. */
export interface IncompleteRecord {
  readonly version: string;
  /** The statement, from 1, that was running. */
  readonly statement: number;
  readonly startedAt: string | null;
}

/** What happened to a database, as its history table says. */
export interface History {
  readonly applied: readonly AppliedRecord[];
  readonly incomplete: readonly IncompleteRecord[];
}

export const EMPTY_HISTORY: History = { applied: [], incomplete: [] };

/** The time of a row as ISO 8601 UTC. SQLite's CURRENT_TIMESTAMP is UTC without saying so; Python's isoformat has a T and fractions. */
export function isoTime(stored: unknown): string | null {
  const text = String(stored);
  return STORED.test(text) ? `${text.slice(0, 10)}T${text.slice(11, 19)}Z` : null;
}

/** A handle may give integers as bigints; what is no number at all is not shown as one. */
export function wholeNumber(value: unknown): number | null {
  return typeof value === "number" || typeof value === "bigint" ? Math.round(Number(value)) : null;
}

const STORED = /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|\+00:00)?$/;

/** A moment as CURRENT_TIMESTAMP writes it: `2026-02-14 12:00:00`. */
export function storedTime(moment: Date): string {
  return moment.toISOString().slice(0, 19).replace("T", " ");
}
