import { test } from "bun:test";
import { chmodSync } from "node:fs";
import { type Ended, GODWIT, type ProcessOptions, runProcess } from "./run-godwit.ts";
import { TempDir } from "./temp-dir.ts";

const IS_ROOT = process.getuid?.() === 0;

/** Becomes the user that owns nothing. What is open stays open: so the executable runs although its folder may be root's alone. */
const DROP =
  'exec 3<"$0" && exec setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --no-new-privs "$@"';
const OPENED = "/proc/self/fd/3";

/** Why file permissions cannot be tested here; null where they can. */
const reason = await reasonAgainst();
if (reason !== null) console.warn(`tests of file permissions are skipped: ${reason}`);

/** `test` where permissions bind the process that is run; skipped, with the reason printed, where they cannot. */
export const testUnprivileged = reason === null ? test : test.skip;

/**
 * Runs a command as a user whom permissions bind: root passes every check of a mode, so that such a test says nothing.
 * The executable is `GODWIT`, as a word of its own. The user must reach the folder: see `openToEveryone`.
 */
export async function runUnprivileged(command: readonly string[], options: ProcessOptions): Promise<Ended> {
  if (reason !== null) throw new Error(reason);
  return run(command, options);
}

/** Lets every user read, write and enter a folder and what is in it now; take rights away afterwards. */
export async function openToEveryone(path: string): Promise<void> {
  const { stderr, exitCode } = await runProcess(["chmod", "-R", "a+rwX", path], { cwd: path });
  if (exitCode !== 0) throw new Error(stderr);
}

function run(command: readonly string[], options: ProcessOptions): Promise<Ended> {
  if (!IS_ROOT) return runProcess(command, options);
  const words = command.map((word) => (word === GODWIT ? OPENED : word));
  return runProcess(["sh", "-c", DROP, GODWIT, ...words], options);
}

/** Asks the system: a file that nobody may read is read, or it is not. */
async function reasonAgainst(): Promise<string | null> {
  if (process.platform === "win32") return "files have no modes here";
  if (IS_ROOT && Bun.which("setpriv") === null) return "the tests run as root, and there is no setpriv";
  using dir = new TempDir();
  chmodSync(dir.path, 0o755);
  chmodSync(dir.write("readable", "open"), 0o444);
  chmodSync(dir.write("unreadable", "secret"), 0o000);
  const open = await run(["cat", "readable"], { cwd: dir.path });
  if (open.stdout !== "open") return `no command runs as another user: ${open.stderr.trim()}`;
  const secret = await run(["cat", "unreadable"], { cwd: dir.path });
  return secret.exitCode === 0 ? "the other user reads what nobody may read" : null;
}
