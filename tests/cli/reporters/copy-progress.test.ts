import { describe, expect, test } from "bun:test";
import { CopyProgressLine } from "../../../src/cli/reporters/copy-progress.ts";
import { CollectedOutput } from "../../support/collected-output.ts";

/** Runs for about half a second, telling every ten milliseconds. */
async function told(isTerminal: boolean): Promise<string> {
  const stderr = new CollectedOutput();
  const line = new CopyProgressLine(stderr, isTerminal);
  line.begin();
  for (let step = 1; step <= 50; step++) {
    line.show("restore point", step * 1_000_000, 50_000_000);
    await Bun.sleep(10);
  }
  line.end();
  return stderr.text;
}

describe("how far a copy is", () => {
  test("is one line at a terminal, drawn over and taken away", async () => {
    const text = await told(true);
    const frames = text.split("\r\u001b[K").slice(1);
    expect(frames.length).toBeGreaterThan(1);
    expect(frames[0]).toMatch(/^restore point: \d+(\.\d)? MB of 50 MB, \d+ ms$/);
    expect(frames.at(-1)).toBe("");
    expect(text).not.toContain("\n");
  });

  test("is nothing elsewhere, where it is soon over", async () => {
    expect(await told(false)).toBe("");
  });
});
