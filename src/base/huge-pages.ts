import { closeSync, openSync, readSync } from "node:fs";
import { foreignFunctions, openCLibrary } from "./c-library.ts";

const MIB = 2 ** 20;
const HUGE = 2 * MIB;

/** https://man7.org/linux/man-pages/man2/madvise.2.html; the second is there since Linux 6.1. */
const MADV_HUGEPAGE = 14;
const MADV_COLLAPSE = 25;

/** https://docs.kernel.org/admin-guide/mm/transhuge.html */
const SETTING = "/sys/kernel/mm/transparent_hugepage/enabled";

/** So small a buffer lies among JavaScript's objects. */
const OBJECT = 8;
const BUFFER = 4096;

/** What the system has to offer; taken before code of migrations runs, which could put something else in its place. */
interface MemorySystem {
  madvise(start: number, length: number, advice: number): number;
  addressOf(bytes: Uint8Array): number;
  /** Whether huge pages are given to those who ask. */
  isOffered(): boolean;
}

/**
 * Memory in pages of 2 MiB instead of 4 KiB, where Linux gives such pages to those who ask. Each page interrupts the process when it is first touched,
 * and most of what a short process takes can be that. Nothing but time depends on it.
 */
export class HugePages {
  private readonly system: MemorySystem;
  private readonly start: number;
  /** From `start` on, in MiB, by what it is for. */
  private readonly expected = new Map<string, number>();
  private isOffered: boolean | null = null;

  constructor(system: MemorySystem) {
    this.system = system;
    // What is new lies near the end of what is taken.
    this.start = Math.ceil(this.whereNew(BUFFER) / HUGE) * HUGE;
  }

  /** Null elsewhere than on Linux, and where no C library is found. */
  static open(libraries?: readonly string[]): HugePages | null {
    const library = openCLibrary({ madvise: { args: ["u64", "u64", "int"], returns: "int" } }, libraries);
    if (library === null) return null;
    const { ptr: addressOf } = foreignFunctions();
    return new HugePages({ madvise: library.madvise, addressOf, isOffered: () => isOffered(SETTING) });
  }

  /**
   * What is expected for different things adds up; of the same thing, told again, the most counts. Where new memory is taken from a page of 2 MiB that is in
   * use in small ones already, that is made whole.
   * @param mib how much is likely to be touched, in MiB: up to 2 of it stay unused, and are taken all the same
   * @param ofObjects whether many objects will be made: the page that those are taken from is made whole too
   */
  expect(what: string, mib: number, { ofObjects = false } = {}): void {
    if (mib <= (this.expected.get(what) ?? 0)) return;
    this.expected.set(what, mib);
    let all = 0;
    for (const part of this.expected.values()) all += part;
    try {
      this.system.madvise(this.start, Math.ceil(all) * MIB, MADV_HUGEPAGE);
      // Asked after the advice, which is the sooner the better: other threads begin to touch memory. `MADV_COLLAPSE` itself does not ask.
      this.isOffered ??= this.system.isOffered();
      if (!this.isOffered) return;
      this.makeWhole(BUFFER);
      if (ofObjects) this.makeWhole(OBJECT);
    } catch {
      // Code of a migration has changed what this calls, Math or Uint8Array. What else that breaks will say so.
    }
  }

  private makeWhole(bytes: number): void {
    this.system.madvise(Math.floor(this.whereNew(bytes) / HUGE) * HUGE, HUGE, MADV_COLLAPSE);
  }

  private whereNew(bytes: number): number {
    return this.system.addressOf(new Uint8Array(bytes));
  }
}

/** @param setting the file that tells, as `always [madvise] never` */
export function isOffered(setting: string): boolean {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(setting, "r");
    // Not by readFileSync, with which a start has 170 page faults more.
    const words = Buffer.alloc(64);
    readSync(descriptor, words);
    return !words.includes("[never]");
  } catch {
    return false;
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

const MIB_PER_CODE_FILE = 0.03;
const RUN_MIB = 256;

let ofProcess: HugePages | null = null;

/** Gives effect to what is expected. Not for a library: how a server's process has its memory is not for it to say. */
export function useHugePages(open: () => HugePages | null = () => HugePages.open()): void {
  ofProcess ??= open();
}

/** To be told before much memory is touched. Parameters as of `HugePages.expect`. */
export function expectMemory(what: string, mib: number): void {
  ofProcess?.expect(what, mib);
}

/** To be told of how many files of code there are: to import them takes more than to read SQL. */
export function expectCode(files: number): void {
  if (files > 0) ofProcess?.expect("code", files * MIB_PER_CODE_FILE, { ofObjects: true });
}

/** To be told before a run: many migrations, or one that goes through many rows. */
export function expectRun(): void {
  ofProcess?.expect("run", RUN_MIB, { ofObjects: true });
}
