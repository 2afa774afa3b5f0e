import { accessSync, closeSync, constants, openSync, readFileSync, readSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { GodwitError } from "../base/failure.ts";
import { type Descriptor, openDescriptors } from "./descriptors.ts";

/** Taken before any migration's code runs, which may replace them. */
const { chdir } = process;
const setMask: (mask: number) => unknown = process.umask.bind(process);
const on = process.on.bind(process) as unknown as (signal: string, listener: () => void) => void;

/** As execvp(3) has it where there is no PATH. */
const DEFAULT_PATH = "/usr/local/bin:/bin:/usr/bin";

/** The program that takes the place of godwit once the database is migrated. */
export interface Successor {
  readonly file: string;
  /** Its name as it was given, and its arguments. */
  readonly argv: readonly string[];
  /** As they were before any migration's code ran. */
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Arguments and environment as the system holds them, where they need be no UTF-8; null where it does not tell. */
  readonly bytes: { readonly argv: readonly Buffer[]; readonly env: readonly Buffer[] } | null;
  /** Open descriptors that are not the runtime's own. */
  readonly descriptors: readonly Descriptor[];
  /** Puts the folder and the mask of new files back. */
  restore(): void;
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
  const file = /[\\/]/.test(name)
    ? resolve(name)
    : Bun.which(name, { PATH: process.env["PATH"] ?? DEFAULT_PATH });
  if (file === null || !isExecutable(file)) {
    throw new GodwitError("COMMAND_NOT_FOUND", `there is no command ${name} that can be run`, {
      hint: "check its path and its permissions; nothing was migrated",
    });
  }
  const interpreter = interpreterOf(file);
  if (interpreter !== null && !isExecutable(interpreter)) {
    throw new GodwitError("COMMAND_NOT_FOUND", `${name} wants ${interpreter}, which cannot be run`, {
      hint: "check the first line of the script; nothing was migrated",
    });
  }
  const folder = process.cwd();
  const mask = process.umask();
  const restore = () => {
    setMask(mask);
    chdir.call(process, folder);
  };
  return { file, argv, env, folder, bytes: bytesOf(argv), descriptors: inherited(), restore };
}

/** https://man7.org/linux/man-pages/man5/proc_pid_cmdline.5.html; the program's own words are the last ones. */
function bytesOf(argv: readonly string[]): Successor["bytes"] {
  try {
    const words = splitAtNul(readFileSync("/proc/self/cmdline")).slice(-argv.length);
    const isSame =
      words.length === argv.length && words.every((word, index) => word.toString() === argv[index]);
    return isSame ? { argv: words, env: splitAtNul(readFileSync("/proc/self/environ")) } : null;
  } catch {
    return null;
  }
}

function splitAtNul(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let start = 0, end = bytes.indexOf(0); end !== -1; start = end + 1, end = bytes.indexOf(0, start))
    parts.push(bytes.subarray(start, end));
  return parts;
}

/** What the runtime has opened for itself is of these kinds, or the executable; a terminal it opens once more by its name. */
const OWN = /^(?:anon_inode:|\/proc\/|\/dev\/(?:pts\/|tty))/;

function inherited(): Descriptor[] {
  return openDescriptors().filter(({ target }) => !OWN.test(target) && target !== process.execPath);
}

/** The program that the first line of a script names; null where there is none. */
function interpreterOf(file: string): string | null {
  const line = Buffer.alloc(256);
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch {
    // What may be run need not be readable.
    return null;
  }
  try {
    const text = line.toString("latin1", 0, readSync(descriptor, line, 0, line.length, 0));
    return /^#![ \t]*([^ \t\n]+)/.exec(text)?.[1] ?? null;
  } finally {
    closeSync(descriptor);
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** What is sent to godwit is meant for the program. */
const PASSED_ON = ["SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGBREAK"] as const;

/** @returns its exit code, or 128 and the number of the signal that ended it */
export async function runBeside({ file, argv, env, folder }: Successor): Promise<number> {
  let child: Bun.Subprocess | null = null;
  // Before there is one: it may tell at once that it is ready for a signal. None is heard before this turn is over.
  for (const signal of PASSED_ON) listen(signal, () => child?.kill(signal as NodeJS.Signals));
  // A terminal sends it to both.
  listen("SIGINT", () => {});
  child = Bun.spawn([file, ...argv.slice(1)], {
    argv0: argv[0]!,
    env: { ...env },
    cwd: folder,
    stdio: ["inherit", "inherit", "inherit"],
  });
  await child.exited;
  const { signalCode, exitCode } = child;
  return signalCode === null ? (exitCode ?? 1) : 128 + (SIGNALS[signalCode] ?? 0);
}

const SIGNALS: Partial<Record<string, number>> = process.getBuiltinModule("node:os").constants.signals;

/** Not every system has every signal. */
export function listen(signal: string, listener: () => void): void {
  try {
    on(signal, listener);
  } catch {}
}
