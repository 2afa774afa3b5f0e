import type { AppliedRecord, History, IncompleteRecord } from "../history/history.ts";
import { isVersion } from "../migrations/file-name.ts";
import type { Migration } from "../migrations/migration.ts";

export type MigrationState = "applied" | "pending" | "out_of_order" | "changed" | "missing" | "incomplete";

/** One version: what is intended, what happened, and the difference. */
export interface StateEntry {
  readonly version: string;
  readonly state: MigrationState;
  readonly migration: Migration | null;
  readonly record: AppliedRecord | null;
  readonly incomplete: IncompleteRecord | null;
}

/** Every version that a file, the history or the list of incomplete ones knows, lowest first. Pure. */
export function computeState(migrations: readonly Migration[], history: History): StateEntry[] {
  const drafts = new Drafts(migrations);
  history.applied.forEach((record, index) => {
    drafts.of(record.version, index).record = record;
  });
  for (const incomplete of history.incomplete) drafts.of(incomplete.version).incomplete = incomplete;
  const newest = newestApplied(history);
  const { entries } = drafts;
  let isSorted = true;
  let before = "";
  for (const entry of entries) {
    entry.state = stateOf(entry, newest);
    isSorted &&= before < entry.version;
    before = entry.version;
  }
  // Files come in the order of their versions: where none is missing, there is nothing to sort.
  return isSorted ? entries : entries.sort((a, b) => (a.version < b.version ? -1 : 1));
}

/** What is known of one version, while it is put together. */
type Draft = { -readonly [Key in keyof StateEntry]: StateEntry[Key] };

class Drafts {
  readonly entries: Draft[];
  private known: Map<string, Draft> | null = null;

  constructor(migrations: readonly Migration[]) {
    this.entries = migrations.map((migration) => draftOf(migration.version, migration));
  }

  /** @param index where it is likely to stand: mostly what is applied is what the files begin with, and nothing has to be looked up */
  of(version: string, index = -1): Draft {
    const likely = this.entries[index];
    if (likely?.version === version) return likely;
    this.known ??= new Map(this.entries.map((draft) => [draft.version, draft]));
    let draft = this.known.get(version);
    if (draft === undefined) {
      draft = draftOf(version, null);
      this.known.set(version, draft);
      this.entries.push(draft);
    }
    return draft;
  }
}

function draftOf(version: string, migration: Migration | null): Draft {
  return { version, state: "pending", migration, record: null, incomplete: null };
}

/** Whether what is applied is every file as it is now, and nothing else: what most starts find, and need no entries for. */
export function isUpToDate(migrations: readonly Migration[], { applied, incomplete }: History): boolean {
  if (incomplete.length > 0 || applied.length !== migrations.length) return false;
  for (let index = 0; index < applied.length; index++) {
    const { version, checksum } = applied[index]!;
    const migration = migrations[index]!;
    if (migration.version !== version || migration.checksum !== checksum || checksum === null) return false;
  }
  return true;
}

/** The highest version in the history; rows whose version is none (made by hand) are no measure of order. */
export function newestApplied(history: History): string | null {
  return history.applied.findLast(({ version }) => isVersion(version))?.version ?? null;
}

function stateOf(
  { version, migration, record, incomplete }: StateEntry,
  newest: string | null,
): MigrationState {
  if (incomplete !== null) return "incomplete";
  if (record === null) return newest !== null && version < newest ? "out_of_order" : "pending";
  if (migration === null) return "missing";
  const isComparable = record.checksum !== null && migration.checksum !== null;
  return isComparable && record.checksum !== migration.checksum ? "changed" : "applied";
}

/** How many entries are in each state. */
export function summarise(entries: readonly StateEntry[]): Record<MigrationState, number> {
  const summary = { applied: 0, pending: 0, out_of_order: 0, changed: 0, missing: 0, incomplete: 0 };
  for (const { state } of entries) summary[state]++;
  return summary;
}

/** A missing file blocks only where the row has a checksum: teams delete the older runner's files. */
export function blocksAsMissing({ state, record }: StateEntry): boolean {
  return state === "missing" && record?.checksum != null;
}

/** Whether nothing is left to do and nothing is wrong: what `status --check` asks. */
export function isSound(entries: readonly StateEntry[]): boolean {
  return entries.every(
    (entry) => entry.state === "applied" || (entry.state === "missing" && !blocksAsMissing(entry)),
  );
}
