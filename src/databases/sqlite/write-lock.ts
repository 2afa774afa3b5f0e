import { fstatSync, readdirSync } from "node:fs";
import { addressOf, openCLibrary } from "../../base/c-library.ts";
import type { FileIdentity } from "./file-identity.ts";

/** The byte that a writer locks, https://sqlite.org/src/file/src/os_unix.c and os.h (RESERVED_BYTE). */
const RESERVED_BYTE = 0x40000001;

/**
 * Asks who has a lock that would be in the way of one of an open file description. Unlike `F_GETLK` it tells of the process's own as well, which are of
 * the process and not of the description (https://man7.org/linux/man-pages/man2/F_GETLK.2const.html). Since Linux 3.15.
 */
const F_OFD_GETLK = 36;
const F_WRLCK = 1;

/** `struct flock` on 64 bits, in words of four bytes: the type in the lower half of the first, then start and length in two each, and the process. */
const FLOCK = { words: 8, type: 0, start: 2, length: 4, process: 6 };
const TYPE_BITS = 0xffff;

interface FileControl {
  fcntl(descriptor: number, command: number, flock: number): number;
}

/**
 * SQLite's write lock on a file in a rollback journal mode, as the system knows it. Closing any descriptor of the file drops all POSIX locks that the
 * process has on it, so code that reads the file by itself leaves a transaction without its lock
 * (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 *
 * `/proc/locks` would tell as well, but to read it for the first time waits until every processor has passed through the scheduler, which takes 10 ms.
 */
export class WriteLock {
  private readonly device: number;
  private readonly inode: number;
  private readonly library: FileControl;
  private readonly process = process.pid;
  /** Of the file: SQLite's own, if not one of somebody else in this process. It is never opened here: to close it would drop the lock. */
  private descriptor: number | null = null;
  private readonly flock = new Int32Array(FLOCK.words);
  private readonly flockAt = addressOf(this.flock);

  private constructor(identity: FileIdentity, library: FileControl) {
    this.device = Number(identity.device);
    this.inode = Number(identity.inode);
    this.library = library;
  }

  /** Null where the system does not tell: elsewhere than on Linux, and where no C library is found. */
  static of(identity: FileIdentity): WriteLock | null {
    const library = openCLibrary({ fcntl: { args: ["int", "int", "ptr"], returns: "int" } });
    return library === null ? null : new WriteLock(identity, library);
  }

  /** Whether this process is seen to hold it; false also where the file system does not tell. */
  isSeen(): boolean {
    try {
      const { descriptor } = this;
      if (descriptor === null || !this.isOfFile(descriptor) || !this.ask(descriptor))
        this.descriptor = this.find();
      return this.descriptor !== null && this.isOwn();
    } catch {
      return false;
    }
  }

  /** @returns whether there is an answer */
  private ask(descriptor: number): boolean {
    const { flock } = this;
    flock.fill(0);
    flock[FLOCK.type] = F_WRLCK;
    flock[FLOCK.start] = RESERVED_BYTE;
    flock[FLOCK.length] = 1;
    return this.library.fcntl(descriptor, F_OFD_GETLK, this.flockAt) === 0;
  }

  /** What the last answer is. Where nobody has a lock, it says F_UNLCK. */
  private isOwn(): boolean {
    const { flock } = this;
    return (flock[FLOCK.type]! & TYPE_BITS) === F_WRLCK && flock[FLOCK.process] === this.process;
  }

  private find(): number | null {
    const descriptors = readdirSync("/proc/self/fd").map(Number);
    return descriptors.find((descriptor) => this.isOfFile(descriptor) && this.ask(descriptor)) ?? null;
  }

  /** Code may have closed it, and something else may have its number. */
  private isOfFile(descriptor: number): boolean {
    try {
      // As numbers, which take half the time: two files whose inodes differ beyond 2^53 are taken for one, and the kernel still tells of the one asked.
      const { dev, ino } = fstatSync(descriptor);
      return ino === this.inode && dev === this.device;
    } catch {
      return false;
    }
  }
}
