import { describe, expect, test } from "bun:test";
import { FAILURE_CODES, GodwitError, messageOf, type Outcome } from "../../src/base/failure.ts";
import { locateFile } from "../../src/base/source-text.ts";

describe("a failure", () => {
  test("says by itself only what it must", () => {
    const failure = new GodwitError("DOWN_MISSING", "there is no way back");
    expect({ ...failure, message: failure.message, cause: failure.cause }).toEqual({
      name: "GodwitError",
      message: "there is no way back",
      code: "DOWN_MISSING",
      location: undefined,
      details: [],
      hint: undefined,
      outcome: "unchanged",
      state: undefined,
      exitCode: 3,
      cause: undefined,
    });
  });

  test("keeps its cause, and has none where none was given", () => {
    const cause = new Error("disk full");
    expect(new GodwitError("BUG", "x", { cause }).cause).toBe(cause);
    expect("cause" in new GodwitError("BUG", "x")).toBe(false);
  });

  test("is an Error, so that a library's caller can catch it as one", () => {
    expect(new GodwitError("BUG", "x")).toBeInstanceOf(Error);
  });
});

describe("the exit code", () => {
  const rows: { code: (typeof FAILURE_CODES)[number]; outcome: Outcome; exit: number }[] = [
    { code: "UNKNOWN_FLAG", outcome: "unchanged", exit: 2 },
    { code: "MIGRATION_CHANGED", outcome: "unchanged", exit: 3 },
    { code: "MIGRATION_CHANGED", outcome: "rolled_back", exit: 4 },
    { code: "MIGRATION_CHANGED", outcome: "unknown", exit: 4 },
    { code: "MIGRATION_CHANGED", outcome: "left_changed", exit: 5 },
    { code: "MIGRATION_FAILED", outcome: "rolled_back", exit: 4 },
    { code: "MIGRATION_FAILED", outcome: "left_changed", exit: 5 },
    { code: "BUG", outcome: "unchanged", exit: 70 },
    { code: "BUG", outcome: "left_changed", exit: 5 },
    { code: "CANCELLED", outcome: "rolled_back", exit: 130 },
  ];
  test.each(rows)("of $code with the outcome $outcome is $exit", ({ code, outcome, exit }) => {
    expect(new GodwitError(code, "x", { outcome }).exitCode).toBe(exit);
  });

  test.each(FAILURE_CODES.map((code) => ({ code })))("of $code is one that is documented", ({ code }) => {
    expect([2, 3, 4, 70, 130]).toContain(new GodwitError(code, "x").exitCode);
  });
});

describe("a failure with parts replaced", () => {
  const failure = new GodwitError("MIGRATION_FAILED", "no such table", {
    location: locateFile("a.sql"),
    details: ["row 1"],
    hint: "mend it",
    outcome: "rolled_back",
    state: "still at 1",
    cause: new Error("inner"),
  });

  test("keeps the others, the stack and the cause", () => {
    const copy = failure.with({ hint: "look" });
    expect(copy).not.toBe(failure);
    expect(copy).toMatchObject({
      code: "MIGRATION_FAILED",
      message: "no such table",
      location: { file: "a.sql" },
      details: ["row 1"],
      hint: "look",
      outcome: "rolled_back",
      state: "still at 1",
    });
    expect(copy.stack).toBe(failure.stack);
    expect(copy.cause).toBe(failure.cause);
  });

  test("has the exit code of its new outcome", () => {
    expect(failure.with({ outcome: "left_changed" }).exitCode).toBe(5);
  });

  test("does not change the first one", () => {
    failure.with({ hint: "other", outcome: "unknown" });
    expect(failure).toMatchObject({ hint: "mend it", outcome: "rolled_back", exitCode: 4 });
  });
});

describe("the text of what was thrown", () => {
  test.each([
    { name: "an error", thrown: new Error("boom"), text: "boom" },
    { name: "an error without words", thrown: new RangeError(), text: "RangeError" },
    { name: "an object with a message", thrown: { message: 7 }, text: "7" },
    { name: "a string", thrown: "boom", text: "boom" },
    { name: "null", thrown: null, text: "null" },
    { name: "undefined", thrown: undefined, text: "undefined" },
  ])("is found in $name", ({ thrown, text }) => {
    expect(messageOf(thrown)).toBe(text);
  });
});
