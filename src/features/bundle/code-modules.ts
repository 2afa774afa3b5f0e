import { dirname, join, relative, resolve, sep } from "node:path";
import { GodwitError } from "../../base/failure.ts";
import { locateFile, locateLine } from "../../base/source-text.ts";
import { fileNameOf } from "../../migrations/file-name.ts";
import type { Migration } from "../../migrations/migration.ts";
import type { SealedModule } from "../../migrations/sealed-format.ts";
import { moduleName } from "../../migrations/sealed-source.ts";

/** A migration in code, and where it would be imported from: what it imports is looked for from there. */
export interface CodeToBundle {
  readonly migration: Migration;
  readonly text: string;
  readonly path: string;
}

/** What a bundle cannot take along. */
export interface BundleNote {
  readonly file: string;
  readonly message: string;
}

/**
 * Makes JavaScript of migrations in code, with all that they import: packages, helpers, JSON and text. What two of them import is one module, as it is
 * when they are imported from their folder.
 * @param folder what source maps name files from
 * @throws GodwitError CODE_INVALID, BUNDLE_FAILED for what cannot be carried
 */
export async function bundleCode(
  folder: string,
  codes: readonly CodeToBundle[],
): Promise<readonly SealedModule[]> {
  if (codes.length === 0) return [];
  // Under the name that the folder has for it, also where that is a link: beside what it leads to.
  const entries = codes.map((code) => ({
    ...code,
    entry: join(dirname(code.path), fileNameOf(code.migration)),
  }));
  const result = await Bun.build({
    entrypoints: entries.map(({ entry }) => entry),
    // What was hashed is what is bundled, not what the files hold by now.
    files: Object.fromEntries(entries.map(({ entry, text }) => [entry, text])),
    target: "bun",
    format: "esm",
    splitting: true,
    sourcemap: "external",
    // Comments would name this machine's folders. Names stay, for the stacks of errors.
    minify: { whitespace: true },
    naming: { entry: "[name].[ext]", chunk: "shared-[hash].[ext]" },
    // Left to the moment when it runs, as it is where the folder is imported.
    define: { "process.env.NODE_ENV": "process.env.NODE_ENV" },
    throw: false,
  });
  if (!result.success) throw buildFailure(entries, result.logs);
  return modulesOf(folder, result.outputs);
}

async function modulesOf(folder: string, outputs: readonly Bun.BuildArtifact[]): Promise<SealedModule[]> {
  const asset = outputs.find(({ kind }) => kind === "asset");
  if (asset !== undefined) throw cannotCarry(asset.path);
  const texts = new Map<string, string>();
  for (const output of outputs) texts.set(output.path.replace(/^\.\//, ""), await output.text());
  return [...texts.keys()]
    .filter((name) => name.endsWith(".js"))
    .sort()
    .map((name) => {
      const map = texts.get(`${name}.map`);
      return { name, code: texts.get(name)!, map: map === undefined ? null : leanMap(folder, map) };
    });
}

/** Only what a place is found with: the sources themselves are carried as they are. */
function leanMap(folder: string, text: string): string {
  const { version, sources, mappings } = JSON.parse(text) as {
    version: 3;
    sources: string[];
    mappings: string;
  };
  const named = sources.map((source) => relative(folder, resolve(source)).split(sep).join("/"));
  return JSON.stringify({ version, sources: named, names: [], mappings });
}

function buildFailure(
  entries: readonly { migration: Migration; text: string; entry: string }[],
  logs: readonly (BuildMessage | ResolveMessage)[],
): GodwitError {
  const [first] = logs.filter(({ level }) => level === "error");
  const place = first?.position ?? null;
  const own = entries.find(({ entry }) => place !== null && resolve(place.file) === entry) ?? entries[0]!;
  const isOwn = place !== null && resolve(place.file) === own.entry;
  const location = isOwn
    ? locateLine(own.migration.file, own.text, place.line, Math.max(1, place.column))
    : place === null
      ? locateFile(own.migration.file)
      : { ...locateLine(place.file, place.lineText, 1, Math.max(1, place.column)), line: place.line };
  return new GodwitError("CODE_INVALID", first?.message ?? "the code cannot be bundled", {
    location,
    hint: "a bundle takes along all that a migration imports; mend the file and run again",
  });
}

function cannotCarry(path: string): GodwitError {
  return new GodwitError("BUNDLE_FAILED", `a bundle cannot carry the file that is imported as ${path}`, {
    hint: 'import it as text or JSON (with { type: "text" }), or leave it out',
  });
}

/** Code that reads what lies beside it finds nothing there once it is sealed. */
export function noteOf({ migration, text }: CodeToBundle): BundleNote | null {
  const found = /\bimport\.meta\.(?:dir|dirname|path|url|file|filename)\b|\b__dirname\b|\b__filename\b/.exec(
    text,
  );
  if (found === null) return null;
  const message = `mentions ${found[0]}, which leads to no folder in a bundle: import what it reads as text or JSON`;
  return { file: migration.file, message };
}

/** Checks that every migration in code has become a module. */
export function requireModules(codes: readonly CodeToBundle[], modules: readonly SealedModule[]): void {
  const names = new Set(modules.map(({ name }) => name));
  const missing = codes.find(({ migration }) => !names.has(moduleName(fileNameOf(migration))));
  if (missing === undefined) return;
  throw new GodwitError("BUNDLE_FAILED", "the bundler left out a migration", {
    location: locateFile(missing.migration.file),
  });
}
