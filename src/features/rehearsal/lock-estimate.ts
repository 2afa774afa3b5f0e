import { GROUP_MS } from "../../engine/migration-run.ts";
import type { PreparedStep } from "../../engine/prepare.ts";

/** How long a real run would keep other writers out, in milliseconds. */
export interface LockEstimate {
  /** The longest time at a stretch. */
  readonly longestMs: number;
  readonly totalMs: number;
}

export interface TimedStep {
  readonly isolation: PreparedStep["isolation"];
  readonly ms: number;
}

/**
 * From how long each step took on its own: those that share a commit hold the lock together, until they have held it for a while. Pure.
 * @param restorePointMs what making a restore point takes, which holds the lock before the first step; 0 for none
 */
export function estimateLock(
  steps: readonly TimedStep[],
  restorePointMs: number,
  { isAtomic, commit }: { isAtomic: boolean; commit: "grouped" | "each" },
): LockEstimate {
  const holds: number[] = [];
  let open: number | null = restorePointMs > 0 ? restorePointMs : null;
  // Making the restore point does not count against the steps that share a commit.
  let grouped = 0;
  const close = () => {
    if (open !== null) holds.push(open);
    open = null;
    grouped = 0;
  };
  for (const { isolation, ms } of steps) {
    const isShared = isAtomic || (isolation === "shared" && commit === "grouped");
    if (!isShared || (!isAtomic && grouped >= GROUP_MS)) close();
    open = (open ?? 0) + ms;
    grouped += ms;
    if (!isShared) close();
  }
  close();
  return { longestMs: Math.max(0, ...holds), totalMs: holds.reduce((sum, hold) => sum + hold, 0) };
}
