import { hostname } from "node:os";

/** A process that has left something behind, or is still at it. */
export interface ProcessMark {
  readonly host: string;
  readonly pid: number;
}

/** On another host nobody can be asked: what is older than this is taken for left behind. */
const ELSEWHERE_MS = 60 * 60 * 1000;

export function ownMark(): ProcessMark {
  return { host: hostname(), pid: process.pid };
}

/**
 * Whether a process other than this one may still run. In a container the first process always has the same number: one that has ours is gone.
 * @param ageMs how old what it left is
 */
export function mayRun({ host, pid }: ProcessMark, ageMs: number): boolean {
  if (host !== hostname()) return ageMs < ELSEWHERE_MS;
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
