import { lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { bestEffort } from "../../base/best-effort.ts";
import { GodwitError } from "../../base/failure.ts";
import { type OutputFile, outputFailure } from "../../base/output-file.ts";

const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const PREFIX = ".godwit-bundle-";

/** A folder beside the output, so that what is made in it can be put in its place by a rename. A signal ends the work, and the folder goes all the same. */
export class Workspace {
  readonly path: string;
  private reject: (why: GodwitError) => void = () => {};
  /** Rejects with GodwitError CANCELLED where a signal comes. */
  readonly interrupted = new Promise<never>((_, reject) => {
    this.reject = reject;
  });

  /** @throws GodwitError FILE_NOT_WRITTEN */
  constructor({ path, shown }: OutputFile) {
    const folder = dirname(path);
    try {
      bestEffort(() => sweep(folder));
      this.path = mkdtempSync(join(folder, PREFIX));
    } catch (cause) {
      throw outputFailure(shown, cause);
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

/** A bundle is made in seconds. */
const LEFT_BEHIND_MS = 60 * 60 * 1000;

/** What mkdtemp makes of the prefix. */
const NAME = new RegExp(`^${PREFIX.replaceAll(".", "\\.")}[A-Za-z0-9]{6}$`);

/** What is in one: what is made, and Bun's half-done file. */
const CONTENTS = /^bundle(\.exe)?$|\.bun-build$/;

/** Removes what was left by runs that were killed, a hundred megabytes each. */
function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (NAME.test(name)) bestEffort(() => sweepOne(join(parent, name)));
  }
}

function sweepOne(folder: string): void {
  const stats = lstatSync(folder);
  const isOwn = stats.isDirectory() && (process.getuid === undefined || stats.uid === process.getuid());
  if (!isOwn || Date.now() - stats.mtimeMs < LEFT_BEHIND_MS) return;
  if (readdirSync(folder).every((name) => CONTENTS.test(name)))
    rmSync(folder, { recursive: true, force: true });
}
