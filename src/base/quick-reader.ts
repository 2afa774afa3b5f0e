import { closeSync, constants, openSync } from "node:fs";
import { addressOf, openCLibrary } from "./c-library.ts";

/** https://man7.org/linux/man-pages/man2/open.2.html; the same on all that Bun runs on. */
const O_RDONLY_CLOEXEC = 0o2000000;

/** Files of this size and larger are not read. */
const SIZE = 65_536;
/** NAME_MAX, in bytes; https://man7.org/linux/man-pages/man0/limits.h.0p.html */
const LONGEST_NAME = 255;

interface Functions {
  openat(folder: number, name: number, flags: number): number;
  read(descriptor: number, buffer: number, size: number): number;
  close(descriptor: number): number;
}

/**
 * Reads many small files of one folder by the C library: what Bun does around each of its calls takes as long as the system takes for it, and the way to the
 * folder is found once. Linux only.
 */
export class QuickReader {
  private readonly functions: Functions;
  private readonly folder: number;
  private readonly name = Buffer.allocUnsafeSlow(3 * LONGEST_NAME + 1);
  private readonly bytes = Buffer.allocUnsafeSlow(SIZE);
  private readonly nameAt = addressOf(this.name);
  private readonly bytesAt = addressOf(this.bytes);

  private constructor(functions: Functions, folder: number) {
    this.functions = functions;
    this.folder = folder;
  }

  /** Null where there is no such library, and where the folder cannot be opened. */
  static open(folder: string, libraries?: readonly string[]): QuickReader | null {
    const functions = openCLibrary(
      {
        openat: { args: ["int", "ptr", "int"], returns: "int" },
        read: { args: ["int", "ptr", "u64"], returns: "int" },
        close: { args: ["int"], returns: "int" },
      },
      libraries,
    );
    if (functions === null) return null;
    try {
      return new QuickReader(functions, openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY));
    } catch {
      return null;
    }
  }

  close(): void {
    closeSync(this.folder);
  }

  /** The text of a file as it stands, decoded as UTF-8; null where something is in the way, of which another way of reading it tells. */
  read(name: string): string | null {
    if (name.length > LONGEST_NAME) return null;
    this.name[this.name.write(name)] = 0;
    const descriptor = this.functions.openat(this.folder, this.nameAt, O_RDONLY_CLOEXEC);
    if (descriptor < 0) return null;
    const length = this.fill(descriptor);
    this.functions.close(descriptor);
    return length < 0 || length === SIZE ? null : this.bytes.toString("utf8", 0, length);
  }

  /** To the end: a file system may give less at a time than there is. @returns how many bytes; below zero for a failure */
  private fill(descriptor: number): number {
    let length = 0;
    while (length < SIZE) {
      const count = this.functions.read(descriptor, this.bytesAt + length, SIZE - length);
      if (count <= 0) return count === 0 ? length : count;
      length += count;
    }
    return length;
  }
}
