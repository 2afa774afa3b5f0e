import { readFileSync } from "node:fs";
import { GodwitError } from "../base/failure.ts";
import type { CarriedSource } from "../migrations/carried-source.ts";
import { sealedMark } from "../migrations/sealed-mark.ts";
import { FOLDER_COMMANDS } from "./command-tree.ts";
import { versions } from "./versions.ts";

/** What a bundle carries, as its documents tell it. Without any time: the same migrations give the same manifest. */
export interface Manifest {
  readonly godwit: string;
  readonly bun: string;
  readonly sqlite: string;
  readonly migrations: readonly {
    readonly version: string;
    readonly file: string;
    readonly checksum: string | null;
  }[];
}

/**
 * The migrations that this executable carries; null for one that works on a folder.
 * @throws GodwitError BUNDLE_DAMAGED
 */
export async function sealedMigrations(): Promise<CarriedSource | null> {
  const mark = sealedMark();
  if (mark === null) return null;
  const [{ unseal }, { sealedSource }] = await Promise.all([
    import("../migrations/sealed-format.ts"),
    import("../migrations/sealed-source.ts"),
  ]);
  return sealedSource(unseal(readFileSync(mark.path), mark.sha256));
}

/** @throws GodwitError SEALED for what only a folder can serve */
export function requireUnsealed(command: string, folder: string | undefined): void {
  if (FOLDER_COMMANDS.includes(command)) {
    throw new GodwitError(
      "SEALED",
      `this executable is sealed: it carries its migrations, and has no ${command}`,
      {
        hint: `use godwit and the folder: godwit ${command}`,
      },
    );
  }
  if (folder === undefined) return;
  throw new GodwitError(
    "SEALED",
    "this executable is sealed: it carries its migrations, and reads no folder",
    {
      hint: "leave out --dir",
    },
  );
}

export async function manifestOf(source: CarriedSource): Promise<Manifest> {
  const migrations = source.list().map((file) => {
    const { version, checksum } = source.read(file);
    return { version, file: file.file, checksum };
  });
  const { godwit, bun, sqlite } = await versions();
  return { godwit, bun, sqlite, migrations };
}
