import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Target } from "../../src/features/bundle/targets.ts";
import type { Binary } from "./binaries.ts";

const ROOT = resolve(import.meta.dir, "../..");

interface Package {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
}

/** Packs the npm package, with the library and the command, and one package for each platform with the executable. */
export async function packNpm(folder: string, binaries: readonly Binary[]): Promise<void> {
  const workspace = mkdtempSync(join(tmpdir(), "godwit-npm-"));
  try {
    const own = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Package;
    for (const binary of binaries) pack(folder, platformPackage(workspace, folder, own, binary));
    pack(folder, await mainPackage(workspace, own, binaries));
  } finally {
    rmSync(workspace, { recursive: true });
  }
}

function platformPackage(workspace: string, folder: string, own: Package, { target, file }: Binary): string {
  const place = join(workspace, target);
  const executable = join(place, "bin", target.startsWith("windows") ? "godwit.exe" : "godwit");
  mkdirSync(dirname(executable), { recursive: true });
  copyFileSync(join(folder, file), executable);
  chmodSync(executable, 0o755);
  copyFileSync(join(ROOT, "LICENSE"), join(place, "LICENSE"));
  const { version, license } = own;
  writePackage(place, {
    ...{ name: platformName(target), version, license, description: `The godwit executable for ${target}.` },
    ...platformFields(target),
    preferUnplugged: true,
  });
  return place;
}

function platformName(target: Target): string {
  return `@godwit/${target}`;
}

function platformFields(target: Target): Record<string, readonly string[]> {
  const [system, cpu, musl] = target.split("-") as [string, string, string | undefined];
  const libc = system === "linux" ? { libc: [musl === undefined ? "glibc" : "musl"] } : {};
  return { os: [system === "windows" ? "win32" : system], cpu: [cpu], ...libc };
}

async function mainPackage(workspace: string, own: Package, binaries: readonly Binary[]): Promise<string> {
  const place = join(workspace, "godwit");
  mkdirSync(join(place, "bin"), { recursive: true });
  copyFileSync(join(import.meta.dir, "npm/godwit.cjs"), join(place, "bin/godwit.cjs"));
  for (const name of ["README.md", "LICENSE", "CHANGELOG.md"])
    copyFileSync(join(ROOT, name), join(place, name));
  await buildLibrary(place);
  writeTypes(place);
  const { name, version, description, license } = own;
  writePackage(place, {
    ...{ name, version, description, license, type: "module" },
    bin: { godwit: "bin/godwit.cjs" },
    exports: { ".": { types: "./types/index.d.ts", default: "./lib/index.js" } },
    optionalDependencies: Object.fromEntries(binaries.map(({ target }) => [platformName(target), version])),
    // The library is for Bun, which brings SQLite; the command runs by itself.
    peerDependencies: { "@types/bun": ">=1.4.5" },
    peerDependenciesMeta: { "@types/bun": { optional: true } },
  });
  return place;
}

async function buildLibrary(place: string): Promise<void> {
  await Bun.build({
    entrypoints: [join(ROOT, "src/index.ts")],
    outdir: join(place, "lib"),
    target: "bun",
    format: "esm",
    splitting: true,
    throw: true,
  });
}

function writeTypes(place: string): void {
  const command = [
    join(ROOT, "node_modules/.bin/tsc"),
    "--project",
    join(import.meta.dir, "npm/tsconfig.json"),
  ];
  run([...command, "--outDir", join(place, "types")], ROOT);
  // tsc writes no declarations for what is one.
  cpSync(join(ROOT, "src/migrations/sql-text.d.ts"), join(place, "types/migrations/sql-text.d.ts"));
}

function writePackage(place: string, fields: Record<string, unknown>): void {
  writeFileSync(join(place, "package.json"), `${JSON.stringify(fields, null, 2)}\n`);
}

function pack(folder: string, place: string): void {
  run(["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", join(folder, "npm")], place);
}

function run(command: readonly string[], cwd: string): void {
  const { stdout, stderr, exitCode } = Bun.spawnSync([...command], { cwd });
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stdout.toString()}${stderr.toString()}`);
}
