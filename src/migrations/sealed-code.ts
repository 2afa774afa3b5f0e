import { createRequire, isBuiltin } from "node:module";
import type { SealedModule } from "./sealed-format.ts";

/** How a sealed module is called when it is imported: no path, so that nothing on the disk can take its place. */
export const SEALED_SCHEME = "godwit-sealed:";

/** What code finds where it asks for its own folder. */
export const NOWHERE = "/godwit-sealed";

/**
 * What is computed when it runs is looked for in the working directory by the runtime, whoever asks: there it would find files that nobody sealed. As long
 * as what they stand for, so that source maps hold.
 */
const STAND_INS = [
  [/(?<![\w$.])import(?=\s*\((?!\s*(?:"[^"\\]*"|'[^'\\]*')\s*[,)]))/g, "Import"],
  [/\bimport\.meta\.require\b/g, "godwitSealedRequire"],
] as const;

/** The code, with whatever computes what it imports asking `letComputed` first. */
export function confined(code: string): string {
  return STAND_INS.reduce((text, [found, standIn]) => text.replace(found, standIn), code);
}

/** Defines what `confined` names: only what the runtime brings can be had. */
function letComputed(): void {
  const require = createRequire(`${NOWHERE}/file`);
  const refuse = (name: unknown): Error =>
    new Error(`a bundle does not hold what is imported as ${String(name)}: name the file in the import`);
  const define = (name: string, value: unknown) =>
    Object.defineProperty(globalThis, name, { value, enumerable: false, configurable: true });
  const isBrought = (name: unknown): name is string =>
    typeof name === "string" && (isBuiltin(name) || name.startsWith("bun:") || name === "bun");
  define("Import", async (name: unknown) => {
    if (isBrought(name)) return import(name);
    throw refuse(name);
  });
  define("godwitSealedRequire", (name: unknown) => {
    if (isBrought(name)) return require(name);
    throw refuse(name);
  });
}

/** All that can be imported by its name. */
const known = new Map<string, SealedModule>();

/** Lets sealed modules be imported by their names. */
export function letImport(modules: Iterable<SealedModule>): void {
  const isFirst = known.size === 0;
  for (const module of modules) known.set(module.name, module);
  if (isFirst) setPlugin();
}

function setPlugin(): void {
  const namespace = SEALED_SCHEME.slice(0, -1);
  letComputed();
  // The runtime has it so where a file is imported and nothing is set.
  process.env["NODE_ENV"] ??= "development";
  Bun.plugin({
    name: namespace,
    setup(build) {
      build.onLoad({ filter: /.*/, namespace }, ({ path }) => {
        const module = known.get(path);
        if (module === undefined) throw new Error(`no module ${path} was sealed`);
        return { contents: module.code, loader: "js" };
      });
    },
  });
}
