import { readFileSync, realpathSync } from "node:fs";
import { basename } from "node:path";
import { carriedText, readToCarry } from "../../migrations/carried-text.ts";
import { fileNameOf } from "../../migrations/file-name.ts";
import type { FolderSource } from "../../migrations/folder-source.ts";
import type { Migration } from "../../migrations/migration.ts";
import { seal, sha256 } from "../../migrations/sealed-format.ts";
import { type BundleNote, bundleCode, type CodeToBundle } from "./code-modules.ts";
import { type ExecutableOptions, makeExecutable } from "./executable.ts";
import type { Target } from "./targets.ts";

export interface Bundle {
  readonly output: string;
  readonly target: Target | null;
  readonly bytes: number;
  /** Of the executable. */
  readonly sha256: string;
  readonly migrations: readonly Migration[];
  readonly notes: readonly BundleNote[];
}

/**
 * Makes one executable that carries a folder's migrations, and needs no folder. The same folder and the same godwit give the same bytes.
 * @throws GodwitError MIGRATIONS_NOT_FOUND, what a file is refused for, CODE_INVALID, BUNDLE_FAILED, FILE_NOT_WRITTEN
 */
export async function makeBundle(source: FolderSource, options: ExecutableOptions): Promise<Bundle> {
  const migrations = readToCarry(source);
  source.requireElsewhere(options.output);
  const codes = migrations.flatMap((migration): CodeToBundle[] => {
    const { body } = migration;
    return body.kind === "code" ? [{ migration, text: body.text, path: source.importPathOf(migration) }] : [];
  });
  const { modules, notes } = await bundleCode(realpathSync(source.path), codes);
  const sealed = seal({
    folder: basename(source.path),
    migrations: migrations.map((migration) => ({
      name: fileNameOf(migration),
      text: carriedText(migration),
    })),
    modules,
  });
  const { output, target } = await makeExecutable(sealed, options);
  const bytes = readFileSync(output);
  return {
    output,
    target,
    bytes: bytes.length,
    sha256: sha256(bytes),
    migrations,
    notes,
  };
}
