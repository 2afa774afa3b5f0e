import { GODWIT_VERSION } from "../../src/base/godwit-version.ts";
import { sqliteVersion } from "../../src/databases/sqlite/sqlite-version.ts";
import type { Binary } from "./binaries.ts";

/** What a release is made of; without any time, so that the same commit gives the same manifest. */
export async function manifestOf(binaries: readonly Binary[]): Promise<Record<string, unknown>> {
  return {
    godwit: GODWIT_VERSION,
    commit: git("rev-parse", "HEAD"),
    changed: git("status", "--porcelain", "--untracked-files=no") !== "",
    bun: Bun.version,
    // On macOS Bun loads the system's.
    sqlite: await sqliteVersion(),
    binaries: binaries.map(({ target, file, bytes, sha256, compressedBytes, compressedSha256 }) => ({
      target,
      file,
      bytes,
      sha256,
      gz: { file: `${file}.gz`, bytes: compressedBytes, sha256: compressedSha256 },
      sqlite: target.startsWith("darwin") ? "the system's" : "inside",
    })),
  };
}

/** Null where this is no clone. */
function git(...args: string[]): string | null {
  const { stdout, exitCode } = Bun.spawnSync(["git", ...args], { cwd: import.meta.dir, stderr: "ignore" });
  return exitCode === 0 ? stdout.toString().trim() : null;
}
