import type { SealedModule } from "./sealed-format.ts";

const NAMESPACE = "godwit-sealed";

/** A folder that no machine has. The runtime takes it for that of the code: what it computes, requires or resolves is looked for there, and not found. */
export const NOWHERE = "/godwit-sealed";

/** What stands before a sealed module's name where it is imported. Without a folder in it, the runtime would look in the working directory. */
export const SEALED_PREFIX = `${NAMESPACE}:${NOWHERE}/`;

/** All that can be imported by its name. */
const known = new Map<string, SealedModule>();

/** Lets sealed modules be imported by their names. */
export function letImport(modules: Iterable<SealedModule>): void {
  const isFirst = known.size === 0;
  for (const module of modules) known.set(module.name, module);
  if (isFirst) setPlugin();
}

function setPlugin(): void {
  // The runtime has it so where a file is imported and nothing is set.
  process.env["NODE_ENV"] ??= "development";
  Bun.plugin({
    name: NAMESPACE,
    setup(build) {
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => {
        const module = known.get(path.slice(NOWHERE.length + 1));
        if (module === undefined) throw new Error(`no module ${path} was sealed`);
        return { contents: module.code, loader: "js" };
      });
    },
  });
}
