import { versionLine, versions } from "./versions.ts";

/** Whether a command line asks for the version and nothing else: scripts that install programs ask every program so. */
export function asksForVersion(argv: readonly string[]): boolean {
  return argv.length === 1 && argv[0] === "--version";
}

/** Writes it. @returns whether it could be written; where not, the usual way tells why */
export async function isVersionWritten(): Promise<boolean> {
  try {
    await Bun.write(Bun.stdout, `${versionLine(await versions())}\n`);
    return true;
  } catch {
    return false;
  }
}
