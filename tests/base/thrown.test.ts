import { describe, expect, test } from "bun:test";
import { GodwitError, inspectable, isGodwitError, messageOf, stackOf } from "../../src/base/failure.ts";

function throwing(): never {
  throw new Error("asked");
}

const NO_TEXT = "something was thrown that has no text";
const MUTE_PROXY = new Proxy({}, { get: throwing, has: throwing, getPrototypeOf: throwing });

describe("the message of what has none", () => {
  test.each<{ name: string; thrown: unknown; message: string }>([
    { name: "an object without a prototype", thrown: Object.create(null), message: NO_TEXT },
    { name: "an object that cannot be text", thrown: { toString: throwing }, message: NO_TEXT },
    {
      name: "a getter that throws",
      thrown: Object.defineProperty({}, "message", { get: throwing }),
      message: NO_TEXT,
    },
    { name: "a proxy that answers nothing", thrown: MUTE_PROXY, message: NO_TEXT },
    { name: "a number", thrown: Object.assign(new Error("x"), { message: 5 }), message: "5" },
    {
      name: "a symbol",
      thrown: Object.assign(new Error("x"), { message: Symbol("s") }),
      message: "Symbol(s)",
    },
    { name: "an empty one", thrown: new TypeError(""), message: "TypeError" },
    { name: "nothing", thrown: undefined, message: "undefined" },
  ])("$name", ({ thrown, message }) => {
    expect(messageOf(thrown)).toBe(message);
  });
});

describe("the stack", () => {
  test.each<{ name: string; thrown: unknown }>([
    { name: "of no error", thrown: { stack: "at a" } },
    { name: "of a proxy that answers nothing", thrown: MUTE_PROXY },
    { name: "that is a number", thrown: Object.assign(new Error("x"), { stack: 5 }) },
    { name: "that throws", thrown: Object.defineProperty(new Error("x"), "stack", { get: throwing }) },
  ])("$name is empty", ({ thrown }) => {
    expect(stackOf(thrown)).toBe("");
  });

  test("of an error is its own", () => {
    const error = new Error("x");
    expect(stackOf(error)).toBe(error.stack!);
  });
});

test("what can be asked stays what it is; what cannot is an error that can", () => {
  const error = new GodwitError("BUG", "x");
  expect(inspectable(error)).toBe(error);
  expect(inspectable("text")).toBe("text");
  expect(inspectable(MUTE_PROXY)).toEqual(new Error(NO_TEXT));
  expect([error, new Error("x"), MUTE_PROXY].map(isGodwitError)).toEqual([true, false, false]);
});
