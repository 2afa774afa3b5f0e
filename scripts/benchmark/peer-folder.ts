import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const SOURCE = join(import.meta.dir, "peers");
const LOCK = "package-lock.json";

/**
 * Installs the peers that come from npm into a folder, unless they are there, and puts our drivers beside them, so that these find their
 * packages. @returns why it could not, or null
 */
export async function installPeers(folder: string): Promise<string | null> {
  const isInstalled =
    existsSync(join(folder, "node_modules/.package-lock.json")) &&
    readIfThere(join(folder, LOCK)) === readIfThere(join(SOURCE, LOCK));
  mkdirSync(folder, { recursive: true });
  cpSync(SOURCE, folder, { recursive: true });
  if (isInstalled) return null;
  console.log(`installing the peers in ${folder}`);
  // Without scripts: better-sqlite3 and dbmate bring what they need compiled.
  const argv = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  try {
    const child = Bun.spawn(argv, { cwd: folder, stdin: "ignore", stdout: "ignore", stderr: "pipe" });
    const stderr = await child.stderr.text();
    return (await child.exited) === 0 ? null : `npm ci failed: ${stderr.trim().split("\n")[0]}`;
  } catch (error) {
    return `npm ci could not be run: ${(error as Error).message}`;
  }
}

function readIfThere(path: string): string | null {
  return existsSync(path) ? readFileSync(path, "utf8") : null;
}
