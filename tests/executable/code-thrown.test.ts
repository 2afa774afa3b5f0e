import { describe, expect, test } from "bun:test";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { documentOf } from "../support/run-godwit.ts";

const NO_TEXT = "something was thrown that has no text";

const THROWN = [
  { name: "an object without a prototype", value: "Object.create(null)", message: NO_TEXT },
  { name: "a message that throws", value: "{ get message() { throw 1; } }", message: NO_TEXT },
  {
    name: "an error whose message throws",
    value: 'Object.defineProperty(new Error("x"), "message", { get() { throw 1; } })',
    message: NO_TEXT,
  },
  { name: "a stack that is a number", value: 'Object.assign(new Error("x"), { stack: 5 })', message: "x" },
  { name: "a stack that is nothing", value: 'Object.assign(new Error("x"), { stack: null })', message: "x" },
  {
    name: "a stack that throws",
    value: 'Object.defineProperty(new Error("x"), "stack", { get() { throw 1; } })',
    message: "x",
  },
  {
    name: "a message that is a symbol",
    value: 'Object.assign(new Error("x"), { message: Symbol("s") })',
    message: "Symbol(s)",
  },
  {
    name: "a proxy that answers nothing",
    value: "new Proxy({}, { get() { throw 1; }, has() { throw 2; }, getPrototypeOf() { throw 3; } })",
    message: NO_TEXT,
  },
  {
    name: "several errors that are no list",
    value: 'Object.assign(new AggregateError([], "all"), { errors: null })',
    message: "all",
  },
];

describe("whatever code throws is a failure of its migration", () => {
  test.each(THROWN)("$name", async ({ value, message }) => {
    using project = new CliProject();
    project.tables(1);
    project.write(2, `export function up() { throw ${value}; }`, "ts");
    const ended = await project.migrate("--json");
    expect(documentOf(ended)).toMatchObject({
      error: {
        code: "MIGRATION_FAILED",
        message,
        outcome: "rolled_back",
        location: { file: `migrations/${v(2)}_step_2.ts` },
      },
    });
    expect(ended.exitCode).toBe(4);
    expect(project.applied()).toEqual([1]);
  });

  test.each(THROWN)("or a refusal, at the top of a module: $name", async ({ value, message }) => {
    using project = new CliProject();
    project.write(1, `throw ${value}; export function up() {}`, "ts");
    const ended = await project.migrate("--json");
    expect(documentOf(ended)).toMatchObject({
      error: { code: "CODE_INVALID", message, location: { file: `migrations/${v(1)}_step_1.ts` } },
    });
    expect(ended.exitCode).toBe(3);
  });

  test.each(THROWN)("also in a timer: $name", async ({ value, message }) => {
    using project = new CliProject();
    project.write(
      1,
      `export async function up() { setTimeout(() => { throw ${value}; }, 0); await Bun.sleep(50); }`,
      "ts",
    );
    const ended = await project.migrate("--json");
    expect(documentOf(ended)).toMatchObject({ error: { code: "MIGRATION_FAILED", message } });
    expect(ended.exitCode).toBe(4);
  });
});
