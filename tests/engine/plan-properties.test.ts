import { expect, test } from "bun:test";
import fc from "fast-check";
import { type PlanRequest, planSteps, type Step } from "../../src/engine/plan.ts";
import { computeState, type StateEntry } from "../../src/engine/state.ts";
import type { AppliedRecord } from "../../src/history/history.ts";
import type { Migration } from "../../src/migrations/migration.ts";
import { happened, intended, v } from "../support/intent.ts";

interface World {
  readonly files: readonly Migration[];
  readonly applied: readonly AppliedRecord[];
}

const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 20 });

const worlds: fc.Arbitrary<World> = fc
  .record({ files: numbers, applied: numbers, changed: fc.array(fc.integer({ min: 1, max: 30 })) })
  .map(({ files, applied, changed }) => ({
    files: files.map((n) => intended(n)),
    applied: applied
      .toSorted((a, b) => a - b)
      .map((n) => happened(n, { checksum: changed.includes(n) ? "other" : `sum-${n}` })),
  }));

/** Every file that is there is older or newer, never in between: an ordinary database. */
const tidyWorlds = fc.record({ files: numbers, count: fc.nat(20) }).map(({ files, count }) => {
  const sorted = files.toSorted((a, b) => a - b);
  return {
    files: sorted.map((n) => intended(n)),
    applied: sorted.slice(0, count).map((n) => happened(n)),
  };
});

const ALLOW_ALL = { changed: true, missing: true, outOfOrder: true };

function stateOf({ files, applied }: World): StateEntry[] {
  return computeState(files, { applied, incomplete: [] });
}

function versions(steps: readonly Step[]): string[] {
  return steps.map(({ migration }) => migration.version);
}

function planOrNull(world: World, request: PlanRequest): Step[] | null {
  try {
    return planSteps(stateOf(world), request);
  } catch {
    return null;
  }
}

/** The history after the steps. */
function carryOut({ files, applied }: World, steps: readonly Step[]): World {
  const rows = new Map(applied.map((row) => [row.version, row]));
  for (const { direction, migration } of steps) {
    if (direction === "down") rows.delete(migration.version);
    else rows.set(migration.version, { ...happened(1), ...migration });
  }
  const sorted = [...rows.values()].toSorted((a, b) => (a.version < b.version ? -1 : 1));
  return { files, applied: sorted };
}

test("up steps are a sorted part of what is pending, and never an applied version", () => {
  fc.assert(
    fc.property(worlds, fc.option(fc.nat(25), { nil: undefined }), (world, steps) => {
      const planned = versions(planSteps(stateOf(world), { kind: "migrate", steps, allow: ALLOW_ALL }));
      const pending = new Set(
        stateOf(world)
          .filter(({ state }) => state === "pending" || state === "out_of_order")
          .map(({ version }) => version),
      );
      expect(planned).toEqual(planned.toSorted());
      expect(planned.every((version) => pending.has(version))).toBe(true);
      expect(planned).toHaveLength(Math.min(pending.size, steps ?? pending.size));
      const applied = new Set(world.applied.map(({ version }) => version));
      expect(planned.some((version) => applied.has(version))).toBe(false);
    }),
  );
});

test("nothing newer than `to` is planned, and afterwards nothing up to it is pending", () => {
  fc.assert(
    fc.property(worlds, fc.integer({ min: 1, max: 30 }), (world, n) => {
      const planned = planOrNull(world, { kind: "migrate", to: v(n), allow: ALLOW_ALL });
      fc.pre(planned !== null);
      expect(versions(planned!).every((version) => version <= v(n))).toBe(true);
      const left = stateOf(carryOut(world, planned!)).filter(
        ({ version, record }) => record === null && version <= v(n),
      );
      expect(left).toEqual([]);
    }),
  );
});

test("a second migrate has nothing to do", () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const request = { kind: "migrate", allow: ALLOW_ALL } as const;
      const after = carryOut(world, planSteps(stateOf(world), request));
      expect(planSteps(stateOf(after), request)).toEqual([]);
    }),
  );
});

test("rolling back what migrate did is its mirror, and gives the history back", () => {
  fc.assert(
    fc.property(tidyWorlds, (world) => {
      const up = planSteps(stateOf(world), { kind: "migrate" });
      fc.pre(up.length > 0);
      const after = carryOut(world, up);
      const down = planSteps(stateOf(after), { kind: "rollback", steps: up.length });
      expect(versions(down)).toEqual(versions(up).reverse());
      expect(versionsOf(carryOut(after, down))).toEqual(versionsOf(world));
    }),
  );
});

test("rollback --to leaves its target the newest applied", () => {
  fc.assert(
    fc.property(tidyWorlds, fc.nat(19), (world, at) => {
      const target = world.applied[at]?.version;
      fc.pre(target !== undefined && target !== world.applied.at(-1)?.version);
      const down = planSteps(stateOf(world), { kind: "rollback", to: target! });
      expect(down.every(({ direction }) => direction === "down")).toBe(true);
      expect(versionsOf(carryOut(world, down)).at(-1)).toBe(target!);
    }),
  );
});

test("redo ends where it began", () => {
  fc.assert(
    fc.property(tidyWorlds, fc.integer({ min: 1, max: 20 }), (world, steps) => {
      fc.pre(steps <= world.applied.length);
      const planned = planSteps(stateOf(world), { kind: "redo", steps });
      expect(planned).toHaveLength(2 * steps);
      expect(versionsOf(carryOut(world, planned))).toEqual(versionsOf(world));
      expect(versions(planned)).toEqual(versions(planned).toReversed());
    }),
  );
});

test("without allowances an untidy history gives a refusal or steps that are all newer than it", () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const planned = planOrNull(world, { kind: "migrate" });
      const newest = world.applied.at(-1)?.version ?? "";
      expect(planned === null || versions(planned).every((version) => version > newest)).toBe(true);
    }),
  );
});

function versionsOf({ applied }: World): string[] {
  return applied.map(({ version }) => version);
}
