import { readdirSync, readFileSync, statSync } from "node:fs";

/** A process that has the file of a database open. */
export interface FileUser {
  readonly pid: number;
  /** As the system shortens it. */
  readonly command: string;
}

/**
 * Who has a file open, this process left out, as far as the system tells: on Linux through /proc, root of every process and others of their own
 * (https://man7.org/linux/man-pages/man5/proc_pid_fd.5.html). Empty elsewhere.
 */
export function usersOf(path: string): readonly FileUser[] {
  const file = statSync(path, { throwIfNoEntry: false, bigint: true });
  if (file === undefined) return [];
  return processes().flatMap((pid) => {
    if (pid === process.pid || !hasOpen(pid, file)) return [];
    return [{ pid, command: commandOf(pid) }];
  });
}

function processes(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function hasOpen(pid: number, { dev, ino }: { dev: bigint; ino: bigint }): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((descriptor) => {
      const stats = statSync(`/proc/${pid}/fd/${descriptor}`, { throwIfNoEntry: false, bigint: true });
      return stats?.ino === ino && stats.dev === dev;
    });
  } catch {
    // It has ended, or is somebody else's.
    return false;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "?";
  }
}
