import { readFileSync, renameSync, rmSync } from "node:fs";
import { basename } from "node:path";
import { writeExclusive } from "../../base/exclusive-file.ts";
import { GodwitError, messageOf } from "../../base/failure.ts";
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
  if (kind === null || kind[1] === "c") {
    throw new GodwitError("INVALID_VALUE", `--output takes a module to write, not "${output}"`, {
      hint: "let it end in .ts, .mts, .js or .mjs",
    });
  }
  const migrations = readToCarry(source);
  const text = embeddedModule(migrations, {
    folder: source.path,
    name: basename(source.path),
    output,
    isTyped: kind[2] === "t",
  });
  const present = read(output);
  const wasStale = present === null || !saysTheSame(present, text);
  if (wasStale && !isCheck) replace(output, text);
  return { output, migrations, wasStale };
}

/** Null where nothing is there. */
function read(output: string): string | null {
  try {
    return readFileSync(output, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw notWritten(output, cause);
  }
}

/** Whole or not at all: a server may be starting from it. */
function replace(output: string, text: string): void {
  const fresh = `${output}.${randomHex(8)}`;
  try {
    writeExclusive(fresh, text);
    renameSync(fresh, output);
  } catch (cause) {
    rmSync(fresh, { force: true });
    throw notWritten(output, cause);
  }
}

function notWritten(output: string, cause: unknown): GodwitError {
  return new GodwitError("FILE_NOT_WRITTEN", `${output} cannot be written: ${messageOf(cause)}`, {
    hint: "check the folder and its permissions, or name another file with -o",
    cause,
  });
}
