import { dirname, relative, resolve, sep } from "node:path";
import { carriedText } from "../../migrations/carried-text.ts";
import { fileNameOf } from "../../migrations/file-name.ts";
import type { Migration } from "../../migrations/migration.ts";

export interface EmbeddedModuleOptions {
  /** The folder, absolute. */
  readonly folder: string;
  /** How messages name it. */
  readonly name: string;
  readonly output: string;
  /** Whether it is TypeScript, which names its type. */
  readonly isTyped: boolean;
}

const HEAD = `// Made by godwit embed. Not to be edited: make it again when a migration changes. "godwit embed --check" fails where that was forgotten.`;

/**
 * A module that names every migration of a folder, so that a bundler takes them along. SQL is imported as text. Code is imported where it is to
 * run, as it is from a folder, and stands here as text too: that is what its checksum is of, and no bundler gives a file as both.
 */
export function embeddedModule(migrations: readonly Migration[], options: EmbeddedModuleOptions): string {
  const { name, isTyped } = options;
  const imports: string[] = [];
  const entries = migrations.map((migration) => {
    const file = fileNameOf(migration);
    const specifier = JSON.stringify(specifierOf(file, options));
    if (migration.body.kind === "sql") {
      const variable = `sql${migration.version}`;
      imports.push(`import ${variable} from ${specifier} with { type: "text" };`);
      return `{ file: ${JSON.stringify(file)}, text: ${variable} }`;
    }
    const load =
      migration.body.kind === "code" ? `, load: () => import(${loadable(specifier, options)})` : "";
    return `{ file: ${JSON.stringify(file)}, text: ${JSON.stringify(carriedText(migration))}${load} }`;
  });
  return [
    HEAD,
    ...(isTyped ? ['import type { EmbeddedMigrations } from "godwit";'] : []),
    ...imports,
    "",
    `export const embedded${isTyped ? ": EmbeddedMigrations" : ""} = {`,
    `  folder: ${JSON.stringify(name)},`,
    "  migrations: [",
    // TypeScript knows no types of JavaScript unless it is told to look for them.
    ...entries.flatMap((entry) => [
      ...(isTyped && /\.m?js"\)/.test(entry) ? ["    // @ts-ignore"] : []),
      `    ${entry},`,
    ]),
    "  ],",
    "};",
    "",
  ].join("\n");
}

/** Without its ending, which TypeScript wants only where it is set up so. */
function loadable(specifier: string, { isTyped }: EmbeddedModuleOptions): string {
  return isTyped ? specifier.replace(/\.ts"$/, '"') : specifier;
}

function specifierOf(file: string, { folder, output }: EmbeddedModuleOptions): string {
  const path = relative(dirname(resolve(output)), resolve(folder, file))
    .split(sep)
    .join("/");
  return path.startsWith(".") ? path : `./${path}`;
}

/** Whether two such modules say the same, however a formatter has laid them out. */
export function saysTheSame(one: string, other: string): boolean {
  return one === other || (essence(one) === essence(other) && textImports(one) === textImports(other));
}

/** The transpiler leaves out what says that a file is imported as text. */
function textImports(module: string): number {
  return module.match(/with\s*\{\s*type\s*:\s*["']text["']\s*,?\s*\}/g)?.length ?? 0;
}

/** Null for what is no module. */
function essence(text: string): string | null {
  try {
    return new Bun.Transpiler({ loader: "ts", minifyWhitespace: true }).transformSync(text);
  } catch {
    return null;
  }
}
