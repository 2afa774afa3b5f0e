import type { CliProject } from "../support/cli-project.ts";
import type { Ended } from "../support/run-godwit.ts";
import type { Terminal } from "../support/terminal.ts";

/** Brings a failure about, in a project that is empty at first. */
export type Sample = (project: CliProject) => Promise<Pick<Ended, "stderr" | "exitCode">>;

/** What a terminal showed of a failure, once the process has ended. */
export async function failureAt(terminal: Terminal): Promise<Pick<Ended, "stderr" | "exitCode">> {
  const exitCode = await terminal.exitCode();
  const lines = terminal.lines;
  return {
    stderr: `${lines.slice(lines.findIndex((line) => line.startsWith("error["))).join("\n")}\n`,
    exitCode,
  };
}
