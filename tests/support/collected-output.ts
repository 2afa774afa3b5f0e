import { Output } from "../../src/cli/output.ts";

/** Keeps the lines that would have been written. */
export class CollectedOutput extends Output {
  readonly lines: string[] = [];

  constructor() {
    super(-1);
  }

  /** What was written past the lines. */
  text = "";

  override raw(chunk: string | Uint8Array): void {
    this.text += String(chunk);
  }

  override line(text = ""): void {
    this.lines.push(...text.split("\n"));
  }
}
