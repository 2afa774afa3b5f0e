import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { eachScenario } from "./each-scenario.ts";
import { describeEnd, type GodwitRun, runGodwit } from "./godwit-process.ts";
import { commandOf, DATABASE, judgeDatabase, judgeRun } from "./judge.ts";
import { type Beside, judgeBeside, judgeSecondRun, judgeTidied } from "./judge-beside.ts";
import { Random } from "./random.ts";
import { halfDone } from "./restore-points.ts";
import { copyDatabase, type Scenario } from "./scenario.ts";
import { requireScenario } from "./scenario-list.ts";
import type { Section, SectionOptions, SectionResult } from "./section.ts";
import { Tally } from "./tally.ts";

const FAULTS = ["kill", "torn", "eio", "enospc"] as const;
type Fault = (typeof FAULTS)[number];

/** In the quick part: one scenario of so many, and one call of so many. */
const QUICK_SCENARIOS = 5;
const QUICK_CALLS = 11;
/** A run has some hundred calls: one that never passes without a fault would go on for ever. */
const MOST_CALLS = 5000;

const COUNTED = [
  "fault points",
  ...FAULTS.map((fault) => `of these ${fault}`),
  "errors that changed nothing",
  "errors after the last commit",
  "runs without a fault",
];

/** Every call that changes a file, each failing in four ways, until a run passes without a fault. */
export const faults: Section = { name: "faults", run: (options) => faultsIn(options) };

/** The same, beginning with one scenario: the one that a bug should show in. @throws Error if there is none of the name */
export function faultsFrom(label: string): Section {
  requireScenario(label);
  return { name: faults.name, run: (options) => faultsIn(options, label) };
}

async function faultsIn(options: SectionOptions, first?: string): Promise<SectionResult> {
  const tally = new Tally(options, COUNTED);
  await eachScenario(options, tally, { quickEvery: QUICK_SCENARIOS, first }, (scenario, folder) =>
    everyCall(new FaultRunner(scenario, options, folder, tally), options),
  );
  return tally.result();
}

async function everyCall(runner: FaultRunner, { isQuick, seed }: SectionOptions): Promise<void> {
  const stride = isQuick ? QUICK_CALLS : 1;
  const first = isQuick ? 1 + new Random(seed).below(QUICK_CALLS) : 1;
  for (let at = first; at < MOST_CALLS; at += stride) {
    if (!(await runner.allFaults(at))) return;
  }
  throw new Error("no run passes without a fault");
}

class FaultRunner {
  private readonly scenario: Scenario;
  private readonly options: SectionOptions;
  private readonly tally: Tally;
  private readonly live: string;
  private readonly copy: string;
  private readonly fired: string;

  constructor(scenario: Scenario, options: SectionOptions, folder: string, tally: Tally) {
    this.scenario = scenario;
    this.options = options;
    this.tally = tally;
    this.live = join(folder, "live");
    this.copy = join(folder, "copy");
    this.fired = join(folder, "fired");
  }

  /** @returns false once a run has fewer calls, or where there is no use in going on. */
  async allFaults(at: number): Promise<boolean> {
    let call = "";
    for (const fault of FAULTS) {
      // Only a write can be torn.
      if (fault === "torn" && !call.includes("write")) continue;
      const fired = await this.point(fault, at);
      if (fired === null || this.tally.shouldStop) return false;
      call = fired;
    }
    return true;
  }

  /** @returns the name of the call that failed; null where none did. */
  private async point(fault: Fault, at: number): Promise<string | null> {
    const { scenario, options, live, copy } = this;
    copyDatabase(scenario.base, live);
    rmSync(this.fired, { force: true });
    const run = await runGodwit(commandOf(scenario, options.binary, join(live, DATABASE), scenario.words), {
      LD_PRELOAD: options.shim,
      FS_MATCH: live,
      FS_AT: String(at),
      FS_FAULT: fault,
      FS_FIRED: this.fired,
    });
    const call = existsSync(this.fired) ? readFileSync(this.fired, "utf8") : null;
    const problems: string[] = [];
    // The copy is recovered by the check, the original by godwit.
    copyDatabase(live, copy);
    const judged = judgeDatabase(scenario, join(copy, DATABASE));
    problems.push(...judged.problems, ...this.judgeEnd(run, fault, call, judged));
    const { found, isDone } = judged;
    if (found !== null) {
      problems.push(...this.judgeBeside({ found, isDone, run }, call));
      problems.push(...(await judgeSecondRun(scenario, options.binary, live, found)));
    }
    this.count(fault, call, run, judged.isDone);
    const place = call === null ? "without a fault" : `${fault} at call ${at} (${call})`;
    this.tally.judge(`faults [${scenario.name}] ${place}`, problems);
    return call;
  }

  /** A run that could end by itself leaves nothing half, but for what it was kept from removing. */
  private judgeBeside(beside: Beside, call: string | null): string[] {
    const { scenario, live } = this;
    const problems = judgeBeside(scenario, live, beside);
    if (beside.run?.signal !== null || call === "unlink") return problems;
    return [...problems, ...judgeTidied(scenario, live, beside), ...halfDone(join(live, DATABASE))];
  }

  private judgeEnd(
    run: GodwitRun,
    fault: Fault,
    call: string | null,
    judged: ReturnType<typeof judgeDatabase>,
  ): string[] {
    if (call === null) {
      const problems = judgeRun(this.scenario, run, judged);
      return run.exitCode === 0 ? problems : [...problems, `it ended with ${describeEnd(run)}`];
    }
    if (fault === "kill" || fault === "torn")
      return run.signal === "SIGKILL" ? [] : [`it was to be killed and ended with ${describeEnd(run)}`];
    return judgeRun(this.scenario, run, judged);
  }

  private count(fault: Fault, call: string | null, run: GodwitRun, isDone: boolean): void {
    if (call === null) return this.tally.count("runs without a fault");
    this.tally.count("fault points");
    this.tally.count(`of these ${fault}`);
    if (run.signal !== null || !isDone || this.scenario.command === "backup") return;
    this.tally.count(run.exitCode === 0 ? "errors that changed nothing" : "errors after the last commit");
  }
}
