import { closeSync, openSync, readlinkSync, readSync } from "node:fs";
import { bestEffort } from "../../base/best-effort.ts";
import type { FileIdentity } from "./file-identity.ts";

/** The byte that a writer locks, https://sqlite.org/src/file/src/os.h (RESERVED_BYTE). */
const RESERVED_BYTE = 0x40000001;

/** Only Linux lists locks. */
const LIST = "/proc/locks";

/**
 * The system gives the list a page at a time, and passes over a line of the next one where somebody drops a lock in between. Among hundreds of locks that
 * come and go, one look in two hundred misses a line; so many in a row do not.
 */
const LOOKS = 4;

/**
 * SQLite's write lock on a file in a rollback journal mode, as the system knows it. Closing any descriptor of the file drops all POSIX locks that the
 * process has on it, so code that reads the file by itself leaves a transaction without its lock
 * (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 */
export class WriteLock {
  /** 12: POSIX  ADVISORY  WRITE 4711 fe:00:2146317 1073741825 1073741825 (https://man7.org/linux/man-pages/man5/proc_locks.5.html) */
  private readonly line: RegExp;
  /** Asked after each migration in code: to open the list each time takes longer than to read it. */
  private list: number | null = null;

  constructor({ inode }: FileIdentity) {
    this.line = new RegExp(
      `POSIX +\\S+ +WRITE +${process.pid} +[^: ]+:[^: ]+:${inode} (\\d+) (\\d+|EOF)`,
      "g",
    );
  }

  /** Whether this process is seen to hold it; false also where the system does not tell. */
  isSeen(): boolean {
    try {
      this.list ??= openSync(LIST, "r");
      return this.isIn(this.list);
    } catch {
      return false;
    }
  }

  /** Whether this process holds it no longer, where it was seen before. */
  isGone(): boolean {
    for (let look = 0; look < LOOKS; look++) {
      if (this.isSeen()) return false;
      // Code may have closed it, or opened something else under its number.
      this.close();
    }
    return true;
  }

  close(): void {
    const { list } = this;
    this.list = null;
    if (list !== null) bestEffort(() => closeList(list));
  }

  /** Mostly it stands near the start. A number that is cut off there is smaller, and so not taken for the lock. */
  private isIn(list: number): boolean {
    const start = readPart(list, 0);
    return this.isTold(start) || this.isTold(readOn(list, start));
  }

  private isTold(text: string): boolean {
    for (const [, first, last] of text.matchAll(this.line))
      if (Number(first) <= RESERVED_BYTE && (last === "EOF" || Number(last) >= RESERVED_BYTE)) return true;
    return false;
  }
}

/** What has its number by now may be somebody else's. */
function closeList(descriptor: number): void {
  if (readlinkSync(`/proc/self/fd/${descriptor}`) === LIST) closeSync(descriptor);
}

const PART = Buffer.allocUnsafeSlow(8192);
/** A file that code has put in its place may have no end. */
const LONGEST = 1 << 24;

function readOn(descriptor: number, start: string): string {
  let text = start;
  while (text.length < LONGEST) {
    const part = readPart(descriptor, text.length);
    if (part === "") break;
    text += part;
  }
  return text;
}

function readPart(descriptor: number, at: number): string {
  return PART.toString("latin1", 0, readSync(descriptor, PART, 0, PART.length, at));
}
