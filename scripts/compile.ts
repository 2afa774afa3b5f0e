import type { BunPlugin } from "bun";
import { START_POLICY } from "../src/base/jit-policy.ts";
import { compileTarget, type Target } from "../src/features/bundle/targets.ts";

const MAIN = `${import.meta.dir}/../src/main.ts`;

/** How the executable is made. */
export interface CompileOptions {
  /** Smaller, and ready in half the time: not needed to see what it does. */
  readonly isOptimised: boolean;
  readonly plugins?: BunPlugin[];
  /** Another program, made as the executable is. */
  readonly entrypoint?: string;
  /** As the executable's, if not said otherwise. */
  readonly jitPolicy?: number;
  /** For another platform than this one; the runtime is fetched from the npm registry where Bun has not fetched it before. */
  readonly target?: Target;
}

/**
 * Compiles the executable. Nothing in the working directory may run code at start-up: .env and bunfig.toml are not read; package.json
 * is, so that migrations can import packages that lie beside them.
 * @throws AggregateError what the bundler refuses
 */
export async function compile(outfile: string, options: CompileOptions): Promise<void> {
  const { isOptimised, plugins = [], entrypoint = MAIN, jitPolicy = START_POLICY, target } = options;
  await Bun.build({
    entrypoints: [entrypoint],
    minify: isOptimised,
    bytecode: isOptimised,
    format: "esm",
    // Without it, every module of Node that any command needs is loaded before the first line runs.
    splitting: true,
    plugins,
    throw: true,
    compile: {
      outfile,
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadPackageJson: true,
      jitPolicy,
      ...(target === undefined ? {} : { target: compileTarget(target) }),
    },
  });
}
