/**
 * Builds a release: scripts/release [--out FOLDER] [--target NAME,NAME] [--write-table]. The same commit gives the same bytes.
 * It makes of the folder, which it empties first:
 *
 *   godwit-<target>, godwit-<target>.gz    the executable, raw and for images that have gzip only
 *   npm/*.tgz                              the npm package and one for each platform
 *   install.sh                             puts an executable in place after checking its sum
 *   manifest.json, bill-of-materials.json  what was built, and what is inside
 *   SHA256SUMS                             of all of them
 */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { TARGET_NAMES, type Target } from "../../src/features/bundle/targets.ts";
import { billOfMaterials } from "./bill-of-materials.ts";
import { type Binary, buildBinary, startBinary } from "./binaries.ts";
import { manifestOf } from "./manifest.ts";
import { packNpm } from "./npm-packages.ts";
import { writeSums } from "./sums.ts";
import { writeTable } from "./table.ts";

const { values } = parseArgs({
  options: {
    out: { type: "string", default: "dist/release" },
    target: { type: "string", default: TARGET_NAMES.join() },
    "write-table": { type: "boolean", default: false },
  },
});
const targets = values.target
  .split(",")
  .map(
    (name) =>
      TARGET_NAMES.find((target) => target === name) ??
      stop(`there is no target ${name}: ${TARGET_NAMES.join(", ")}`),
  );
if (values["write-table"] && targets.length < TARGET_NAMES.length)
  stop("--write-table is for all targets: leave out --target");

const folder = resolve(values.out);
rmSync(folder, { recursive: true, force: true });
mkdirSync(join(folder, "npm"), { recursive: true });

const binaries: Binary[] = [];
for (const target of targets) binaries.push(await built(target));
const root = resolve(import.meta.dir, "../..");
copyFileSync(join(root, "scripts/install.sh"), join(folder, "install.sh"));
await packNpm(folder, binaries);
const manifest = await manifestOf(binaries);
writeFileSync(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
writeFileSync(join(folder, "bill-of-materials.json"), `${JSON.stringify(billOfMaterials(), null, 2)}\n`);
writeSums(folder);
if (values["write-table"]) writeTable(binaries);
console.log(values.out);

async function built(target: Target): Promise<Binary> {
  const binary = await buildBinary(folder, target);
  const started = await startBinary(join(folder, binary.file), target);
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  console.log(
    `${binary.file}  ${megabytes(binary.bytes)}, ${megabytes(binary.compressedBytes)} as .gz, ${started}`,
  );
  return binary;
}

function stop(why: string): never {
  console.error(`scripts/release: ${why}`);
  process.exit(2);
}
