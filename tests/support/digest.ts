import { existsSync, readFileSync } from "node:fs";

/** The SHA-256 of a file's bytes; null where there is no file. */
export function digestOf(path: string): string | null {
  return existsSync(path) ? new Bun.CryptoHasher("sha256").update(readFileSync(path)).digest("hex") : null;
}
