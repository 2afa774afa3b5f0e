import { existsSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "./options.ts";

/** What statfs calls tmpfs and ramfs. */
const IN_MEMORY = [0x01021994, 0x858458f6];

let scratch: string | null = null;

/**
 * A new folder for all that a run writes.
 * @throws UsageError where nothing is ever written to a disk: most of what migrations take is the wait for it
 */
export function makeScratch(parent: string): string {
  if (!existsSync(parent)) throw new UsageError(`there is no folder ${parent}`);
  if (IN_MEMORY.includes(statfsSync(parent).type))
    throw new UsageError(`${parent} is in memory: name a folder on a disk with --folder`);
  scratch = mkdtempSync(join(parent, "godwit-bench-"));
  return scratch;
}

export function removeScratch(): void {
  if (scratch !== null) rmSync(scratch, { recursive: true, force: true });
}
