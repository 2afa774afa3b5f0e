import { closeSync, openSync, readSync } from "node:fs";
import { bestEffort } from "../../base/best-effort.ts";
import type { FileIdentity } from "./file-identity.ts";

/** The byte that a writer locks, https://sqlite.org/src/file/src/os.h (RESERVED_BYTE). */
const RESERVED_BYTE = 0x40000001;

/** Only Linux lists locks. */
const LIST = "/proc/locks";

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

  /** Whether this process holds it; false also where the system does not tell. */
  isHeld(): boolean {
    for (const [, first, last] of this.read().matchAll(this.line))
      if (Number(first) <= RESERVED_BYTE && (last === "EOF" || Number(last) >= RESERVED_BYTE)) return true;
    return false;
  }

  close(): void {
    const { list } = this;
    this.list = null;
    // Code may have closed all that is open.
    if (list !== null) bestEffort(() => closeSync(list));
  }

  private read(): string {
    try {
      this.list ??= openSync(LIST, "r");
      return readFromStart(this.list);
    } catch {
      return "";
    }
  }
}

const PART = Buffer.allocUnsafeSlow(8192);

/** The system gives a page at a time. */
function readFromStart(descriptor: number): string {
  let text = "";
  for (;;) {
    const count = readSync(descriptor, PART, 0, PART.length, text.length);
    if (count === 0) return text;
    text += PART.toString("latin1", 0, count);
  }
}
