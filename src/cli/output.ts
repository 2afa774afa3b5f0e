import { readFileSync, readlinkSync, writeSync } from "node:fs";
import { GodwitError, messageOf } from "../base/failure.ts";

const NEWLINE = 10;

/** Lines are written as soon as there are so many units of UTF-16. */
const MOST_KEPT = 65_536;

/** Text of which each character is one byte: to write it so, nothing has to be loaded that makes bytes. */
const ASCII = /^[ -~\n]*$/;

/**
 * Writes to a file descriptor and knows whether it worked. Not process.stdout: that costs 6 ms of start-up, and Bun drops the error of a full disk
 * or a closed pipe.
 */
export class Output {
  /** Runs what writes, where a line that is drawn over stands on the terminal: it must be away meanwhile. */
  static around: ((write: () => void, endsLine: boolean) => void) | null = null;

  /** Writes without a word to `around`. */
  static bare(descriptor: number, text: string): void {
    try {
      writeSync(descriptor, text);
    } catch {
      // A terminal that is gone.
    }
  }

  private readonly descriptor: number;
  private pending = "";
  private isScheduled = false;
  private failure: NodeJS.ErrnoException | null = null;

  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  /** Adds a line; lines of the same turn go out in one write. */
  line(text = ""): void {
    this.pending += `${text}\n`;
    if (this.pending.length > MOST_KEPT) return this.flush();
    if (this.isScheduled) return;
    this.isScheduled = true;
    queueMicrotask(() => this.flush());
  }

  flush(): void {
    this.isScheduled = false;
    const text = this.pending;
    this.pending = "";
    this.writeAll(text);
  }

  /** Writes at once, after the lines before it. */
  raw(chunk: string | Uint8Array): void {
    this.flush();
    this.writeAll(chunk);
  }

  /** @throws GodwitError OUTPUT_FAILED if something was lost; a reader that had enough of text (`| head`) is none. */
  requireWritten(isDocument: boolean): void {
    this.flush();
    if (isDocument && this.failure === null && wasClosed(this.descriptor)) this.failure = closedFailure();
    if (this.failure === null || (this.failure.code === "EPIPE" && !isDocument)) return;
    throw new GodwitError("OUTPUT_FAILED", `the output could not be written: ${messageOf(this.failure)}`, {
      hint: "what the command did is done; see it with: godwit status",
      outcome: "unknown",
      state: "the command itself was carried out",
      cause: this.failure,
    });
  }

  private writeAll(chunk: string | Uint8Array): void {
    if (this.failure !== null || chunk.length === 0) return;
    const bytes = typeof chunk === "string" && !isShortAscii(chunk) ? Buffer.from(chunk) : chunk;
    const write = () => {
      for (let at = 0; at < bytes.length; ) at += this.write(bytes, at);
    };
    if (Output.around === null) write();
    else Output.around(write, typeof bytes === "string" ? bytes.endsWith("\n") : bytes.at(-1) === NEWLINE);
  }

  /** @param bytes text only if it is ASCII, and short: what is left of it is made into bytes anew each time */
  private write(bytes: string | Uint8Array, at: number): number {
    try {
      return typeof bytes === "string"
        ? writeSync(this.descriptor, bytes.slice(at))
        : writeSync(this.descriptor, bytes, at);
    } catch (error) {
      const failure = error as NodeJS.ErrnoException;
      // A pipe in non-blocking mode that is full: wait for its reader.
      if (failure.code === "EAGAIN") {
        Bun.sleepSync(1);
        return 0;
      }
      this.failure = failure;
      return bytes.length;
    }
  }
}

function isShortAscii(text: string): boolean {
  return text.length <= MOST_KEPT && ASCII.test(text);
}

/** O_CLOEXEC, in the octal digits of /proc/self/fdinfo (https://man7.org/linux/man-pages/man5/proc_pid_fdinfo.5.html). */
const CLOSES_ON_EXEC = 0o2000000;

/**
 * Whether the process was started with a descriptor closed. Bun then opens /dev/null in its place, where all that is written is lost
 * without an error. What Bun opens closes on exec, which nothing that came through an exec does.
 */
function wasClosed(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"))?.[1];
    const isOwn = flags !== undefined && (Number.parseInt(flags, 8) & CLOSES_ON_EXEC) !== 0;
    return isOwn && readlinkSync(`/proc/self/fd/${descriptor}`) === "/dev/null";
  } catch {
    return false;
  }
}

function closedFailure(): NodeJS.ErrnoException {
  return Object.assign(new Error("EBADF: it is closed"), { code: "EBADF" });
}
