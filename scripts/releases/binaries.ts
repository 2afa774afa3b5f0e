import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Target } from "../../src/features/bundle/targets.ts";
import { compile } from "../compile.ts";

/** An executable for one platform. */
export interface Binary {
  readonly target: Target;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly compressedBytes: number;
  readonly compressedSha256: string;
}

/** Compiles the executable of a platform into the folder, raw and compressed. */
export async function buildBinary(folder: string, target: Target): Promise<Binary> {
  const ending = target.startsWith("windows") ? ".exe" : "";
  const file = `godwit-${target}${ending}`;
  const path = join(folder, file);
  // The name of what is compiled is in it: the same for all.
  const workspace = mkdtempSync(join(folder, ".build-"));
  try {
    const made = join(workspace, "godwit");
    await compile(made, { isOptimised: true, target });
    renameSync(existsSync(made) ? made : `${made}.exe`, path);
  } finally {
    rmSync(workspace, { recursive: true });
  }
  const raw = readFileSync(path);
  const compressed = Bun.gzipSync(raw, { level: 9 });
  writeFileSync(`${path}.gz`, compressed);
  return {
    target,
    file,
    bytes: raw.length,
    sha256: Bun.SHA256.hash(raw, "hex"),
    compressedBytes: compressed.length,
    compressedSha256: Bun.SHA256.hash(compressed, "hex"),
  };
}

/**
 * Starts what this machine can start, in a folder whose files would have the runtime run code.
 * @throws Error where it says anything but its version, or runs any
 */
export async function startBinary(path: string, target: Target): Promise<string> {
  const here = hostTarget();
  if (target !== here) return `not started on ${here}`;
  const folder = mkdtempSync(join(tmpdir(), "godwit-hostile-"));
  try {
    writeHostileFiles(folder);
    const child = Bun.spawn([path, "--version"], {
      cwd: folder,
      stdout: "pipe",
      stderr: "pipe",
      timeout: 30_000,
    });
    const [text, errors, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    const isSound =
      code === 0 && text.startsWith("godwit ") && errors === "" && !existsSync(join(folder, "ran"));
    if (!isSound) throw new Error(`${path} does not start as it should: ${text}${errors}`);
    return `starts: ${text.trim()}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What Bun reads of a working directory, unless it was told not to when the executable was compiled. */
function writeHostileFiles(folder: string): void {
  const files = {
    "ran.ts": 'require("node:fs").writeFileSync("ran", "");',
    "bunfig.toml": 'preload = ["./ran.ts"]\n',
    ".env": "BUN_OPTIONS=--preload=./ran.ts\nNODE_OPTIONS=--require=./ran.ts\n",
    "tsconfig.json": '{ "extends": "./nowhere.json", "compilerOptions": { "paths": { "*": ["./ran.ts"] } } }',
    "package.json": '{ "imports": { "node:fs": "./ran.ts" }, "exports": "./ran.ts", "main": "./ran.ts" ',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

const LOADERS = { x64: "/lib64/ld-linux-x86-64.so.2", arm64: "/lib/ld-linux-aarch64.so.1" };

function hostTarget(): string {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const isMusl = process.platform === "linux" && !existsSync(LOADERS[process.arch as "x64" | "arm64"]);
  return `${system}-${process.arch}${isMusl ? "-musl" : ""}`;
}
