import { size } from "../../base/printable.ts";
import type { Output } from "../output.ts";
import { duration } from "../style.ts";

/** Shorter copies are told of when they are made. */
const SHOWN_AFTER_MS = 300;
const REDRAWN_EVERY_MS = 100;
/** Where lines cannot be drawn over. */
const LINE_EVERY_MS = 10_000;
const ERASE = "\r\u001b[K";

/** How far the copy of a large database is: one line that is drawn over at a terminal, a line now and then elsewhere. */
export class CopyProgressLine {
  private readonly stderr: Output;
  private readonly isTerminal: boolean;
  private startedAt = 0;
  private drawnAt = 0;
  private isShown = false;

  constructor(stderr: Output, isTerminal: boolean) {
    this.stderr = stderr;
    this.isTerminal = isTerminal;
  }

  begin(): void {
    this.startedAt = performance.now();
    this.drawnAt = this.startedAt;
  }

  show(what: string, doneBytes: number, totalBytes: number): void {
    const now = performance.now();
    const isDue = this.isTerminal
      ? now - this.startedAt >= SHOWN_AFTER_MS && now - this.drawnAt >= REDRAWN_EVERY_MS
      : now - this.drawnAt >= LINE_EVERY_MS;
    if (!isDue) return;
    this.drawnAt = now;
    const line = `${what}: ${size(doneBytes)} of ${size(totalBytes)}, ${duration(Math.round(now - this.startedAt))}`;
    this.stderr.raw(this.isTerminal ? `${ERASE}${line}` : `${line}\n`);
    this.isShown = this.isTerminal;
  }

  /** Takes the line away again. */
  end(): void {
    if (this.isShown) this.stderr.raw(ERASE);
    this.isShown = false;
  }
}
