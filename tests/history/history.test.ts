import { expect, test } from "bun:test";
import fc from "fast-check";
import { isoTime, storedTime } from "../../src/history/history.ts";

const READ: readonly (readonly [unknown, string | null])[] = [
  ["2026-02-14 12:00:00", "2026-02-14T12:00:00Z"],
  ["2026-02-14T12:00:00", "2026-02-14T12:00:00Z"],
  ["2026-02-14T12:00:00.123456", "2026-02-14T12:00:00Z"],
  ["2026-02-14 12:00:00.5", "2026-02-14T12:00:00Z"],
  ["2026-02-14T12:00:00Z", "2026-02-14T12:00:00Z"],
  ["2026-02-14T12:00:00.123456+00:00", "2026-02-14T12:00:00Z"],
  ["2026-02-14T12:00:00+02:00", null],
  ["2026-02-14", null],
  ["yesterday", null],
  ["", null],
  [null, null],
  [1771070400, null],
];

test.each(READ)("a stored time of %p reads as %p", (stored, iso) => {
  expect(isoTime(stored)).toBe(iso);
});

test("what is written reads back to the second", () => {
  const moments = fc.date({
    min: new Date("1970-01-01T00:00:00Z"),
    max: new Date("9999-12-31T23:59:59Z"),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(moments, (moment) => {
      const iso = isoTime(storedTime(moment));
      expect(iso).toBe(moment.toISOString().replace(/\.\d{3}Z$/, "Z"));
    }),
  );
});
