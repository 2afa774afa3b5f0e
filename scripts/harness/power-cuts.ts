import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Call, readCalls } from "./call-log.ts";
import { type Cut, Disk, type Files } from "./disk.ts";
import { eachScenario } from "./each-scenario.ts";
import { describeEnd, type GodwitRun, runGodwit } from "./godwit-process.ts";
import { commandOf, DATABASE, judgeDatabase, progressOf } from "./judge.ts";
import { judgeBeside, judgeSecondRun } from "./judge-beside.ts";
import { Random } from "./random.ts";
import { isRestorePointFile } from "./restore-points.ts";
import { copyDatabase, type Scenario } from "./scenario.ts";
import { requireScenario } from "./scenario-list.ts";
import type { Section, SectionOptions, SectionResult } from "./section.ts";
import { Tally } from "./tally.ts";

/** Besides all lost and all kept, after every call. */
const RANDOM_CUTS = 10;
/** One state of so many is also handed to the executable. */
const RERUN_EVERY = 20;
const QUICK_SCENARIOS = 12;
const QUICK_CALLS = 3;
const BESIDE = `${DATABASE}.godwit`;

const COUNTED = [
  "power-cut states",
  "of these all kept",
  "of these all lost",
  "of these some",
  "of these run again",
  "states without the newest commit, its sync not done",
];

/** Replays what a run wrote, and cuts the power after every call. */
export const powerCuts: Section = { name: "power-cuts", run: (options) => cutsIn(options) };

/** The same, beginning with one scenario: the one that a bug should show in. @throws Error if there is none of the name */
export function powerCutsFrom(label: string): Section {
  requireScenario(label);
  return { name: powerCuts.name, run: (options) => cutsIn(options, label) };
}

async function cutsIn(options: SectionOptions, first?: string): Promise<SectionResult> {
  const tally = new Tally(options, COUNTED);
  await eachScenario(options, tally, { quickEvery: QUICK_SCENARIOS, first }, (scenario, folder, index) =>
    new Replay(scenario, options, folder, tally, new Random(options.seed + index)).run(),
  );
  return tally.result();
}

class Replay {
  private readonly scenario: Scenario;
  private readonly options: SectionOptions;
  private readonly tally: Tally;
  private readonly random: Random;
  private readonly live: string;
  private readonly state: string;
  /** How far the run had come where nothing more could be lost: what no power cut may undo. */
  private guaranteed = 0;
  /** How far it had come at all. */
  private reached = 0;

  constructor(scenario: Scenario, options: SectionOptions, folder: string, tally: Tally, random: Random) {
    this.scenario = scenario;
    this.options = options;
    this.tally = tally;
    this.random = random;
    this.live = join(folder, "live");
    this.state = join(folder, "state");
  }

  async run(): Promise<void> {
    const disk = new Disk(this.live, copyWithInodes(this.scenario.base, this.live));
    const log = `${this.live}.log`;
    const run = await this.record(log);
    const calls = readCalls(log, isLeftOut);
    for (const [index, call] of calls.entries()) {
      disk.apply(call);
      if (this.options.isQuick && index % QUICK_CALLS !== 0 && !disk.isClean()) continue;
      await this.cutsAfter(disk, index + 1, call);
      if (this.tally.shouldStop) return;
    }
    this.judgeEnd(disk, run);
  }

  private async record(log: string): Promise<GodwitRun> {
    const { scenario, options, live } = this;
    const run = await runGodwit(commandOf(scenario, options.binary, join(live, DATABASE), scenario.words), {
      LD_PRELOAD: options.shim,
      FS_MATCH: live,
      FS_LOG: log,
    });
    if (run.exitCode !== 0)
      this.tally.judge(`power-cuts [${scenario.name}]`, [`it ended with ${describeEnd(run)}`]);
    return run;
  }

  private async cutsAfter(disk: Disk, number: number, call: Call): Promise<void> {
    const cuts: Cut[] = disk.isClean()
      ? ["all kept"]
      : ["all kept", "all lost", ...Array<Cut>(RANDOM_CUTS).fill("some")];
    const seen = new Set<string>();
    for (const [index, how] of cuts.entries()) {
      const files = disk.cut(how, this.random);
      const key = keyOf(files);
      if (seen.has(key)) continue;
      seen.add(key);
      const about = `power-cuts [${this.scenario.name}] after call ${number} (${call.kind}), ${how}${how === "some" ? ` (the ${index - 1}.)` : ""}`;
      await this.judge(about, files, how, disk.isClean(isOfDatabase));
    }
  }

  /** In rollback-journal mode FULL leaves the journal's unlink unsynced (https://sqlite.org/pragma.html#pragma_synchronous). */
  private judgeEnd(disk: Disk, run: GodwitRun): void {
    writeFiles(this.state, disk.cut("all lost", this.random));
    const { isDone, found } = judgeDatabase(this.scenario, join(this.state, DATABASE));
    const problems = found === null ? [] : judgeBeside(this.scenario, this.state, { found, isDone, run });
    if (!isDone) problems.push("its last commit is not synced");
    this.tally.judge(`power-cuts [${this.scenario.name}] after the run`, problems);
  }

  private async judge(about: string, files: Files, how: Cut, isClean: boolean): Promise<void> {
    const { scenario, options, state, tally } = this;
    writeFiles(state, files);
    const { problems, found, isDone } = judgeDatabase(scenario, join(state, DATABASE));
    const beside = found === null ? [] : judgeBeside(scenario, state, { found, isDone, run: null });
    const all = [...problems, ...beside];
    tally.count("power-cut states");
    tally.count(`of these ${how}`);
    if (found !== null && problems.length === 0) {
      const progress = progressOf(scenario, found);
      if (progress < this.guaranteed) all.push("what was synced to the disk is undone");
      else if (progress < this.reached) tally.count("states without the newest commit, its sync not done");
      if (how === "all kept") this.reached = Math.max(this.reached, progress);
      if (how === "all kept" && isClean) this.guaranteed = Math.max(this.guaranteed, progress);
    }
    if (found !== null && tally.of("power-cut states") % RERUN_EVERY === 0) {
      // Written again: this time the executable recovers it.
      writeFiles(state, files);
      all.push(...(await judgeSecondRun(scenario, options.binary, state, found)));
      tally.count("of these run again");
    }
    tally.judge(about, all);
  }
}

function copyWithInodes(from: string, to: string): Map<string, { inode: string; data: Buffer | null }> {
  copyDatabase(from, to);
  const names = readdirSync(to, { recursive: true, encoding: "utf8" }).filter((name) => !isLeftOut(name));
  return new Map(
    names.map((name) => {
      const path = join(to, name);
      const stats = statSync(path, { bigint: true });
      return [name, { inode: String(stats.ino), data: stats.isFile() ? readFileSync(path) : null }];
    }),
  );
}

/** Shared memory, which no power cut keeps, and the log, which may be lost. */
function isLeftOut(path: string): boolean {
  if (isOfDatabase(path) || basename(path) === BESIDE) return path.endsWith("-shm");
  return !isRestorePointFile(basename(path));
}

function isOfDatabase(path: string): boolean {
  return !path.split("/").includes(BESIDE);
}

function writeFiles(folder: string, files: Files): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [name, data] of files) {
    const path = join(folder, name);
    mkdirSync(data === null ? path : dirname(path), { recursive: true, mode: 0o700 });
    if (data !== null) writeFileSync(path, data, { mode: 0o600 });
  }
}

function keyOf(files: Files): string {
  return [...files]
    .map(([name, data]) => `${name} ${data === null ? "" : `${data.length} ${Bun.hash(data)}`}`)
    .join("\n");
}
