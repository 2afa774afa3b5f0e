import { createRequire, isBuiltin } from "node:module";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { BunPlugin } from "bun";
import { GodwitError, messageOf } from "../../base/failure.ts";
import { locate, locateFile, locateLine } from "../../base/source-text.ts";
import { missingUp } from "../../migrations/code-exports.ts";
import { mayExportMore, scanExports } from "../../migrations/code-file.ts";
import { fileNameOf } from "../../migrations/file-name.ts";
import type { Migration } from "../../migrations/migration.ts";
import { NOWHERE, SEALED_PREFIX } from "../../migrations/sealed-code.ts";
import type { SealedModule } from "../../migrations/sealed-format.ts";
import { moduleName } from "../../migrations/sealed-source.ts";
import { inFolder } from "./working-directory.ts";

/** A migration in code, and where it would be imported from: what it imports is looked for from there. */
export interface CodeToBundle {
  readonly migration: Migration;
  readonly text: string;
  readonly path: string;
}

interface Entry extends CodeToBundle {
  /** Where the bundler is told that it lies. */
  readonly entry: string;
}

/** What a bundle cannot take along. */
export interface BundleNote {
  readonly file: string;
  readonly message: string;
}

export interface BundledCode {
  readonly modules: readonly SealedModule[];
  readonly notes: readonly BundleNote[];
}

/**
 * Makes JavaScript of migrations in code, with all that they import: packages, helpers, JSON and text. What two of them import is one module, as it is
 * when they are imported from their folder.
 * @param folder what source maps name files from
 * @throws GodwitError CODE_INVALID, BUNDLE_FAILED for what cannot be carried
 */
export async function bundleCode(folder: string, codes: readonly CodeToBundle[]): Promise<BundledCode> {
  if (codes.length === 0) return { modules: [], notes: [] };
  for (const code of codes) requireUp(code);
  // Under the name that the folder has for it, also where that is a link: beside what it leads to.
  const entries = codes.map((code) => ({
    ...code,
    entry: join(dirname(code.path), fileNameOf(code.migration)),
  }));
  const lost: Lost[] = [];
  // From there, wherever the command was given: the same input is to give the same bytes.
  const result = await inFolder(folder, () =>
    Bun.build({
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
      publicPath: SEALED_PREFIX,
      define: {
        // Left to the moment when it runs, as it is where the folder is imported.
        "process.env.NODE_ENV": "process.env.NODE_ENV",
        __dirname: JSON.stringify(NOWHERE),
        __filename: JSON.stringify(`${NOWHERE}/file`),
      },
      // A module that is imported for what it does is not left out, whatever its package says of it.
      ignoreDCEAnnotations: true,
      plugins: [asWhenItRuns(lost)],
      throw: false,
    }),
  );
  if (!result.success) throw buildFailure(folder, entries, result.logs);
  if (lost[0] !== undefined) throw lostFailure(entries, lost[0]);
  return collect(folder, codes, result.outputs);
}

/** A static import of what is not there. */
interface Lost {
  readonly specifier: string;
  readonly importer: string;
}

/**
 * The bundler reads package exports by other conditions than the runtime. What a package requires, or imports while it runs, may be missing: it is then missing
 * in the bundle as well, and the package goes on without.
 */
function asWhenItRuns(lost: Lost[]): BunPlugin {
  return {
    name: "as-when-it-runs",
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, importer, kind }) => {
        const isStatic = kind === "import-statement";
        if (importer === "" || isBrought(path) || (isStatic && /^[./]/.test(path))) return undefined;
        try {
          const isRequired = kind === "require-call" || kind === "require-resolve";
          return {
            path: isRequired
              ? createRequire(importer).resolve(path)
              : Bun.resolveSync(path, dirname(importer)),
          };
        } catch {
          if (isStatic) lost.push({ specifier: path, importer });
          return { path, external: true };
        }
      });
    },
  };
}

function isBrought(path: string): boolean {
  return isBuiltin(path) || path.startsWith("bun:") || path === "bun";
}

/** As an import of the file would refuse it: the bundler would read CommonJS as well. What does not parse, the bundler places. */
function requireUp({ migration, text }: CodeToBundle): void {
  const names = scanExports(text);
  if (names !== null && !names.includes("up") && !mayExportMore(text, names)) throw missingUp(migration);
}

async function collect(
  folder: string,
  codes: readonly CodeToBundle[],
  outputs: readonly Bun.BuildArtifact[],
): Promise<BundledCode> {
  const asset = outputs.find(({ kind }) => kind === "asset");
  if (asset !== undefined) throw cannotCarry(asset.path);
  const texts = new Map<string, string>();
  for (const output of outputs) texts.set(output.path.replace(/^\.\//, ""), await output.text());
  const notes: BundleNote[] = [];
  const names = [...texts.keys()].filter((name) => name.endsWith(".js")).sort();
  const modules = names.map((name) => {
    const code = texts.get(name)!;
    requireCarried(code, new Set(names));
    const map = JSON.parse(texts.get(`${name}.map`)!) as SourceMapText;
    notes.push(...notesOf(folder, codes, map));
    return { name, code, map: leanMap(folder, map) };
  });
  requireModules(codes, names);
  return { modules, notes };
}

interface SourceMapText {
  readonly version: 3;
  readonly sources: readonly string[];
  readonly sourcesContent?: readonly (string | null)[];
  readonly mappings: string;
}

/** Only what a place is found with: the sources themselves are carried as they are. */
function leanMap(folder: string, { version, sources, mappings }: SourceMapText): string {
  const named = sources.map((source) => nameFrom(folder, source));
  return JSON.stringify({ version, sources: named, names: [], mappings });
}

function nameFrom(folder: string, source: string): string {
  return relative(folder, resolve(folder, source)).split(sep).join("/");
}

/** What a module imports must lie in the bundle, or in the runtime; but for what it can do without. */
function requireCarried(code: string, names: ReadonlySet<string>): void {
  for (const { path, kind } of new Bun.Transpiler({ loader: "js" }).scanImports(code)) {
    const isSealed = path.startsWith(SEALED_PREFIX) && names.has(path.slice(SEALED_PREFIX.length));
    if (kind === "import-statement" && !isSealed && !isBrought(path)) throw cannotCarry(path);
  }
}

function lostFailure(entries: readonly Entry[], { specifier, importer }: Lost): GodwitError {
  const own = entries.find(({ entry, path }) => entry === importer || path === importer);
  const index =
    own === undefined ? -1 : Math.max(own.text.indexOf(`"${specifier}"`), own.text.indexOf(`'${specifier}'`));
  return new GodwitError("CODE_INVALID", `"${specifier}" is not there to be imported`, {
    location:
      own !== undefined && index !== -1
        ? locate(own.migration.file, own.text, index)
        : locateFile(own?.migration.file ?? importer),
    hint: "a bundle takes along all that a migration imports; install it, or mend the file",
  });
}

function buildFailure(
  folder: string,
  entries: readonly Entry[],
  logs: readonly (BuildMessage | ResolveMessage)[],
): GodwitError {
  const first = logs.find(({ level }) => level === "error");
  const place = first?.position ?? null;
  const file = place === null ? null : resolve(folder, place.file);
  const own = entries.find(({ entry }) => file === entry) ?? entries[0]!;
  const isOwn = file === own.entry;
  const location =
    place === null || file === null
      ? locateFile(own.migration.file)
      : isOwn
        ? locateLine(own.migration.file, own.text, place.line, Math.max(1, place.column))
        : {
            ...locateLine(relative("", file), place.lineText, 1, Math.max(1, place.column)),
            line: place.line,
          };
  return new GodwitError(
    "CODE_INVALID",
    first === undefined ? "the code cannot be bundled" : messageOf(first),
    {
      location,
      hint: "a bundle takes along all that a migration imports; mend the file and run again",
    },
  );
}

function cannotCarry(path: string): GodwitError {
  return new GodwitError("BUNDLE_FAILED", `a bundle cannot carry what is imported as ${path}`, {
    hint: 'import it as text or JSON (with { type: "text" }), or leave it out',
  });
}

const LEADS_NOWHERE =
  /\bimport\.meta\.(?:dir|dirname|path|url|file|filename)\b|\b__dirname\b|\b__filename\b|\bcreateRequire\b|\bnew Worker\b/;
const COMPUTED = /(?<![\w$.])import\s*\((?!\s*(?:"[^"\\]*"|'[^'\\]*'|`[^`$\\]*`)\s*[,)])/;

/** Code that reads what lies beside it, or imports what it computes, finds nothing once it is sealed. */
function notesOf(folder: string, codes: readonly CodeToBundle[], map: SourceMapText): BundleNote[] {
  return map.sources.flatMap((source, index) => {
    const text = map.sourcesContent?.[index] ?? "";
    const name = nameFrom(folder, source);
    const own = codes.find(({ migration }) => fileNameOf(migration) === name);
    const file = own?.migration.file ?? name;
    const place = LEADS_NOWHERE.exec(text)?.[0];
    const notes: BundleNote[] = [];
    if (place !== undefined)
      notes.push({
        file,
        message: `mentions ${place}, which leads to no folder in a bundle: import what it reads as text or JSON`,
      });
    if (COMPUTED.test(text))
      notes.push({
        file,
        message: "imports what it computes, which a bundle does not hold: name the file in the import",
      });
    return notes;
  });
}

/** Checks that every migration in code has become a module. */
function requireModules(codes: readonly CodeToBundle[], names: readonly string[]): void {
  const missing = codes.find(({ migration }) => !names.includes(moduleName(fileNameOf(migration))));
  if (missing === undefined) return;
  throw new GodwitError("BUNDLE_FAILED", "the bundler left out a migration", {
    location: locateFile(missing.migration.file),
  });
}
