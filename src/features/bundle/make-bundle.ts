import { readFileSync, realpathSync, statSync } from "node:fs";
import { basename } from "node:path";
import { GodwitError } from "../../base/failure.ts";
import { locateFile } from "../../base/source-text.ts";
import type { FolderSource } from "../../migrations/folder-source.ts";
import type { Migration } from "../../migrations/migration.ts";
import { type SealedMigration, seal, sha256 } from "../../migrations/sealed-format.ts";
import { type BundleNote, bundleCode, type CodeToBundle, noteOf, requireModules } from "./code-modules.ts";
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
  const migrations = source.list().map((file) => source.read(file));
  requireWhole(source.label, migrations);
  requireNoFolder(options.output);
  const codes = migrations.flatMap((migration): CodeToBundle[] => {
    const { body } = migration;
    return body.kind === "code" ? [{ migration, text: body.text, path: source.importPathOf(migration) }] : [];
  });
  const modules = await bundleCode(realpathSync(source.path), codes);
  requireModules(codes, modules);
  const sealed = seal({
    folder: basename(source.path),
    migrations: migrations.map(sealedMigration),
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
    notes: codes.flatMap((code) => noteOf(code) ?? []),
  };
}

/** A bundle is made to be sent away: what could not run there is refused here. */
function requireWhole(folder: string, migrations: readonly Migration[]): void {
  if (migrations.length === 0) {
    throw new GodwitError("MIGRATIONS_NOT_FOUND", `there are no migrations in ${folder}`, {
      hint: "name another folder with --dir",
    });
  }
  for (const { body } of migrations) if (body.kind === "broken") throw body.failure;
}

function sealedMigration({ version, slug, kind, description, body }: Migration): SealedMigration {
  const name = `${version}_${slug}.${kind}`;
  if (body.kind === "sql" || body.kind === "code") return { name, text: body.text };
  // What is known of the older runner's files is how they are described.
  return { name, text: `"""\nDescription: ${description}\n"""\n` };
}

function requireNoFolder(output: string): void {
  if (statSync(output, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  throw new GodwitError("FILE_NOT_WRITTEN", `${output} is a folder`, {
    location: locateFile(output),
    hint: "name a file with -o",
  });
}
