import { readdirSync, renameSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dir, "../..");
const TIMEOUT_MS = 30_000;

/** The compiled executable. */
export const GODWIT = join(ROOT, "dist/godwit");

export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface ProcessOptions {
  readonly cwd: string;
  /** Besides PATH and NO_COLOR, which a value here replaces. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the executable in a folder, with nothing in its environment but PATH and NO_COLOR. */
export function runGodwit(cwd: string, ...args: readonly string[]): Promise<Ended> {
  return runProcess([GODWIT, ...args], { cwd });
}

/** A document that `--json` printed; anything but exactly one line of JSON fails. */
export function documentOf({ stdout }: Ended): Record<string, unknown> {
  if (!/^[^\n]+\n$/.test(stdout)) throw new Error(`not one line: ${JSON.stringify(stdout)}`);
  return JSON.parse(stdout);
}

export async function runProcess(command: readonly string[], options: ProcessOptions): Promise<Ended> {
  const child = startProcess(command, options);
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { stdout, stderr, exitCode: await exitOf(child) };
}

export function startProcess(command: readonly string[], { cwd, env }: ProcessOptions) {
  return Bun.spawn([...command], {
    cwd,
    env: { ...cleanEnvironment(), ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
}

/** The exit code; a process that a signal ended, as the timeout does, fails the test. */
export async function exitOf(child: Bun.Subprocess): Promise<number> {
  const code = await child.exited;
  if (child.signalCode !== null) throw new Error(`the process was ended by ${child.signalCode}`);
  return code;
}

export function cleanEnvironment(): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", NO_COLOR: "1" };
}

/** A build takes the place of the old one only when it is whole: other processes may be running it. */
async function buildIfStale(): Promise<void> {
  const built = statSync(GODWIT, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
  const parts = [
    ...sources.map((name) => join("src", name)),
    "package.json",
    "scripts/build.ts",
    "scripts/compile.ts",
  ];
  if (parts.every((part) => statSync(join(ROOT, part)).mtimeMs < built)) return;
  const fresh = `dist/godwit-${process.pid}`;
  const build = Bun.spawn([process.execPath, "scripts/build.ts", fresh], {
    cwd: ROOT,
    stdout: "ignore",
    stderr: "inherit",
    timeout: 120_000,
  });
  if ((await build.exited) !== 0) throw new Error("dist/godwit cannot be built");
  renameSync(join(ROOT, fresh), GODWIT);
}

await buildIfStale();
