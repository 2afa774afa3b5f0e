import { type FailureCode, GodwitError } from "../base/failure.ts";
import { locate, locateFile, type SourceLocation } from "../base/source-text.ts";
import { isVersion } from "../migrations/file-name.ts";
import type { Migration } from "../migrations/migration.ts";
import { blocksAsMissing, type MigrationState, type StateEntry } from "./state.ts";

export type Direction = "up" | "down";

/** One migration in one direction. */
export interface Step {
  readonly direction: Direction;
  readonly migration: Migration;
  /** Undone with a `down` other than the one that stood there when it was applied. */
  readonly isChanged: boolean;
}

/** What `migrate` lets pass. */
export interface Allowances {
  readonly changed?: boolean | undefined;
  readonly missing?: boolean | undefined;
  readonly outOfOrder?: boolean | undefined;
}

export type PlanRequest =
  | {
      readonly kind: "migrate";
      readonly to?: string | undefined;
      readonly steps?: number | undefined;
      readonly allow?: Allowances;
    }
  | {
      readonly kind: "rollback";
      readonly to?: string | undefined;
      readonly steps?: number | undefined;
      readonly all?: boolean;
    }
  | { readonly kind: "redo"; readonly steps?: number | undefined };

/**
 * The steps that a request means, in the order they run. Pure: lists in, a list or a refusal out.
 * @throws GodwitError MIGRATION_INCOMPLETE, MIGRATION_CHANGED, MIGRATION_MISSING, OUT_OF_ORDER, PYTHON_PENDING, REQUIREMENT_MISSING, TARGET_UNKNOWN,
 * TARGET_BEHIND, NOTHING_TO_ROLL_BACK
 */
export function planSteps(entries: readonly StateEntry[], request: PlanRequest): Step[] {
  refuseIncomplete(entries);
  switch (request.kind) {
    case "migrate":
      return planMigrate(entries, request);
    case "rollback":
      return planRollback(entries, request);
    case "redo": {
      const down = planRollback(entries, { kind: "rollback", steps: request.steps ?? 1 });
      const up = down
        .map(({ migration }) => ({ direction: "up" as const, migration, isChanged: false }))
        .reverse();
      return [...down, ...up];
    }
  }
}

function planMigrate(
  entries: readonly StateEntry[],
  request: Extract<PlanRequest, { kind: "migrate" }>,
): Step[] {
  refuseUnlessAllowed(entries, request.allow ?? {});
  if (request.to !== undefined) requireTargetAhead(entries, request.to);
  const pending = entries
    .filter(({ state }) => state === "pending" || state === "out_of_order")
    .filter(({ version }) => request.to === undefined || version <= request.to)
    .slice(0, request.steps)
    .map(({ migration }) => migration!);
  if (pending.length === 0) return [];
  for (const migration of pending) {
    if (migration.body.kind === "python") throw pythonPending(migration);
  }
  requireRequirements(entries, pending);
  return pending.map((migration) => ({ direction: "up", migration, isChanged: false }));
}

function planRollback(
  entries: readonly StateEntry[],
  request: Extract<PlanRequest, { kind: "rollback" }>,
): Step[] {
  const newestFirst = entries
    .filter(({ record, version }) => record !== null && isVersion(version))
    .reverse();
  const chosen = chooseToUndo(newestFirst, request);
  if (chosen.length === 0) {
    throw new GodwitError("NOTHING_TO_ROLL_BACK", "no migration is applied that this could undo", {
      hint: "see what is applied with: godwit status",
    });
  }
  return chosen.map(({ version, migration, state }) => {
    if (migration === null) throw fileGone(version);
    return { direction: "down", migration, isChanged: state === "changed" };
  });
}

function chooseToUndo(
  newestFirst: readonly StateEntry[],
  { to, steps, all }: Extract<PlanRequest, { kind: "rollback" }>,
): readonly StateEntry[] {
  if (all === true) return newestFirst;
  if (to !== undefined) {
    const at = newestFirst.findIndex(({ version }) => version === to);
    if (at === -1) throw targetUnknown(to, "it is not applied");
    return newestFirst.slice(0, at);
  }
  const wanted = steps ?? 1;
  if (newestFirst.length > 0 && wanted > newestFirst.length) {
    throw new GodwitError(
      "NOTHING_TO_ROLL_BACK",
      `${wanted} migrations are to be undone, but only ${newestFirst.length} ${newestFirst.length === 1 ? "is" : "are"} applied`,
      { hint: "undo all of them with --all" },
    );
  }
  return newestFirst.slice(0, wanted);
}

function refuseIncomplete(entries: readonly StateEntry[]): void {
  const entry = entries.find(({ state }) => state === "incomplete");
  if (entry === undefined) return;
  const { version, incomplete } = entry;
  const since = incomplete?.startedAt == null ? "" : ` since ${incomplete.startedAt}`;
  throw new GodwitError(
    "MIGRATION_INCOMPLETE",
    `${version} is running or stopped half-way${since}, at its statement ${incomplete?.statement}`,
    {
      location: locateStatement(entry),
      hint: `wait if it is running; else finish or undo it by hand, then: godwit mark ${version} --applied (or --pending)`,
    },
  );
}

/** The statement at which a step stopped: of the way down, if the migration is still in the history. */
function locateStatement({ migration, record, incomplete }: StateEntry): SourceLocation | undefined {
  if (migration === null) return undefined;
  const { file, body } = migration;
  if (body.kind !== "sql") return locateFile(file);
  const statement = (record === null ? body.up : body.down)[(incomplete?.statement ?? 0) - 1];
  return statement === undefined ? locateFile(file) : locate(file, body.text, statement.start);
}

interface Blocker {
  readonly state: MigrationState;
  readonly flag: string;
  readonly code: FailureCode;
  readonly isAllowed: boolean;
  readonly message: string;
  readonly hint: string;
}

function refuseUnlessAllowed(entries: readonly StateEntry[], allow: Allowances): void {
  for (const blocker of blockers(allow)) {
    if (blocker.isAllowed) continue;
    const found = entries.filter(
      (entry) => entry.state === blocker.state && (blocker.state !== "missing" || blocksAsMissing(entry)),
    );
    if (found.length === 0) continue;
    const [first] = found;
    throw new GodwitError(blocker.code, `${first!.version} ${blocker.message}`, {
      location: first!.migration === null ? undefined : locateFile(first!.migration.file),
      details: found.length > 1 ? found.map(({ version, migration }) => migration?.file ?? version) : [],
      hint: `${isAhead(blocker, first!, entries) ? AHEAD : blocker.hint}, or let it pass with ${blocker.flag}`,
    });
  }
}

const AHEAD = "this folder is older than the database: bring the newer files";

/** Newer than every file: the database has been where this folder has not. */
function isAhead({ state }: Blocker, { version }: StateEntry, entries: readonly StateEntry[]): boolean {
  return state === "missing" && entries.every((entry) => entry.migration === null || entry.version < version);
}

function blockers(allow: Allowances): Blocker[] {
  return [
    {
      state: "changed",
      flag: "--allow-changed",
      code: "MIGRATION_CHANGED",
      isAllowed: allow.changed === true,
      message: "was changed after it was applied",
      hint: "put the file back as it was and write a new migration; accept the file as it is with `godwit mark VERSION --applied`",
    },
    {
      state: "missing",
      flag: "--allow-missing",
      code: "MIGRATION_MISSING",
      isAllowed: allow.missing === true,
      message: "is applied but its file is gone",
      hint: "put the file back",
    },
    {
      state: "out_of_order",
      flag: "--allow-out-of-order",
      code: "OUT_OF_ORDER",
      isAllowed: allow.outOfOrder === true,
      message: "is pending but older than the newest applied",
      hint: "give the file a newer version",
    },
  ];
}

function requireTargetAhead(entries: readonly StateEntry[], to: string): void {
  const target = entries.find(({ version }) => version === to);
  if (target === undefined) throw targetUnknown(to, "no file has it");
  const newest = entries.findLast(({ record, version }) => record !== null && isVersion(version));
  if (newest === undefined || to >= newest.version) return;
  throw new GodwitError("TARGET_BEHIND", `${to} is behind: the database is at ${newest.version}`, {
    hint: `go back with: godwit rollback --to ${to}`,
  });
}

function requireRequirements(entries: readonly StateEntry[], pending: readonly Migration[]): void {
  if (pending.every(({ requires }) => requires.length === 0)) return;
  const available = new Set(entries.filter(({ record }) => record !== null).map(({ version }) => version));
  for (const migration of pending) {
    for (const required of migration.requires) {
      if (available.has(required)) continue;
      throw new GodwitError(
        "REQUIREMENT_MISSING",
        `${migration.version} requires ${required}, which is neither applied nor earlier in this run`,
        { location: locateRequires(migration, required), hint: whyUnavailable(entries, required) },
      );
    }
    available.add(migration.version);
  }
}

/** The header line that names the version. */
function locateRequires({ file, body }: Migration, required: string): SourceLocation {
  const text = body.kind === "sql" || body.kind === "code" ? body.text : "";
  const line = new RegExp(`^.*Requires.*${required}`, "im").exec(text);
  return line === null ? locateFile(file) : locate(file, text, line.index + line[0].length - required.length);
}

function whyUnavailable(entries: readonly StateEntry[], required: string): string {
  const isFile = entries.some((entry) => entry.version === required && entry.migration !== null);
  return isFile
    ? "give it a newer version than what it requires"
    : `add the file of ${required}, or correct the Requires line`;
}

function pythonPending(migration: Migration): GodwitError {
  return new GodwitError("PYTHON_PENDING", `${migration.version} is a Python migration and cannot be run`, {
    location: locateFile(migration.file),
    hint: `rewrite it as ${migration.version}_${migration.slug}.sql or .ts, or record it with: godwit mark ${migration.version} --applied`,
  });
}

function fileGone(version: string): GodwitError {
  return new GodwitError("MIGRATION_MISSING", `${version} cannot be undone: its file is gone`, {
    hint: "put the file back",
  });
}

export function targetUnknown(version: string, why: string): GodwitError {
  return new GodwitError("TARGET_UNKNOWN", `unknown version ${version}: ${why}`, {
    hint: "see the versions with: godwit status",
  });
}

/** `version`: where it shows, if it shows at one. */
export function historyMoved(version: string | null): GodwitError {
  const where = version === null ? "" : ` (${version})`;
  return new GodwitError("HISTORY_MOVED", `another run changed the history in between${where}`, {
    hint: "look at `godwit status`, then run again",
  });
}
