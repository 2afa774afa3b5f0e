import type { CliProject } from "./cli-project.ts";
import { type Ended, GODWIT, runProcess, startProcess } from "./run-godwit.ts";

/** False also where the system lets no process trace another; then a line says so. */
export const HAS_STRACE = Bun.which("strace") !== null && (await canTrace());
if (!HAS_STRACE)
  console.log(
    "skipped: what watches system calls, or lets one fail, needs strace, which is not here or may not trace",
  );

async function canTrace(): Promise<boolean> {
  const { exitCode } = await runProcess(["strace", "-o", "/dev/null", "true"], { cwd: "/" });
  return exitCode === 0;
}

/** The calls that change what is on the disk. */
export const MUTATING_CALLS = ["pwrite64", "fsync", "ftruncate", "unlink"] as const;

export interface Fault {
  readonly call: (typeof MUTATING_CALLS)[number];
  /** Which of the calls on the database's files: 1 is the first. */
  readonly when: number;
  /** strace's words for it: `signal=SIGKILL`, `error=EIO`; a + after `when` means from there on. */
  readonly fault: string;
  readonly isLasting?: boolean;
}

export interface Faulted extends Ended {
  readonly isKilled: boolean;
  /** Whether the run came so far as to meet the fault. */
  readonly isMet: boolean;
  /** The calls, as strace writes them. */
  readonly trace: string;
}

/** Runs the executable with one fault in the calls on the database, its journal and its -wal; a killed run has exit code 137. */
export async function runWithFault(
  project: CliProject,
  { call, when, fault, isLasting = false }: Fault,
  ...args: readonly string[]
): Promise<Faulted> {
  const times = isLasting ? `${when}+` : String(when);
  return runTraced(project, ["-e", `trace=${call}`, "-e", `inject=${call}:${fault}:when=${times}`], ...args);
}

/** Runs the executable under strace, which sees the calls on the database's files only. */
export async function runTraced(
  project: CliProject,
  options: readonly string[],
  ...args: readonly string[]
): Promise<Faulted> {
  const trace = project.root.join("trace");
  const paths = ["", "-journal", "-wal"].flatMap((end) => ["-P", project.path + end]);
  // Not with --seccomp-bpf, which is faster, but under which strace 6 injects no signals.
  const command = ["strace", "-f", "-o", trace, ...paths, ...options, GODWIT, ...args];
  const child = startProcess(command, { cwd: project.cwd });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  await child.exited;
  const text = await Bun.file(trace).text();
  const isKilled = child.signalCode === "SIGKILL";
  const isMet = isKilled || text.includes("(INJECTED)");
  return { stdout, stderr, exitCode: child.exitCode ?? 137, isKilled, isMet, trace: text };
}
