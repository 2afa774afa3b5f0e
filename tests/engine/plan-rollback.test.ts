import { describe, expect, test } from "bun:test";
import type { FailureCode } from "../../src/base/failure.ts";
import { type PlanRequest, planSteps } from "../../src/engine/plan.ts";
import { failureOf } from "../support/failures.ts";
import { entriesOf, happened, intended, type Situation, stopped, v } from "../support/intent.ts";

const THREE: Situation = {
  files: [intended(1), intended(2), intended(3), intended(4)],
  applied: [happened(1), happened(2), happened(3)],
};

interface Planned extends Situation {
  readonly name: string;
  readonly request: PlanRequest;
  /** Positive: up; negative: down. */
  readonly steps: readonly number[];
  readonly changed?: readonly number[];
}

const PLANNED: readonly Planned[] = [
  { name: "the newest by default", ...THREE, request: { kind: "rollback" }, steps: [-3] },
  {
    name: "as many as `steps`, newest first",
    ...THREE,
    request: { kind: "rollback", steps: 2 },
    steps: [-3, -2],
  },
  { name: "down to `to`, which stays", ...THREE, request: { kind: "rollback", to: v(1) }, steps: [-3, -2] },
  { name: "all", ...THREE, request: { kind: "rollback", all: true }, steps: [-3, -2, -1] },
  {
    name: "past a pending file that is out of order",
    files: THREE.files,
    applied: [happened(1), happened(3)],
    request: { kind: "rollback", steps: 2 },
    steps: [-3, -1],
  },
  {
    name: "a changed file by its present way down",
    files: THREE.files,
    applied: [happened(1), happened(2, { checksum: "other" })],
    request: { kind: "rollback", steps: 2 },
    steps: [-2, -1],
    changed: [2],
  },
  {
    name: "without regard to files missing below",
    files: THREE.files.slice(1),
    applied: [happened(1), happened(2)],
    request: { kind: "rollback" },
    steps: [-2],
  },
  {
    name: "without regard to rows that are no versions",
    files: THREE.files,
    applied: [happened(1), happened(9, { version: "zz-by-hand" })],
    request: { kind: "rollback", all: true },
    steps: [-1],
  },
  { name: "redo: down and up again", ...THREE, request: { kind: "redo" }, steps: [-3, 3] },
  {
    name: "redo of several: down newest first, up oldest first",
    ...THREE,
    request: { kind: "redo", steps: 2 },
    steps: [-3, -2, 2, 3],
  },
];

describe("a rollback plan undoes", () => {
  test.each(PLANNED)("$name", ({ request, steps, changed = [], ...situation }) => {
    const planned = planSteps(entriesOf(situation), request);
    const written = planned.map(({ direction, migration }) => [direction, migration.version]);
    expect(written).toEqual(steps.map((n) => [n > 0 ? "up" : "down", v(Math.abs(n))]));
    const marked = planned.filter(({ isChanged }) => isChanged).map(({ migration }) => migration.version);
    expect(marked).toEqual(changed.map(v));
  });
});

interface Refused extends Situation {
  readonly name: string;
  readonly request: PlanRequest;
  readonly code: FailureCode;
  readonly message: string;
  readonly hint: string;
}

const NOTHING = "no migration is applied that this could undo";
const SEE_STATUS = "see what is applied with: godwit status";

const REFUSED: readonly Refused[] = [
  {
    name: "an empty history",
    files: THREE.files,
    request: { kind: "rollback" },
    code: "NOTHING_TO_ROLL_BACK",
    message: NOTHING,
    hint: SEE_STATUS,
  },
  {
    name: "all of an empty history",
    files: THREE.files,
    request: { kind: "rollback", all: true },
    code: "NOTHING_TO_ROLL_BACK",
    message: NOTHING,
    hint: SEE_STATUS,
  },
  {
    name: "a redo of an empty history",
    files: THREE.files,
    request: { kind: "redo" },
    code: "NOTHING_TO_ROLL_BACK",
    message: NOTHING,
    hint: SEE_STATUS,
  },
  {
    name: "a target that is the newest already",
    ...THREE,
    request: { kind: "rollback", to: v(3) },
    code: "NOTHING_TO_ROLL_BACK",
    message: NOTHING,
    hint: SEE_STATUS,
  },
  {
    name: "more steps than are applied",
    ...THREE,
    request: { kind: "rollback", steps: 4 },
    code: "NOTHING_TO_ROLL_BACK",
    message: "4 migrations are to be undone, but only 3 are applied",
    hint: "undo all of them with --all",
  },
  {
    name: "two steps where one is applied",
    files: THREE.files,
    applied: [happened(1)],
    request: { kind: "rollback", steps: 2 },
    code: "NOTHING_TO_ROLL_BACK",
    message: "2 migrations are to be undone, but only 1 is applied",
    hint: "undo all of them with --all",
  },
  {
    name: "a target that is not applied",
    ...THREE,
    request: { kind: "rollback", to: v(4) },
    code: "TARGET_UNKNOWN",
    message: `unknown version ${v(4)}: it is not applied`,
    hint: "see the versions with: godwit status",
  },
  {
    name: "a missing file among those to undo",
    files: [intended(1), intended(3)],
    applied: [happened(1), happened(2), happened(3)],
    request: { kind: "rollback", steps: 2 },
    code: "MIGRATION_MISSING",
    message: `${v(2)} cannot be undone: its file is gone`,
    hint: "put the file back",
  },
  {
    name: "an incomplete migration anywhere",
    ...THREE,
    incomplete: [stopped(4, 2)],
    request: { kind: "rollback" },
    code: "MIGRATION_INCOMPLETE",
    message: `${v(4)} is running or stopped half-way since 2026-02-14T12:00:00Z, at its statement 2`,
    hint: `wait if it is running; else finish or undo it by hand, then: godwit mark ${v(4)} --applied (or --pending)`,
  },
];

describe("a rollback plan refuses", () => {
  test.each(REFUSED)("$name", async ({ request, code, message, hint, ...situation }) => {
    const failure = await failureOf(() => planSteps(entriesOf(situation), request));
    expect({
      code: failure.code,
      message: failure.message,
      hint: failure.hint,
      exitCode: failure.exitCode,
    }).toEqual({
      code,
      message,
      hint,
      exitCode: 3,
    });
  });
});
