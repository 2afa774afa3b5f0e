import { sep } from "node:path";
import { GodwitError, isGodwitError } from "../base/failure.ts";
import { locateFile } from "../base/source-text.ts";
import { readExports } from "./code-exports.ts";
import { importFailure, queried } from "./code-file.ts";
import type { Migration, MigrationCode } from "./migration.ts";

/** The hashed text of each module about to be imported, by its specifier. */
const texts = new Map<string, { readonly contents: string; readonly loader: "js" | "ts" }>();
let isPluginSet = false;

/**
 * Imports a migration so that what runs is the text that was hashed, not what the file holds by now: a Bun plugin hands the text
 * to the bundler under the file's own path, so that relative imports, JSON, text and packages beside the file resolve as usual.
 * The checksum in the query also keeps Bun's module cache from giving an earlier version of the file.
 * @param path without links: Bun hands such a one to the plugin
 * @throws GodwitError CODE_INVALID
 */
export async function loadCode(migration: Migration, path: string): Promise<MigrationCode> {
  if (migration.body.kind !== "code") throw new Error(`${migration.file} holds no code`);
  requireImportable(migration, path);
  setPlugin();
  const specifier = queried(migration, path);
  texts.set(specifier, { contents: migration.body.text, loader: migration.kind === "js" ? "js" : "ts" });
  try {
    return readExports(migration, await import(specifier));
  } catch (thrown) {
    throw isGodwitError(thrown) ? thrown : importFailure(migration, thrown, path);
  } finally {
    texts.delete(specifier);
  }
}

/** An import takes `?` for the start of a query, and a backslash for a slash, also where a file's name may hold them. */
function requireImportable(migration: Migration, path: string): void {
  const character = path.includes("?")
    ? "question mark"
    : sep === "/" && path.includes("\\")
      ? "backslash"
      : null;
  if (character === null) return;
  throw new GodwitError("CODE_INVALID", `the path holds a ${character}, with which no code can be imported`, {
    location: locateFile(migration.file),
    hint: "rename the folder",
  });
}

function setPlugin(): void {
  if (isPluginSet) return;
  isPluginSet = true;
  Bun.plugin({
    name: "godwit-migrations",
    setup(build) {
      build.onLoad({ filter: /\?godwit=[0-9a-f]*$/ }, ({ path }) => {
        const text = texts.get(path);
        if (text === undefined) throw new Error(`no text was read for ${path}`);
        return text;
      });
    },
  });
}
