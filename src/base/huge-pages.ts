import { foreignFunctions, openCLibrary } from "./c-library.ts";

const MIB = 2 ** 20;
const HUGE = 2 * MIB;
/** Of this size is the one area that Bun's allocator cuts all from. */
const AREA = 1024 * MIB;

/** https://man7.org/linux/man-pages/man2/madvise.2.html; the second is there since Linux 6.1. */
const MADV_HUGEPAGE = 14;
const MADV_COLLAPSE = 25;

/**
 * Memory in pages of 2 MiB instead of 4 KiB, where Linux gives such pages to those who ask. Each page interrupts the process when it is first touched,
 * and most of what a short process takes can be that. Nothing but time depends on it.
 */
export class HugePages {
  private readonly madvise: (start: number, length: number, advice: number) => number;
  private readonly start: number;
  /** From `start` on, in MiB, by what it is for. */
  private readonly expected = new Map<string, number>();

  private constructor(madvise: HugePages["madvise"], start: number) {
    this.madvise = madvise;
    this.start = start;
  }

  /** Null elsewhere than on Linux, and where no C library is found. */
  static open(libraries?: readonly string[]): HugePages | null {
    const library = openCLibrary({ madvise: { args: ["u64", "u64", "int"], returns: "int" } }, libraries);
    if (library === null) return null;
    // What is new lies near the end of what is taken.
    return new HugePages(library.madvise, Math.ceil(whereNew(BUFFER) / HUGE) * HUGE);
  }

  /**
   * Adds to what is expected for something else; told again of the same, only the most counts.
   * @param mib how much is likely to be touched for it, in MiB: up to 2 of it stay unused, and are taken all the same
   */
  expect(what: string, mib: number): void {
    if (mib <= (this.expected.get(what) ?? 0)) return;
    this.expected.set(what, mib);
    let all = 0;
    for (const part of this.expected.values()) all += part;
    this.madvise(this.start, Math.min(all * MIB, AREA), MADV_HUGEPAGE);
    this.makeWhole(BUFFER);
  }

  /** The page that new objects lie in is touched to its end. */
  expectObjects(): void {
    this.makeWhole(OBJECT);
  }

  /** What is left of a page of 2 MiB that is in use already would come in small ones. @param bytes of what is new in it */
  private makeWhole(bytes: number): void {
    this.madvise(Math.floor(whereNew(bytes) / HUGE) * HUGE, HUGE, MADV_COLLAPSE);
  }
}

const BUFFER = 4096;
/** So small a buffer lies among JavaScript's objects. */
const OBJECT = 8;

function whereNew(bytes: number): number {
  return foreignFunctions().ptr(new Uint8Array(bytes));
}

const MIB_PER_CODE_FILE = 0.03;
const RUN_MIB = 256;

let ofProcess: HugePages | null = null;

/** Gives effect to `expectMemory`. Not for a library: how a server's process has its memory is not for it to say. */
export function useHugePages(): void {
  ofProcess ??= HugePages.open();
}

/** To be told before much memory is touched. Parameters as of `HugePages.expect`. */
export function expectMemory(what: string, mib: number): void {
  ofProcess?.expect(what, mib);
}

/** To be told before so many files of code are read and imported. */
export function expectCode(files: number): void {
  if (files === 0) return;
  expectMemory("code", Math.ceil(files * MIB_PER_CODE_FILE));
  ofProcess?.expectObjects();
}

/** To be told before a run: many migrations, or one that goes through many rows. */
export function expectRun(): void {
  expectMemory("run", RUN_MIB);
  ofProcess?.expectObjects();
}
