import { describe, expect, test } from "bun:test";
import { SYSTEM_CLOCK } from "../../src/base/clock.ts";

describe("the system's clock", () => {
  test("tells the date of now", () => {
    const before = Date.now();
    const now = SYSTEM_CLOCK.now().getTime();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });

  test("never runs backwards", () => {
    const readings = Array.from({ length: 1000 }, () => SYSTEM_CLOCK.elapsed());
    expect(readings).toEqual(readings.toSorted((a, b) => a - b));
  });

  test("ends a sleep of no time", async () => {
    await expect(SYSTEM_CLOCK.sleep(0)).resolves.toBeUndefined();
  });
});
