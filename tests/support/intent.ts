import { GodwitError } from "../../src/base/failure.ts";
import { computeState, type StateEntry } from "../../src/engine/state.ts";
import type { AppliedRecord, History, IncompleteRecord } from "../../src/history/history.ts";
import type { Migration } from "../../src/migrations/migration.ts";

/** The version that tests call `n`: 1 is 20260101000001. */
export function v(n: number): string {
  return `202601010000${String(n).padStart(2, "0")}`;
}

/** A migration that was never a file: an empty SQL body with a checksum of its own. */
export function intended(n: number, more: Partial<Migration> = {}): Migration {
  return {
    version: v(n),
    slug: `step_${n}`,
    kind: "sql",
    file: `migrations/${v(n)}_step_${n}.sql`,
    description: null,
    checksum: `sum-${n}`,
    requires: [],
    transactional: true,
    foreignKeysOn: false,
    body: { kind: "sql", hasDown: false, text: "", up: [], down: [], verify: [] },
    ...more,
  };
}

export function python(n: number): Migration {
  return intended(n, {
    kind: "py",
    file: `migrations/${v(n)}_step_${n}.py`,
    checksum: null,
    body: { kind: "python" },
  });
}

export function broken(n: number): Migration {
  const failure = new GodwitError("MARKER_INVALID", "a marker is wrong");
  return intended(n, { checksum: null, body: { kind: "broken", failure } });
}

export function happened(n: number, more: Partial<AppliedRecord> = {}): AppliedRecord {
  return {
    version: v(n),
    description: `Step ${n}`,
    appliedAt: "2026-02-14T12:00:00Z",
    executionTimeMs: 3,
    checksum: `sum-${n}`,
    ...more,
  };
}

export function stopped(n: number, statement = 2): IncompleteRecord {
  return { version: v(n), statement, startedAt: "2026-02-14T12:00:00Z" };
}

export function history(
  applied: readonly AppliedRecord[],
  incomplete: readonly IncompleteRecord[] = [],
): History {
  return { applied, incomplete };
}

export interface Situation {
  readonly files: readonly Migration[];
  readonly applied?: readonly AppliedRecord[];
  readonly incomplete?: readonly IncompleteRecord[];
}

export function entriesOf({ files, applied = [], incomplete = [] }: Situation): StateEntry[] {
  return computeState(files, { applied, incomplete });
}
