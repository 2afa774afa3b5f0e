import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** As `sha256sum` writes and checks them: a sum, two spaces, a name. */
export function writeSums(folder: string): void {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
  const lines = names.map((name) => `${Bun.SHA256.hash(readFileSync(join(folder, name)), "hex")}  ${name}\n`);
  writeFileSync(join(folder, "SHA256SUMS"), lines.join(""));
}
