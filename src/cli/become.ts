import type { Pointer } from "bun:ffi";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { addressOf, intAt, openCLibrary } from "../base/c-library.ts";
import { GodwitError, messageOf } from "../base/failure.ts";
import { openDescriptors } from "./descriptors.ts";
import { inheritance } from "./inheritance.ts";
import { listen, runBeside, type Successor } from "./successor.ts";

export type Execve = NonNullable<typeof process.execve>;

/** Of Linux, asm-generic/fcntl.h and asm-generic/resource.h. */
const F_SETFD = 2;
const RLIMIT_NOFILE = 7;

/**
 * Becomes the program, with the same process number, where the system has such a thing; otherwise runs it beside godwit to its end.
 * @param execve the runtime's own, which migration code cannot have replaced
 * @returns the exit code of what ran beside
 * @throws GodwitError COMMAND_NOT_FOUND where the system does not take the file
 */
export async function become(successor: Successor, execve: Execve | undefined): Promise<number> {
  successor.restore();
  if (execve === undefined) return runBeside(successor);
  const { unignored, openFiles } = inheritance({
    limits: read("/proc/self/limits") ?? "",
    parent: readParent(),
  });
  // What is caught, an exec sets back to the default; what is ignored, it leaves (execve(2)).
  for (const signal of unignored) listen(signal, () => {});
  const library = openLibrary();
  if (library !== null && openFiles !== null)
    library.setrlimit(RLIMIT_NOFILE, new BigUint64Array([openFiles.soft, openFiles.hard]));
  const { file, argv, env } = successor;
  try {
    if (library === null) execve.call(process, file, [...argv], { ...env });
    else becomeWith(library, successor);
  } catch (cause) {
    throw new GodwitError("COMMAND_NOT_FOUND", `${argv[0]} cannot be run: ${messageOf(cause)}`, {
      hint: "check the file; the database is migrated",
      outcome: "unknown",
      state: "the database is migrated",
      cause,
    });
  }
  throw new Error("execve has returned");
}

/** What of the C library is called. */
interface Library {
  setrlimit(resource: number, limit: BigUint64Array): number;
  fcntl(descriptor: number, command: number, flags: number): number;
  /** Returns only where it fails. @returns the system's number of the error */
  execve(file: string, argv: readonly Buffer[], env: readonly Buffer[]): number;
}

const ENOEXEC = 8;

/**
 * The runtime's own execve closes every descriptor but the first three, and it has marked them to be closed already when it started: a socket that systemd has
 * opened, or a pipe of a shell's, is to reach the program all the same.
 */
function becomeWith(library: Library, successor: Successor): void {
  const there = new Map(openDescriptors().map(({ number, target }) => [number, target]));
  // One that was closed meanwhile may have been given to something else.
  for (const { number, target } of successor.descriptors)
    if (there.get(number) === target) library.fcntl(number, F_SETFD, 0);
  const { file } = successor;
  const argv = successor.bytes?.argv ?? successor.argv.map((word) => Buffer.from(word));
  const env =
    successor.bytes?.env ??
    Object.entries(successor.env).map(([key, value]) => Buffer.from(`${key}=${value}`));
  let errno = library.execve(file, argv, env);
  // A script without a first line that names its interpreter is sh's, as execvp(3) and every shell have it.
  if (errno === ENOEXEC && !isBinary(file))
    errno = library.execve("/bin/sh", [Buffer.from("sh"), Buffer.from(file), ...argv.slice(1)], env);
  const name = Object.entries(constants.errno).find(([, number]) => number === errno)?.[0];
  throw new Error(`the system answers ${name ?? errno}`);
}

/** As shells tell a script: its first line holds no NUL. */
function isBinary(file: string): boolean {
  const bytes = readFileSync(file);
  const end = bytes.indexOf("\n");
  return bytes.subarray(0, end === -1 ? 80 : end).includes(0);
}

/** Null elsewhere than on Linux, and where no C library is found. */
function openLibrary(): Library | null {
  const symbols = openCLibrary({
    setrlimit: { args: ["int", "buffer"], returns: "int" },
    fcntl: { args: ["int", "int", "int"], returns: "int" },
    execve: { args: ["buffer", "buffer", "buffer"], returns: "int" },
    __errno_location: { args: [], returns: "ptr" },
  });
  if (symbols === null) return null;
  // Known before, so that nothing else is called between a failure and the look at its number.
  const errno = symbols.__errno_location()!;
  const ended = (text: Buffer) => Buffer.concat([text, NUL]);
  return {
    setrlimit: symbols.setrlimit,
    fcntl: symbols.fcntl,
    execve: (file, argv, env) => {
      const lists = [argv.map(ended), env.map(ended)] as const;
      const [words, variables] = lists.map(
        (list) => new BigUint64Array([...list.map((text) => BigInt(addressOf(text))), 0n]),
      ) as [BigUint64Array, BigUint64Array];
      symbols.execve(ended(Buffer.from(file)), words, variables);
      return intAt(errno as Pointer);
    },
  };
}

const NUL = Buffer.from([0]);

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
