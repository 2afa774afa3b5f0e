import { messageOf, stackOf } from "./base/failure.ts";
import { Output } from "./cli/output.ts";
import { CliRun } from "./cli/run-cli.ts";

const run = new CliRun(process.argv.slice(2), process.env);
// Taken before any migration's code runs, which meets one that ends nothing. Unlike process.exit it asks no "exit" listener, which could
// set another exit code.
const { reallyExit, execve, chdir, kill } = process;
const end = (code: number): never => {
  if (run.leavesTransaction) vanish(code);
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
  const code = run.stuck();
  if (code !== null) end(code);
});
run
  .run()
  .then((code) => run.handOver(code, execve))
  .then(end, (error: unknown) => {
    new Output(2).raw(`${stackOf(error) || messageOf(error)}\n`);
    end(70);
  });
