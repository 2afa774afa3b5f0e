/**
 * Disturbs the executable in every way that the sections know, and counts: scripts/torture [--quick] [--seed N] [--only name,name]
 * [--binary PATH] [--stop-at-first] [--write-table]. Exits 1 if anything did not hold.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { messageOf } from "../../src/base/failure.ts";
import { type Report, showReport, writeJson, writeTable } from "./report.ts";
import type { Section, SectionResult } from "./section.ts";
import { SECTIONS } from "./sections.ts";

const ROOT = resolve(import.meta.dir, "../..");
const NAMES = SECTIONS.map(({ name }) => name).join(", ");

const values = parseFlags();
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed) || seed < 0) stop(`--seed ${values.seed} is not a whole number`);
const chosen = values.only
  .split(",")
  .map(
    (name) =>
      SECTIONS.find((section) => section.name === name) ?? stop(`there is no section ${name}: ${NAMES}`),
  );
if (values["write-table"] && (values.quick || chosen.length < SECTIONS.length))
  stop("--write-table is for the whole of it: leave out --quick and --only");

const binary =
  values.binary === undefined ? await build("godwit", ["bun", "scripts/build.ts"]) : resolve(values.binary);
if (!existsSync(binary)) stop(`there is no ${binary}`);
const shim = await build("shim.so", [
  "cc",
  "-shared",
  "-fPIC",
  "-O2",
  "-o",
  "dist/shim.so",
  "scripts/harness/shim.c",
]);
const memory = "/dev/shm";
const isInMemory = existsSync(memory);
const folder = mkdtempSync(join(isInMemory ? memory : tmpdir(), "godwit-torture-"));
console.log(`seed ${seed}, files in ${folder}${isInMemory ? " (in memory)" : ""}`);

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  });
}

const start = Date.now();
const results = new Map<string, SectionResult>();
try {
  for (const section of chosen) {
    const result = await runSection(section);
    results.set(section.name, result);
    if (values["stop-at-first"] && result.violations.length > 0) break;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const report: Report = {
  date: new Date().toISOString().slice(0, 10),
  versions: JSON.parse(await read([binary, "--version", "--json"])),
  seed,
  isQuick: values.quick,
  seconds: Math.round((Date.now() - start) / 1000),
  sections: Object.fromEntries(results),
};
writeJson(join(ROOT, "dist/torture.json"), report);
if (values["write-table"]) writeTable(join(ROOT, "README.md"), report);
console.log(showReport(report));
process.exit([...results.values()].some(({ violations }) => violations.length > 0) ? 1 : 0);

function parseFlags() {
  try {
    return parseArgs({
      options: {
        quick: { type: "boolean", default: false },
        seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
        only: { type: "string", default: SECTIONS.map(({ name }) => name).join() },
        binary: { type: "string" },
        "stop-at-first": { type: "boolean", default: false },
        "write-table": { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return stop(
      `${messageOf(error)}; the flags are --quick, --seed N, --only NAME,NAME, --binary PATH, --stop-at-first and --write-table`,
    );
  }
}

async function runSection(section: Section): Promise<SectionResult> {
  const own = join(folder, section.name);
  mkdirSync(own);
  const began = Date.now();
  let shown = began;
  const result = await section.run({
    binary,
    seed,
    isQuick: values.quick,
    stopAtFirst: values["stop-at-first"],
    folder: own,
    shim,
    progress(done, total) {
      if (Date.now() - shown < 10_000) return;
      shown = Date.now();
      console.log(`  ${section.name}: ${done}${total === null ? "" : ` of ${total}`}`);
    },
    found: (violation) => console.log(`  ${section.name} found: ${violation}`),
  });
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  const counts = Object.entries(result.counts).map(([what, count]) => `${count} ${what}`);
  console.log(
    `${section.name}: ${result.violations.length} violations in ${seconds} s; ${counts.join(", ")}`,
  );
  for (const violation of result.violations) console.log(`  ${violation}`);
  rmSync(own, { recursive: true, force: true });
  return result;
}

async function build(name: string, command: readonly string[]): Promise<string> {
  mkdirSync(join(ROOT, "dist"), { recursive: true });
  const [program, ...rest] = command;
  await read([program === "bun" ? process.execPath : program!, ...rest]);
  return join(ROOT, "dist", name);
}

async function read(command: readonly string[]): Promise<string> {
  const child = Bun.spawn([...command], {
    cwd: ROOT,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
    timeout: 120_000,
  });
  const text = await child.stdout.text();
  if ((await child.exited) !== 0) stop(`${command.join(" ")} failed`);
  return text;
}

function stop(why: string): never {
  console.error(why);
  process.exit(2);
}
