import { resolve } from "node:path";
import { alignTable, writeBetween } from "../document.ts";
import type { Binary } from "./binaries.ts";

const README = resolve(import.meta.dir, "../../README.md");

/** Writes the sizes into the README. */
export function writeTable(binaries: readonly Binary[]): void {
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  const rows = binaries.map(({ target, bytes, compressedBytes }) => [
    `\`${target}\``,
    megabytes(bytes),
    megabytes(compressedBytes),
  ]);
  writeBetween(README, "release", alignTable([["Platform", "Executable", "As `.gz`"], ...rows], [1, 2]));
}
