import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { GodwitError, messageOf } from "../base/failure.ts";
import { type Inheritance, inheritance } from "./inheritance.ts";

/** The program that takes the place of godwit once the database is migrated. */
export interface Successor {
  readonly file: string;
  /** Its name as it was given, and its arguments. */
  readonly argv: readonly string[];
  /** As they were before any migration's code ran. */
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
}

/**
 * Looked for before anything is migrated.
 * @throws GodwitError MISSING_ARGUMENT, COMMAND_NOT_FOUND
 */
export function findSuccessor(argv: readonly string[]): Successor {
  const [name] = argv;
  if (name === undefined || name === "") {
    throw new GodwitError("MISSING_ARGUMENT", "exec needs a command to become", {
      hint: "write it after --: godwit exec --db app.db -- server --port 80",
    });
  }
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
  const file = /[\\/]/.test(name) ? resolve(name) : Bun.which(name);
  if (file === null || !isExecutable(file)) {
    throw new GodwitError("COMMAND_NOT_FOUND", `there is no command ${name} that can be run`, {
      hint: "check its path and its permissions; nothing was migrated",
    });
  }
  return { file, argv, env, folder: process.cwd() };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

export type Execve = NonNullable<typeof process.execve>;

/**
 * Becomes the program, with the same process number, where the system has such a thing; otherwise runs it beside godwit to its end.
 * @param execve the system's own, which migration code cannot have replaced
 * @returns the exit code of what ran beside
 * @throws GodwitError COMMAND_NOT_FOUND where the system does not take the file
 */
export async function become(successor: Successor, execve: Execve | undefined): Promise<number> {
  process.chdir(successor.folder);
  if (execve === undefined) return runBeside(successor);
  await putBack();
  const { file, argv, env } = successor;
  try {
    execve.call(process, file, [...argv], { ...env });
  } catch (cause) {
    // A script without a first line that names its interpreter is sh's, as execvp(3) and every shell have it.
    if ((cause as NodeJS.ErrnoException).code === "ENOEXEC")
      execve.call(process, "/bin/sh", ["sh", file, ...argv.slice(1)], { ...env });
    throw new GodwitError("COMMAND_NOT_FOUND", `${argv[0]} cannot be run: ${messageOf(cause)}`, {
      hint: "check the file; the database is migrated",
      outcome: "unknown",
      state: "the database is migrated",
      cause,
    });
  }
  throw new Error("execve has returned");
}

/** The program shall find what godwit found, not what the runtime has made of it. */
async function putBack(): Promise<void> {
  const { unignored, openFiles } = readInheritance();
  // What is caught, an exec sets back to the default; what is ignored, it leaves (execve(2)).
  for (const signal of unignored) process.on(signal, () => {});
  if (openFiles === null) return;
  const { dlopen } = await import("bun:ffi");
  const library = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];
  for (const name of library) {
    try {
      const { symbols } = dlopen(name, { setrlimit: { args: ["int", "buffer"], returns: "int" } });
      symbols.setrlimit(RLIMIT_NOFILE, new BigUint64Array([openFiles.soft, openFiles.hard]));
      return;
    } catch {
      // Another C library.
    }
  }
}

/** Of Linux, asm-generic/resource.h; elsewhere no limit is known to be put back. */
const RLIMIT_NOFILE = 7;

function readInheritance(): Inheritance {
  return inheritance({ limits: read("/proc/self/limits") ?? "", parent: readParent() });
}

function readParent() {
  const folder = `/proc/${process.ppid}`;
  const [limits, status, name] = [`${folder}/limits`, `${folder}/status`, `${folder}/comm`].map(read);
  return limits == null || status == null || name == null ? null : { limits, status, name: name.trim() };
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** What is sent to godwit is meant for the program. */
const PASSED_ON = ["SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGBREAK"] as const;

/** @returns its exit code, or 128 and the number of the signal that ended it */
async function runBeside({ file, argv, env, folder }: Successor): Promise<number> {
  const child = Bun.spawn([file, ...argv.slice(1)], {
    argv0: argv[0]!,
    env: { ...env },
    cwd: folder,
    stdio: ["inherit", "inherit", "inherit"],
  });
  for (const signal of PASSED_ON) listen(signal, () => child.kill(signal as NodeJS.Signals));
  // A terminal sends it to both.
  listen("SIGINT", () => {});
  await child.exited;
  const { signalCode, exitCode } = child;
  return signalCode === null ? (exitCode ?? 1) : 128 + (SIGNALS[signalCode] ?? 0);
}

const SIGNALS: Partial<Record<string, number>> = process.getBuiltinModule("node:os").constants.signals;

/** Not every system has every signal. */
function listen(signal: string, listener: () => void): void {
  try {
    process.on(signal, listener);
  } catch {}
}
