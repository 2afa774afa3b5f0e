import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const TIMEOUT_MS = 300_000;
const TIME = "/usr/bin/time";

export interface Command {
  readonly argv: readonly string[];
  readonly cwd: string;
}

interface TimedRun {
  readonly milliseconds: number;
  /** Empty unless it was asked for. */
  readonly stdout: string;
}

/**
 * Runs a whole process and takes its time.
 * @throws Error with what it wrote on stderr, where it does not end with 0
 */
export function runTimed({ argv, cwd }: Command, stdout: "keep" | "drop"): TimedRun {
  const options = {
    cwd,
    env: environment(),
    stdin: "ignore",
    stdout: stdout === "keep" ? "pipe" : "ignore",
    stderr: "pipe",
    timeout: TIMEOUT_MS,
  } as const;
  const start = performance.now();
  const child = Bun.spawnSync([...argv], options);
  const milliseconds = performance.now() - start;
  if (child.exitCode !== 0 || child.signalCode !== undefined) {
    const how = child.signalCode === undefined ? `exit ${child.exitCode}` : `ended by ${child.signalCode}`;
    throw new Error(`${argv.join(" ")}: ${how}\n${child.stderr.toString().trim()}`);
  }
  return { milliseconds, stdout: child.stdout?.toString() ?? "" };
}

/**
 * The peak of a process in KiB; null where there is no GNU time. Bun.spawnSync's own figure is of no use: a child that vfork made has its
 * parent's memory until it executes, and Linux counts that into its peak. GNU time forks, and is itself small.
 */
export function peakMemory({ argv, cwd }: Command): number | null {
  if (!existsSync(TIME)) return null;
  const output = join(cwd, "peak-memory");
  runTimed({ argv: [TIME, "-f", "%M", "-o", output, ...argv], cwd }, "drop");
  const kibibytes = Number(readFileSync(output, "utf8"));
  rmSync(output);
  return kibibytes;
}

/** Nothing that tools take settings from, such as GODWIT_DB, DATABASE_URL or NODE_OPTIONS. */
function environment(): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", NO_COLOR: "1" };
}

/** A synchronous child keeps the event loop from telling of a signal; without this, Ctrl-C would be heard at the very end. */
export function hearSignals(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
