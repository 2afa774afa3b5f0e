import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { bestEffort } from "../../base/best-effort.ts";
import { GodwitError } from "../../base/failure.ts";
import { type OutputFile, outputFailure } from "../../base/output-file.ts";
import { mayRun, ownMark } from "../../base/running-process.ts";

const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A folder beside the output, so that what is made in it can be put in its place by a rename. A signal ends the work, and the folder goes all the same. */
export class Workspace {
  readonly path: string;
  private reject: (why: GodwitError) => void = () => {};
  /** Rejects with GodwitError CANCELLED where a signal comes. */
  readonly interrupted = new Promise<never>((_, reject) => {
    this.reject = reject;
  });

  /** @throws GodwitError FILE_NOT_WRITTEN */
  constructor(output: OutputFile) {
    const folder = dirname(output.path);
    const prefix = `.${basename(output.path)}.`;
    const { host, pid } = ownMark();
    try {
      bestEffort(() => sweep(folder, prefix));
      this.path = mkdtempSync(join(folder, `${prefix}${host}-${pid}.`));
    } catch (cause) {
      throw outputFailure(output.shown, cause);
    }
    for (const signal of ENDING) process.on(signal, this.end);
  }

  remove(): void {
    for (const signal of ENDING) process.off(signal, this.end);
    rmSync(this.path, { recursive: true, force: true });
  }

  private readonly end = (signal: NodeJS.Signals): void =>
    this.reject(new GodwitError("CANCELLED", `${signal} came before the bundle was made`));
}

/** What follows the prefix: `host-pid.`, and what mkdtemp adds. */
const MARK = /^(.+)-(\d+)\.[A-Za-z0-9]{6}$/;

/** Removes what processes have left that were killed while they made the same output: a hundred megabytes each. */
function sweep(folder: string, prefix: string): void {
  for (const name of readdirSync(folder)) {
    const [, host, pid] = (name.startsWith(prefix) && MARK.exec(name.slice(prefix.length))) || [];
    if (host === undefined) continue;
    const path = join(folder, name);
    const age = Date.now() - statSync(path).mtimeMs;
    if (!mayRun({ host, pid: Number(pid) }, age)) rmSync(path, { recursive: true, force: true });
  }
}
