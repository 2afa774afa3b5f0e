import { fstatSync, readdirSync } from "node:fs";
import { foreignFunctions, openCLibrary } from "../../base/c-library.ts";
import type { FileIdentity } from "./file-identity.ts";

/** The byte that a writer locks, https://sqlite.org/src/file/src/os_unix.c and os.h (RESERVED_BYTE). */
const RESERVED_BYTE = 0x40000001n;

/**
 * Asks who has a lock that would be in the way of one of an open file description. Unlike `F_GETLK` it tells of the process's own as well, which are of
 * the process and not of the description (https://man7.org/linux/man-pages/man2/F_GETLK.2const.html). Since Linux 3.15.
 */
const F_OFD_GETLK = 36;
const F_WRLCK = 1;

/** `struct flock` on 64 bits: type and whence in 2 bytes each, start, length, process. */
const FLOCK = { size: 32, start: 8, length: 16, process: 24 };

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
  private readonly identity: FileIdentity;
  private readonly library: FileControl;
  private readonly process = process.pid;
  /** Of the file: SQLite's own, if not one of somebody else in this process. It is never opened here: to close it would drop the lock. */
  private descriptor: number | null = null;
  private readonly flock = Buffer.allocUnsafeSlow(FLOCK.size);
  private readonly flockAt = foreignFunctions().ptr(this.flock);

  private constructor(identity: FileIdentity, library: FileControl) {
    this.identity = identity;
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
    flock.writeInt16LE(F_WRLCK, 0);
    flock.writeBigInt64LE(RESERVED_BYTE, FLOCK.start);
    flock.writeBigInt64LE(1n, FLOCK.length);
    return this.library.fcntl(descriptor, F_OFD_GETLK, this.flockAt) === 0;
  }

  /** What the last answer is. Where nobody has a lock, it says F_UNLCK. */
  private isOwn(): boolean {
    return this.flock.readInt16LE(0) === F_WRLCK && this.flock.readInt32LE(FLOCK.process) === this.process;
  }

  private find(): number | null {
    const descriptors = readdirSync("/proc/self/fd").map(Number);
    return descriptors.find((descriptor) => this.isOfFile(descriptor) && this.ask(descriptor)) ?? null;
  }

  /** Code may have closed it, and something else may have its number. */
  private isOfFile(descriptor: number): boolean {
    try {
      const { dev, ino } = fstatSync(descriptor, { bigint: true });
      return dev === this.identity.device && ino === this.identity.inode;
    } catch {
      return false;
    }
  }
}
