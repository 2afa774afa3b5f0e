import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { estimateLock, type TimedStep } from "../../../src/features/rehearsal/lock-estimate.ts";

const GROUPED = { isAtomic: false, commit: "grouped" } as const;
const shared = (...times: number[]): TimedStep[] => times.map((ms) => ({ ms, isolation: "shared" }));

describe("the estimated time of the lock", () => {
  test("of short steps is that of all together", () => {
    expect(estimateLock(shared(10, 20, 30), 0, GROUPED)).toEqual({ longestMs: 60, totalMs: 60 });
  });

  test("ends with the step that has had it for long enough", () => {
    expect(estimateLock(shared(200, 100, 50, 40), 0, GROUPED)).toEqual({ longestMs: 300, totalMs: 390 });
  });

  test("is one time for each step that stands alone", () => {
    expect(estimateLock(shared(10, 20), 0, { isAtomic: false, commit: "each" })).toEqual({
      longestMs: 20,
      totalMs: 30,
    });
    const apart: TimedStep[] = [...shared(10), { ms: 5, isolation: "untransacted" }, ...shared(20)];
    expect(estimateLock(apart, 0, GROUPED)).toEqual({ longestMs: 20, totalMs: 35 });
  });

  test("begins with the restore point, which does not end the first group", () => {
    expect(estimateLock(shared(10, 20), 1000, GROUPED)).toEqual({ longestMs: 1030, totalMs: 1030 });
  });

  test("is one time for a run that is all or nothing", () => {
    expect(estimateLock(shared(300, 300), 100, { isAtomic: true, commit: "grouped" })).toEqual({
      longestMs: 700,
      totalMs: 700,
    });
  });

  test("loses none of it, however it is cut", () => {
    const step = fc.record({
      ms: fc.nat(500),
      isolation: fc.constantFrom<TimedStep["isolation"]>("shared", "alone", "enforced", "untransacted"),
    });
    fc.assert(
      fc.property(fc.array(step), fc.nat(1000), fc.boolean(), (steps, restorePoint, isAtomic) => {
        const { longestMs, totalMs } = estimateLock(steps, restorePoint, { isAtomic, commit: "grouped" });
        expect(totalMs).toBe(steps.reduce((sum, { ms }) => sum + ms, restorePoint));
        expect(longestMs).toBeLessThanOrEqual(totalMs);
      }),
    );
  });
});
