import { foreignFunctions, openCLibrary } from "./c-library.ts";

/** https://man7.org/linux/man-pages/man2/open.2.html; the same on all that Bun runs on. */
const O_RDONLY_CLOEXEC = 0o2000000;

/** Files of this size and larger are not read. */
const SIZE = 65_536;
const LONGEST_PATH = 4096;

interface Functions {
  open(path: number, flags: number): number;
  read(descriptor: number, buffer: number, size: number): number;
  close(descriptor: number): number;
}

/** Reads many small files by the C library: what Bun does around each of its calls takes as long as the system takes for it. Linux only. */
export class QuickReader {
  private readonly functions: Functions;
  private readonly path = Buffer.allocUnsafeSlow(3 * LONGEST_PATH + 1);
  private readonly bytes = Buffer.allocUnsafeSlow(SIZE);
  private readonly pathAt = foreignFunctions().ptr(this.path);
  private readonly bytesAt = foreignFunctions().ptr(this.bytes);

  private constructor(functions: Functions) {
    this.functions = functions;
  }

  /** Null where there is no such library. */
  static open(libraries?: readonly string[]): QuickReader | null {
    const functions = openCLibrary(
      {
        open: { args: ["ptr", "int"], returns: "int" },
        read: { args: ["int", "ptr", "u64"], returns: "int" },
        close: { args: ["int"], returns: "int" },
      },
      libraries,
    );
    return functions === null ? null : new QuickReader(functions);
  }

  /** The text of a file as it stands, decoded as UTF-8; null where something is in the way, of which another way of reading it tells. */
  read(path: string): string | null {
    if (path.length > LONGEST_PATH) return null;
    this.path[this.path.write(path)] = 0;
    const descriptor = this.functions.open(this.pathAt, O_RDONLY_CLOEXEC);
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
