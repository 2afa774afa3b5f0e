import { describe, expect, test } from "bun:test";
import type { FailureCode } from "../../src/base/failure.ts";
import { type PlanRequest, planSteps } from "../../src/engine/plan.ts";
import { failureOf } from "../support/failures.ts";
import {
  broken,
  entriesOf,
  happened,
  intended,
  python,
  type Situation,
  stopped,
  v,
} from "../support/intent.ts";

type MigrateRequest = Omit<Extract<PlanRequest, { kind: "migrate" }>, "kind">;

const FOUR = [intended(1), intended(2), intended(3), intended(4)];

interface Planned extends Situation {
  readonly name: string;
  readonly request?: MigrateRequest;
  readonly up: readonly number[];
}

const PLANNED: readonly Planned[] = [
  { name: "everything on an empty history", files: FOUR, up: [1, 2, 3, 4] },
  { name: "nothing where all is applied", files: [intended(1)], applied: [happened(1)], up: [] },
  {
    name: "only what is newer than the newest row",
    files: FOUR,
    applied: [happened(1), happened(2)],
    up: [3, 4],
  },
  { name: "up to and including `to`", files: FOUR, request: { to: v(3) }, up: [1, 2, 3] },
  {
    name: "nothing when `to` is the newest applied",
    files: FOUR,
    applied: [happened(1)],
    request: { to: v(1) },
    up: [],
  },
  { name: "at most `steps`", files: FOUR, request: { steps: 2 }, up: [1, 2] },
  {
    name: "fewer than `steps` where fewer are pending",
    files: FOUR,
    request: { steps: 9 },
    up: [1, 2, 3, 4],
  },
  { name: "nothing for no steps", files: FOUR, request: { steps: 0 }, up: [] },
  { name: "the tighter of `to` and `steps`", files: FOUR, request: { to: v(3), steps: 1 }, up: [1] },
  {
    name: "out of order first, where it is allowed",
    files: FOUR,
    applied: [happened(2), happened(3)],
    request: { allow: { outOfOrder: true } },
    up: [1, 4],
  },
  {
    name: "past a changed file, where it is allowed, and never that file again",
    files: FOUR,
    applied: [happened(1, { checksum: "other" })],
    request: { allow: { changed: true } },
    up: [2, 3, 4],
  },
  {
    name: "past a missing file, where it is allowed",
    files: FOUR.slice(1),
    applied: [happened(1)],
    request: { allow: { missing: true } },
    up: [2, 3, 4],
  },
  {
    name: "past a missing file of the older runner without being asked",
    files: FOUR.slice(1),
    applied: [happened(1, { checksum: null })],
    up: [2, 3, 4],
  },
  {
    name: "past an applied Python file",
    files: [python(1), intended(2)],
    applied: [happened(1, { checksum: null })],
    up: [2],
  },
  {
    name: "not as far as a pending Python file",
    files: [intended(1), python(2)],
    request: { to: v(1) },
    up: [1],
  },
  {
    name: "with a requirement that is applied",
    files: [intended(2, { requires: [v(1)] })],
    applied: [happened(1, { checksum: null })],
    up: [2],
  },
  {
    name: "with a requirement that is earlier in the run",
    files: [intended(1), intended(2, { requires: [v(1)] })],
    up: [1, 2],
  },
  {
    name: "past a row that is no version",
    files: FOUR,
    applied: [happened(1), happened(1, { version: "by-hand", checksum: null })],
    request: { to: v(2) },
    up: [2],
  },
];

describe("a migrate plan goes", () => {
  test.each(PLANNED)("$name", ({ request = {}, up, ...situation }) => {
    const steps = planSteps(entriesOf(situation), { kind: "migrate", ...request });
    expect(steps.map(({ migration }) => migration.version)).toEqual(up.map(v));
    expect(steps.every(({ direction, isChanged }) => direction === "up" && !isChanged)).toBe(true);
  });
});

interface Refused extends Situation {
  readonly name: string;
  readonly request?: MigrateRequest;
  readonly code: FailureCode;
  readonly message: string;
  readonly hint: string;
  readonly file?: string;
  readonly details?: readonly string[];
}

const file = (n: number) => `migrations/${v(n)}_step_${n}.sql`;
const CHANGED_HINT =
  "put the file back as it was and write a new migration; accept the file as it is with `godwit mark VERSION --applied`, or let it pass with --allow-changed";

const REFUSED: readonly Refused[] = [
  {
    name: "an incomplete migration, before anything else",
    files: FOUR,
    applied: [happened(1, { checksum: "other" })],
    incomplete: [stopped(2, 3)],
    code: "MIGRATION_INCOMPLETE",
    message: `${v(2)} is running or stopped half-way since 2026-02-14T12:00:00Z, at its statement 3`,
    hint: `wait if it is running; else finish or undo it by hand, then: godwit mark ${v(2)} --applied (or --pending)`,
    file: file(2),
  },
  {
    name: "a changed file",
    files: FOUR,
    applied: [happened(1, { checksum: "other" })],
    code: "MIGRATION_CHANGED",
    message: `${v(1)} was changed after it was applied`,
    hint: CHANGED_HINT,
    file: file(1),
  },
  {
    name: "two changed files, both named",
    files: FOUR,
    applied: [happened(1, { checksum: "other" }), happened(2, { checksum: "other" })],
    code: "MIGRATION_CHANGED",
    message: `${v(1)} was changed after it was applied`,
    hint: CHANGED_HINT,
    file: file(1),
    details: [file(1), file(2)],
  },
  {
    name: "a missing file",
    files: FOUR.slice(1),
    applied: [happened(1)],
    code: "MIGRATION_MISSING",
    message: `${v(1)} is applied but its file is gone`,
    hint: "put the file back, or let it pass with --allow-missing",
  },
  {
    name: "two missing files, by their versions",
    files: FOUR.slice(2),
    applied: [happened(1), happened(2)],
    code: "MIGRATION_MISSING",
    message: `${v(1)} is applied but its file is gone`,
    hint: "put the file back, or let it pass with --allow-missing",
    details: [v(1), v(2)],
  },
  {
    name: "a file out of order",
    files: FOUR,
    applied: [happened(1), happened(3)],
    code: "OUT_OF_ORDER",
    message: `${v(2)} is pending but older than the newest applied`,
    hint: "give the file a newer version, or let it pass with --allow-out-of-order",
    file: file(2),
  },
  {
    name: "one blocker although another is allowed",
    files: FOUR,
    applied: [happened(1, { checksum: "other" }), happened(3)],
    request: { allow: { changed: true } },
    code: "OUT_OF_ORDER",
    message: `${v(2)} is pending but older than the newest applied`,
    hint: "give the file a newer version, or let it pass with --allow-out-of-order",
    file: file(2),
  },
  {
    name: "a pending Python file",
    files: [python(1)],
    code: "PYTHON_PENDING",
    message: `${v(1)} is a Python migration and cannot be run`,
    hint: `rewrite it as ${v(1)}_step_1.sql or .ts, or record it with: godwit mark ${v(1)} --applied`,
    file: `migrations/${v(1)}_step_1.py`,
  },
  {
    name: "a target that nobody knows",
    files: FOUR,
    request: { to: v(9) },
    code: "TARGET_UNKNOWN",
    message: `unknown version ${v(9)}: no file has it`,
    hint: "see the versions with: godwit status",
  },
  {
    name: "a target behind the newest applied",
    files: FOUR,
    applied: [happened(1), happened(2)],
    request: { to: v(1) },
    code: "TARGET_BEHIND",
    message: `${v(1)} is behind: the database is at ${v(2)}`,
    hint: `go back with: godwit rollback --to ${v(1)}`,
  },
  {
    name: "a requirement that has no file",
    files: [intended(1, { requires: [v(7)] })],
    code: "REQUIREMENT_MISSING",
    message: `${v(1)} requires ${v(7)}, which is neither applied nor earlier in this run`,
    hint: `add the file of ${v(7)}, or correct the Requires line`,
    file: file(1),
  },
  {
    name: "a requirement that comes later",
    files: [intended(1, { requires: [v(2)] }), intended(2)],
    code: "REQUIREMENT_MISSING",
    message: `${v(1)} requires ${v(2)}, which is neither applied nor earlier in this run`,
    hint: "give it a newer version than what it requires",
    file: file(1),
  },
  {
    name: "a requirement of itself",
    files: [intended(1, { requires: [v(1)] })],
    code: "REQUIREMENT_MISSING",
    message: `${v(1)} requires ${v(1)}, which is neither applied nor earlier in this run`,
    hint: "give it a newer version than what it requires",
    file: file(1),
  },
];

describe("a migrate plan refuses", () => {
  test.each(REFUSED)(
    "$name",
    async ({ request = {}, code, message, hint, file: at, details = [], ...situation }) => {
      const failure = await failureOf(() => planSteps(entriesOf(situation), { kind: "migrate", ...request }));
      expect({
        code: failure.code,
        message: failure.message,
        hint: failure.hint,
        details: failure.details,
        file: failure.location?.file,
        outcome: failure.outcome,
        exitCode: failure.exitCode,
      }).toEqual({ code, message, hint, details: [...details], file: at, outcome: "unchanged", exitCode: 3 });
    },
  );

  test("nothing of a broken file: reading refuses that one, before a plan is made", () => {
    const steps = planSteps(entriesOf({ files: [broken(1)] }), { kind: "migrate" });
    expect(steps.map(({ migration }) => migration.body.kind)).toEqual(["broken"]);
  });
});
