import { existsSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { GodwitError, messageOf } from "../../base/failure.ts";
import { START_POLICY } from "../../base/jit-policy.ts";
import { outputFailure, outputFile } from "../../base/output-file.ts";
import { sha256 } from "../../migrations/sealed-format.ts";
import { markStatement } from "../../migrations/sealed-mark.ts";
import { compileTarget, runtimePackage, type Target, targetOf } from "./targets.ts";
import { inFolder } from "./working-directory.ts";
import { Workspace } from "./workspace.ts";

export interface ExecutableOptions {
  readonly output: string;
  /** Null: for this platform, with the runtime that runs now. */
  readonly target: Target | null;
  /** An executable of Bun for the target; fetched where there is none. */
  readonly runtime: string | null;
}

/**
 * Where the modules lie in the bundler's eyes, in the working directory: it names chunks by the ways there, and only so do they not depend on how deep
 * that lies. The same input is to give the same bytes.
 */
const VIRTUAL = "godwit";
const ENTRY = "godwit.js";

/**
 * Makes an executable of this one's own code and what it shall carry. Nothing is written under the output's name before all is done.
 * @returns where it is, with the ending that Windows wants, and the platform that it is for; null for this one
 * @throws GodwitError BUNDLE_FAILED, FILE_NOT_WRITTEN
 */
export async function makeExecutable(
  sealed: Uint8Array,
  options: ExecutableOptions,
): Promise<Pick<ExecutableOptions, "output" | "target">> {
  requireExecutable();
  const runtime = options.runtime === null ? null : resolve(options.runtime);
  const target = options.runtime === null ? options.target : requireRuntime(options.runtime, options.target);
  const output = outputFile(target === "windows-x64" ? withEnding(options.output) : options.output);
  const workspace = new Workspace(output);
  try {
    const made = join(workspace.path, "bundle");
    const folder = join(workspace.path, VIRTUAL);
    const files = { ...ownModules(folder), ...entryModules(folder, sealed) };
    await inFolder(workspace.path, () => {
      const making = compile(files, { folder, made }, { ...options, target, runtime });
      return Promise.race([making, workspace.interrupted]);
    });
    // The bundler keeps the thread for long: a signal that came meanwhile is told of one turn later.
    await Promise.race([new Promise((resolve) => setImmediate(resolve)), workspace.interrupted]);
    renameSync(existsSync(made) ? made : `${made}.exe`, output.path);
    return { output: output.shown, target };
  } catch (cause) {
    throw cause instanceof GodwitError ? cause : outputFailure(output.shown, cause);
  } finally {
    workspace.remove();
  }
}

function withEnding(output: string): string {
  return output.toLowerCase().endsWith(".exe") ? output : `${output}.exe`;
}

type Files = Record<string, string | Uint8Array<ArrayBuffer>>;

function requireExecutable(): void {
  if (EMBEDDED.test(Bun.main)) return;
  throw new GodwitError("BUNDLE_FAILED", "a bundle is made by the executable, and this is its source", {
    hint: "build it first: bun run build",
  });
}

/** The modules of the executable that runs, as it carries them. */
function ownModules(folder: string): Files {
  const root = dirname(Bun.main);
  return Object.fromEntries(
    readdirSync(root).map((name) => [
      join(folder, name === basename(Bun.main) ? ENTRY : name),
      // "// @bun" would keep the bundler from reading it as a module.
      readFileSync(join(root, name), "utf8").replace(/^\/\/ @bun[^\n]*\n/, ""),
    ]),
  );
}

/** The folder that Bun keeps a compiled program's modules under, https://bun.com/docs/bundler/executables */
const EMBEDDED = /[\\/](?:\$bunfs|~BUN)[\\/]/;

function entryModules(folder: string, sealed: Uint8Array): Files {
  const mark = markStatement("path", sha256(sealed));
  return {
    [join(folder, "migrations.sealed")]: new Uint8Array(sealed),
    [join(folder, "sealed.js")]: `import path from "./migrations.sealed" with { type: "file" };\n${mark}\n`,
    [join(folder, "bundle.js")]: `import "./sealed.js";\nimport "./${ENTRY}";\n`,
  };
}

interface Places {
  /** Of the modules. */
  readonly folder: string;
  /** The executable. */
  readonly made: string;
}

async function compile(
  files: Files,
  { folder, made }: Places,
  { target, runtime }: ExecutableOptions,
): Promise<void> {
  const result = await Bun.build({
    entrypoints: [join(folder, "bundle.js")],
    files,
    root: dirname(folder),
    minify: true,
    bytecode: true,
    format: "esm",
    splitting: true,
    naming: { asset: "[name].[ext]" },
    throw: false,
    plugins: [
      {
        name: "own-modules",
        setup(build) {
          // They import one another by where they lie in the executable.
          build.onResolve({ filter: EMBEDDED }, ({ path }) => ({ path: join(folder, basename(path)) }));
        },
      },
    ],
    compile: {
      outfile: made,
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadPackageJson: false,
      autoloadTsconfig: false,
      jitPolicy: START_POLICY,
      ...(target === null ? {} : { target: compileTarget(target) }),
      ...(runtime === null ? {} : { executablePath: runtime }),
    },
  });
  if (result.success) return;
  const why = result.logs.map(messageOf).join("; ");
  throw target !== null && /Failed to download/.test(why) ? notFetched(target, why) : new Error(why);
}

function notFetched(target: Target, why: string): GodwitError {
  return new GodwitError("BUNDLE_FAILED", `the runtime of ${target} cannot be fetched: ${why}`, {
    hint: `get the npm package ${runtimePackage(target)} ${Bun.version} where there is a network, and name the executable in its bin folder with --runtime`,
  });
}

/** @returns the platform that the runtime is for */
function requireRuntime(path: string, target: Target | null): Target {
  const bytes = readRuntime(path);
  const found = targetOf(bytes);
  if (found === null || !bytes.includes(`Bun/${Bun.version}`)) {
    throw new GodwitError("BUNDLE_FAILED", `${path} is not Bun ${Bun.version}`, {
      hint: `--runtime takes the executable of Bun ${Bun.version} for the target`,
    });
  }
  if (target === null || target === found) return found;
  throw new GodwitError("BUNDLE_FAILED", `${path} is a runtime of ${found}, not of ${target}`, {
    hint: `leave out --target, or get the npm package ${runtimePackage(target)} ${Bun.version}`,
  });
}

function readRuntime(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new GodwitError("BUNDLE_FAILED", `the runtime cannot be read: ${messageOf(cause)}`, {
      hint: "check the path of --runtime",
      cause,
    });
  }
}
