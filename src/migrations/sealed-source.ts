import { basename } from "node:path";
import { CarriedSource } from "./carried-source.ts";
import type { CodeBody } from "./migration.ts";
import { letImport, SEALED_PREFIX } from "./sealed-code.ts";
import type { SealedContent, SealedModule } from "./sealed-format.ts";

/** The migrations that were sealed in the executable. Their code is imported from there as well. */
export function sealedSource({ folder, migrations, modules }: SealedContent): CarriedSource {
  const byName = new Map(modules.map((module) => [module.name, module]));
  let isLet = false;
  const load = async (name: string): Promise<Record<string, unknown>> => {
    if (!isLet) letImport(modules);
    isLet = true;
    return import(SEALED_PREFIX + name);
  };
  return new CarriedSource(
    folder,
    migrations.map(({ name, text }) => {
      const module = moduleName(name);
      if (!byName.has(module)) return { file: name, text };
      return { file: name, text, load: () => load(module), trace: tracer(byName, name) };
    }),
  );
}

/** The module that a migration in code is sealed as. */
export function moduleName(file: string): string {
  return `${file.slice(0, file.lastIndexOf("."))}.js`;
}

/** Reads a line of a stack by the source map of the module that it names. */
function tracer(modules: ReadonlyMap<string, SealedModule>, file: string): NonNullable<CodeBody["trace"]> {
  return (frame) => {
    const place = FRAME.exec(frame);
    const map = modules.get(place?.[1] ?? "")?.map ?? null;
    if (place === null || map === null) return null;
    // Loaded here: only a failure needs it.
    const { SourceMap } = process.getBuiltinModule("node:module");
    const entry = new SourceMap(JSON.parse(map)).findEntry(Number(place[2]) - 1, Number(place[3]) - 1);
    if (!("originalSource" in entry) || basename(entry.originalSource) !== file) return null;
    return { line: entry.originalLine + 1, column: entry.originalColumn + 1 };
  };
}

const FRAME = new RegExp(`${SEALED_PREFIX}([^:]+):(\\d+):(\\d+)\\)?\\s*$`);
