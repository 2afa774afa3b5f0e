import { counted } from "../base/printable.ts";

/** What is true after a failed run. */
export interface Aftermath {
  readonly outcome: "rolled_back" | "left_changed";
  /** The newest applied version; null for none, undefined where the history cannot be read. */
  readonly newest: string | null | undefined;
  /** Earlier migrations of the run that are committed. */
  readonly kept: number;
  /** Migrations of the run that went with the transaction. */
  readonly undone: number;
  /** No migration failed, but what came after them: their commit. */
  readonly isAfterAll?: boolean | undefined;
}

/** The state of the database in words. Pure. */
export function describeAftermath({ outcome, newest, kept, undone, isAfterAll }: Aftermath): string {
  const lead = outcome === "left_changed" ? "left changed: what was committed stays, and" : "rolled back:";
  const notes = [
    kept === 0
      ? ""
      : `${counted(kept, "earlier migration")} of this run ${kept === 1 ? "stays" : "stay"} done`,
    undone === 0
      ? ""
      : `${counted(undone, isAfterAll === true ? "migration" : "earlier migration")} of this run ${undone === 1 ? "is" : "are"} undone again`,
  ].filter((note) => note !== "");
  return `${lead} ${describeNewest(newest)}${notes.length === 0 ? "" : ` (${notes.join(", ")})`}`;
}

function describeNewest(newest: string | null | undefined): string {
  if (newest === undefined) return "the history cannot be read now";
  return newest === null ? "no migration is applied" : `the database is at ${newest}`;
}
