import { foreignFunctions, openCLibrary } from "./c-library.ts";

const MIB = 2 ** 20;
const HUGE = 2 * MIB;
/** Of this size is the one area that Bun's allocator cuts all from. */
const AREA = 1024 * MIB;

/** https://man7.org/linux/man-pages/man2/madvise.2.html */
const MADV_HUGEPAGE = 14;

/**
 * Memory in pages of 2 MiB instead of 4 KiB, where Linux gives such pages to those who ask. Each page interrupts the process when it is first touched,
 * and most of what a short process takes can be that. Nothing but time depends on it.
 */
export class HugePages {
  private readonly madvise: (start: number, length: number, advice: number) => number;
  private readonly start: number;
  /** From `start`, in bytes. */
  private length = 0;

  private constructor(madvise: HugePages["madvise"], start: number) {
    this.madvise = madvise;
    this.start = start;
  }

  /** Null elsewhere than on Linux, and where no C library is found. */
  static open(libraries?: readonly string[]): HugePages | null {
    const library = openCLibrary({ madvise: { args: ["u64", "u64", "int"], returns: "int" } }, libraries);
    if (library === null) return null;
    // What is new lies near the end of what is taken.
    const recent = foreignFunctions().ptr(new Uint8Array(4096));
    return new HugePages(library.madvise, Math.ceil(recent / HUGE) * HUGE);
  }

  /** Adds to what was expected before. @param mib how much more is likely to be touched, in MiB: up to 2 of it stay unused, and are taken all the same */
  expect(mib: number): void {
    if (this.length === AREA) return;
    this.length = Math.min(this.length + mib * MIB, AREA);
    this.madvise(this.start, this.length, MADV_HUGEPAGE);
  }
}

let ofProcess: HugePages | null = null;

/** Gives effect to `expectMemory`. Not for a library: how a server's process has its memory is not for it to say. */
export function useHugePages(): void {
  ofProcess ??= HugePages.open();
}

/** To be told before much memory is touched. @param mib as `HugePages.expect` */
export function expectMemory(mib: number): void {
  ofProcess?.expect(mib);
}
