import { messageOf, stackOf } from "./base/failure.ts";
import type { CliRun } from "./cli/run-cli.ts";
import { asksForVersion, isVersionWritten } from "./cli/version-alone.ts";

/** The exit code of what is godwit's own fault. */
const BROKEN = 70;

let run: CliRun | null = null;
// Taken before any migration's code runs, which meets one that ends nothing. Unlike process.exit it asks no "exit" listener, which could
// set another exit code.
const { reallyExit, execve, chdir, kill } = process;
const end = (code: number): never => {
  if (run?.leavesTransaction === true) vanish(code);
  return reallyExit.call(process, code);
};

/**
 * Ends the process as a crash would, but with an exit code of its own: at a plain exit Bun closes every database, and SQLite rolls back. What takes the
 * place of the program has none open. Where nothing can take it, the process is killed.
 */
function vanish(code: number): void {
  try {
    // A bunfig.toml where the command was given could run code.
    chdir.call(process, "/");
    // Also where the executable has been replaced or removed meanwhile.
    const self = "/proc/self/exe";
    execve?.call(process, self, [self, "-e", `process.exit(${code})`], { BUN_BE_BUN: "1" });
  } catch {}
  kill.call(process, process.pid, "SIGKILL");
}

// The event loop is empty and the run is not done: a migration awaits what never comes. Not a top-level await, with which a
// compiled executable would hang here for ever.
process.on("beforeExit", () => {
  const code = run === null ? BROKEN : run.stuck();
  if (code !== null) end(code);
});

async function perform(argv: readonly string[]): Promise<number> {
  if (asksForVersion(argv) && (await isVersionWritten())) return 0;
  // Loaded here: `node:fs`, which all other output needs, takes as long to load as that takes in all.
  const { CliRun } = await import("./cli/run-cli.ts");
  run = new CliRun(argv, process.env);
  return run.handOver(await run.run(), execve);
}

perform(process.argv.slice(2)).then(end, async (error: unknown) => {
  const { Output } = await import("./cli/output.ts");
  new Output(2).raw(`${stackOf(error) || messageOf(error)}\n`);
  end(BROKEN);
});
