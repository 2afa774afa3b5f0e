import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { closeSync, constants, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Output } from "../../src/cli/output.ts";
import { failureOf } from "../support/failures.ts";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "godwit-"));
  file = join(folder, "out");
});

afterEach(() => rmSync(folder, { recursive: true }));

describe("an output", () => {
  test("writes the lines of a turn at its end, or when flushed", async () => {
    const descriptor = openSync(file, "w");
    const output = new Output(descriptor);
    output.line("one");
    output.line();
    expect(readFileSync(file, "utf8")).toBe("");
    await Promise.resolve();
    expect(readFileSync(file, "utf8")).toBe("one\n\n");
    output.line("two");
    output.flush();
    output.requireWritten(true);
    expect(readFileSync(file, "utf8")).toBe("one\n\ntwo\n");
    closeSync(descriptor);
  });

  test("does not keep more than a buffer of text", () => {
    const descriptor = openSync(file, "w");
    new Output(descriptor).line("x".repeat(70_000));
    expect(readFileSync(file, "utf8")).toHaveLength(70_001);
    closeSync(descriptor);
  });

  test("a descriptor that is closed loses text, and says so once at the end", async () => {
    const descriptor = openSync(file, "w");
    closeSync(descriptor);
    const output = new Output(descriptor);
    output.line("lost");
    output.flush();
    const failure = await failureOf(() => output.requireWritten(false));
    expect(failure).toMatchObject({ code: "OUTPUT_FAILED", exitCode: 4, outcome: "unknown" });
    expect(failure.message).toStartWith("the output could not be written: EBADF");
  });

  test.skipIf(!existsSync("/dev/full"))("a full disk is a failure", async () => {
    const descriptor = openSync("/dev/full", "w");
    const output = new Output(descriptor);
    output.line("lost");
    expect((await failureOf(() => output.requireWritten(false))).message).toStartWith(
      "the output could not be written: ENOSPC",
    );
    closeSync(descriptor);
  });

  test.each(["x", "ä", "\u001b[2mx"])("waits for the reader of a pipe that is full: %j", async (piece) => {
    const pipe = join(folder, "pipe");
    Bun.spawnSync(["mkfifo", pipe]);
    const descriptor = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    const reader = Bun.spawn(["sh", "-c", 'sleep 0.1; cat "$0" > "$1"', pipe, file]);
    const output = new Output(descriptor);
    const lines = [piece.repeat(40_000), piece.repeat(40_000), piece.repeat(200_000)];
    for (const line of lines) output.raw(`${line}\n`);
    output.requireWritten(true);
    closeSync(descriptor);
    await reader.exited;
    expect(readFileSync(file, "utf8") === `${lines.join("\n")}\n`).toBe(true);
  });
});
