import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describeEnd, type GodwitRun, reportedVersions, startGodwit } from "./godwit-process.ts";
import { JOURNAL_MODES } from "./journal-mode.ts";
import { commandOf, DATABASE, judgeDatabase } from "./judge.ts";
import { judgeBeside } from "./judge-beside.ts";
import { Random } from "./random.ts";
import { halfDone } from "./restore-points.ts";
import { copyDatabase, makeScenario, type Scenario } from "./scenario.ts";
import { type Direction, scenarioOf } from "./scenario-list.ts";
import type { Section, SectionOptions } from "./section.ts";
import { Tally } from "./tally.ts";

/** One round: so many processes at once. */
interface Round {
  readonly kind: "migrate" | "kill" | "mixed";
  readonly runners: number;
  readonly rounds: number;
}

const ALL: readonly Round[] = [
  { kind: "migrate", runners: 10, rounds: 500 },
  { kind: "migrate", runners: 50, rounds: 10 },
  { kind: "mixed", runners: 6, rounds: 40 },
  { kind: "kill", runners: 10, rounds: 40 },
];
const QUICK: readonly Round[] = [
  { kind: "migrate", runners: 10, rounds: 4 },
  { kind: "mixed", runners: 6, rounds: 2 },
  { kind: "kill", runners: 10, rounds: 2 },
];

/** Many processes on one database at once: every migration once, and every process says the truth. */
export const runners: Section = {
  name: "runners",
  async run(options) {
    const plan = options.isQuick ? QUICK : ALL;
    const tally = new Tally(options, ["runner processes", ...plan.map(nameOf)]);
    const random = new Random(options.seed);
    const total = plan.reduce((sum, { rounds }) => sum + rounds * JOURNAL_MODES.length, 0);
    let done = 0;
    for (const mode of JOURNAL_MODES) {
      const starts = await Promise.all(
        (["up", "down"] as const).map((direction) => prepare(options, mode, direction)),
      );
      for (const round of plan) {
        for (let number = 1; number <= round.rounds && !tally.shouldStop; number++) {
          await new Rivals(starts[number % 2]!, options, tally, random).meet(round, number);
          options.progress(++done, total);
        }
      }
    }
    return tally.result();
  },
};

/** Nothing applied, or four of seven. */
async function prepare(
  options: SectionOptions,
  mode: Scenario["mode"],
  direction: Direction,
): Promise<Scenario> {
  const folder = join(options.folder, `${mode}-${direction}`);
  mkdirSync(folder);
  return makeScenario(scenarioOf(mode, direction), options.binary, folder);
}

class Rivals {
  private readonly scenario: Scenario;
  private readonly options: SectionOptions;
  private readonly tally: Tally;
  private readonly random: Random;
  private readonly folder: string;

  constructor(scenario: Scenario, options: SectionOptions, tally: Tally, random: Random) {
    this.scenario = scenario;
    this.options = options;
    this.tally = tally;
    this.random = random;
    this.folder = join(options.folder, "live");
  }

  async meet(round: Round, number: number): Promise<void> {
    copyDatabase(this.scenario.base, this.folder);
    const problems = await this.problemsOf(round);
    this.tally.count("runner processes", round.runners);
    this.tally.count(nameOf(round));
    this.tally.judge(`runners [${this.scenario.name}] ${nameOf(round)}, number ${number}`, problems);
    rmSync(this.folder, { recursive: true });
  }

  private async problemsOf({ kind, runners: count }: Round): Promise<string[]> {
    if (kind === "mixed") return this.upAgainstDown(count);
    // A fast machine commits all in one: every other process gives others the lock in between.
    const started = Array.from({ length: count }, (_, index) =>
      this.start(index % 2 === 0 ? ["migrate"] : ["migrate", "--commit", "each"]),
    );
    const victim = kind === "kill" ? this.random.below(count) : -1;
    if (victim >= 0) {
      await Bun.sleep(this.random.below(80));
      started[victim]!.kill();
    }
    const runs = await Promise.all(started.map(({ ended }) => ended));
    const others = runs.filter((_, index) => index !== victim);
    const problems = others.filter(({ exitCode }) => exitCode !== 0).map((run) => describeEnd(run));
    const judged = judgeDatabase(this.scenario, this.path);
    if (!judged.isDone) problems.push("not all is applied");
    // What was killed is tidied up by the next one that makes a restore point.
    const half = victim >= 0 ? [] : halfDone(this.path);
    const beside = this.judgeBeside(this.scenario, judged);
    return [...problems, ...judged.problems, ...this.judgeTold(others, victim >= 0), ...beside, ...half];
  }

  /** Every process ends as if they had run one after the other. A rollback that finds nothing is refused; one that is overtaken fails. */
  private async upAgainstDown(count: number): Promise<string[]> {
    const started = Array.from({ length: count }, (_, index) =>
      this.start(index % 2 === 0 ? ["migrate", "--steps", "2"] : ["rollback", "--steps", "2"]),
    );
    const runs = await Promise.all(started.map(({ ended }) => ended));
    const problems = runs
      .filter(({ exitCode }) => ![0, 3, 4].includes(exitCode ?? -1))
      .map((run) => describeEnd(run));
    const judged = judgeDatabase(this.scenario, this.path);
    const { problems: wrong, found } = judged;
    const ups = sum(runs, "applied");
    const downs = sum(runs, "rolled_back");
    const before = this.scenario.countBefore;
    if (found !== null && found.applied.length !== before + ups - downs)
      problems.push(`${before} before, ${ups} applied, ${downs} rolled back, ${found.applied.length} now`);
    // There are more runs than restore points that stay: the first state may be gone.
    const beside = this.judgeBeside({ ...this.scenario, keepsBefore: false }, judged);
    return [...problems, ...wrong, ...beside, ...halfDone(this.path)];
  }

  private judgeBeside(
    scenario: Scenario,
    { found, isDone }: Pick<ReturnType<typeof judgeDatabase>, "found" | "isDone">,
  ): string[] {
    return found === null ? [] : judgeBeside(scenario, this.folder, { found, isDone, run: null });
  }

  /** What one run applied no other one did, and together they applied everything; a killed one took its word with it. */
  private judgeTold(runs: readonly GodwitRun[], isOneKilled: boolean): string[] {
    const told = runs.flatMap((run) => reportedVersions(run, "applied") ?? []);
    const pending = this.scenario.steps.length - this.scenario.countBefore;
    const isOnce = new Set(told).size === told.length && (isOneKilled || told.length === pending);
    return isOnce ? [] : [`${pending} were pending, and applied was told of ${told.toSorted().join(" ")}`];
  }

  private get path(): string {
    return join(this.folder, DATABASE);
  }

  private start(words: readonly string[]) {
    return startGodwit(commandOf(this.scenario, this.options.binary, this.path, words));
  }
}

function nameOf({ kind, runners: count }: Round): string {
  return `rounds of ${count}${NAMES[kind]}`;
}

const NAMES: Readonly<Record<Round["kind"], string>> = {
  migrate: "",
  kill: ", one of them killed",
  mixed: ", migrate against rollback",
};

function sum(runs: readonly GodwitRun[], list: string): number {
  return runs.reduce((count, run) => count + (reportedVersions(run, list)?.length ?? 0), 0);
}
