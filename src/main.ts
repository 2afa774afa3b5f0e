import { CliRun } from "./cli/run-cli.ts";

const run = new CliRun(process.argv.slice(2), process.env);
// Taken before any migration's code runs: that code meets a process.exit that does not end anything. Bun's own calls reallyExit.
const { exit, reallyExit } = process;
const end = (code: number): never => {
  Object.assign(process, { reallyExit });
  return exit.call(process, code);
};

// The event loop is empty and the run is not done: a migration awaits what never comes. Not a top-level await, with which a
// compiled executable would hang here for ever.
process.on("beforeExit", () => {
  const code = run.stuck();
  if (code !== null) end(code);
});
run.run().then(end, (error: unknown) => {
  throw error;
});
