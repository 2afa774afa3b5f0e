import { readFileSync, realpathSync, renameSync, rmSync } from "node:fs";
import { basename } from "node:path";
import { writeExclusive } from "../../base/exclusive-file.ts";
import { GodwitError } from "../../base/failure.ts";
import { type OutputFile, outputFailure, outputFile } from "../../base/output-file.ts";
import { randomHex } from "../../base/random.ts";
import { readToCarry } from "../../migrations/carried-text.ts";
import type { FolderSource } from "../../migrations/folder-source.ts";
import type { Migration } from "../../migrations/migration.ts";
import { embeddedModule, saysTheSame } from "./embedded-module.ts";

export interface Embedding {
  readonly output: string;
  readonly migrations: readonly Migration[];
  /** Whether what was there said something else, or nothing was there. */
  readonly wasStale: boolean;
}

/**
 * Writes, or only checks, the module that an application imports its migrations by.
 * @throws GodwitError MIGRATIONS_NOT_FOUND, what a file is refused for, INVALID_VALUE for an output that is no module, FILE_NOT_WRITTEN
 */
export function embedMigrations(
  source: FolderSource,
  { output, isCheck }: { readonly output: string; readonly isCheck: boolean },
): Embedding {
  const kind = /\.([cm]?)([jt])s$/.exec(output);
  if (kind === null || kind[1] === "c" || /\.d\.m?ts$/.test(output)) {
    throw new GodwitError("INVALID_VALUE", `--output takes a module to write, not "${output}"`, {
      hint: "let it end in .ts, .mts, .js or .mjs",
    });
  }
  const migrations = readToCarry(source);
  source.requireElsewhere(output);
  const file = outputFile(output);
  const text = embeddedModule(migrations, {
    folder: realpathSync(source.path),
    name: basename(source.path),
    output: file.path,
    isTyped: kind[2] === "t",
  });
  const present = read(file);
  const wasStale = present === null || !saysTheSame(present, text);
  if (wasStale && !isCheck) replace(file, text);
  return { output, migrations, wasStale };
}

/** Null where nothing is there. */
function read({ path, shown, mode }: OutputFile): string | null {
  if (mode === null) return null;
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw outputFailure(shown, cause);
  }
}

/** Whole or not at all: a server may be starting from it. */
function replace({ path, shown, mode }: OutputFile, text: string): void {
  const fresh = `${path}.${randomHex(8)}`;
  try {
    writeExclusive(fresh, text, mode ?? undefined);
    renameSync(fresh, path);
  } catch (cause) {
    rmSync(fresh, { force: true });
    throw outputFailure(shown, cause);
  }
}
