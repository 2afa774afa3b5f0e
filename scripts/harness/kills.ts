import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describeEnd, type GodwitRun, startGodwit } from "./godwit-process.ts";
import { commandOf, DATABASE, judgeDatabase, judgeRun } from "./judge.ts";
import { judgeBeside, judgeSecondRun } from "./judge-beside.ts";
import { Random } from "./random.ts";
import { copyDatabase, makeScenario, type Scenario, type ScenarioSpec } from "./scenario.ts";
import { scenarioSpecs } from "./scenario-list.ts";
import type { Section, SectionOptions } from "./section.ts";
import { sideBySide } from "./side-by-side.ts";
import { Tally } from "./tally.ts";

const KILLS = 5000;
const QUICK_KILLS = 60;
/** The first milliseconds of a process are the runtime's own. */
const UNDISTURBED_MS = 4;
/** The time within which a run is killed follows how long runs take: about one of ten ends before. */
const SHORTER = 0.96;
const LONGER = 1.005;

const COUNTED = ["kills", "of these between two migrations", "had ended before"];

/** `kill -9` at any moment of a run whose migrations are short and long. */
export const kills: Section = {
  name: "kills",
  async run(options) {
    const tally = new Tally(options, COUNTED);
    const scenarios: Killed[] = [];
    for (const [index, spec] of scenarioSpecs().filter(isTaken).entries()) {
      const folder = join(options.folder, `scenario-${index}`);
      mkdirSync(folder);
      scenarios.push(
        new Killed(
          await makeScenario({ ...spec, hasLongSteps: true }, options.binary, folder),
          options,
          tally,
        ),
      );
    }
    const random = new Random(options.seed);
    const total = options.isQuick ? QUICK_KILLS : KILLS;
    // More than enough: some runs end before they are killed.
    const moments = Array.from({ length: 2 * total }, () => random.fraction());
    await sideBySide(
      moments,
      options.folder,
      async (moment, folder, index) => {
        const killed = scenarios[index % scenarios.length]!;
        if (killed.isUnmeasured) await killed.measure(folder);
        await killed.kill(folder, moment);
        options.progress(tally.of("kills"), total);
      },
      () => tally.shouldStop || tally.of("kills") >= total,
    );
    return tally.result();
  },
};

function isTaken({ isPopulated, command, form }: ScenarioSpec): boolean {
  return isPopulated && command !== "redo" && command !== "mark" && form !== "ts";
}

class Killed {
  private readonly scenario: Scenario;
  private readonly options: SectionOptions;
  private readonly tally: Tally;
  private usualMs = 0;

  constructor(scenario: Scenario, options: SectionOptions, tally: Tally) {
    this.scenario = scenario;
    this.options = options;
    this.tally = tally;
  }

  get isUnmeasured(): boolean {
    return this.usualMs === 0;
  }

  async measure(folder: string): Promise<void> {
    const start = performance.now();
    const run = await this.start(join(folder, "live")).ended;
    this.usualMs = performance.now() - start;
    if (run.exitCode !== 0) this.tally.judge(`kills [${this.scenario.name}] not killed`, [describeEnd(run)]);
  }

  async kill(folder: string, moment: number): Promise<void> {
    const { scenario, options, tally } = this;
    const live = join(folder, "live");
    const copy = join(folder, "copy");
    const afterMs = UNDISTURBED_MS + moment * this.usualMs;
    const started = this.start(live);
    await Bun.sleep(afterMs);
    started.kill();
    const run = await started.ended;
    copyDatabase(live, copy);
    const judged = judgeDatabase(scenario, join(copy, DATABASE));
    const problems = [...judged.problems, ...judgeEnd(scenario, run, judged)];
    const { found, isDone } = judged;
    if (found !== null) {
      problems.push(...judgeBeside(scenario, live, { found, isDone, run }));
      problems.push(...(await judgeSecondRun(scenario, options.binary, live, found)));
    }
    this.usualMs *= run.signal === null ? SHORTER : LONGER;
    tally.count(run.signal === null ? "had ended before" : "kills");
    const isInside =
      judged.found !== null &&
      !judged.isDone &&
      judged.found.applied.length !== scenario.stages[0]!.applied.length;
    if (isInside) tally.count("of these between two migrations");
    tally.judge(`kills [${scenario.name}] after ${afterMs.toFixed(1)} ms`, problems);
  }

  private start(live: string) {
    copyDatabase(this.scenario.base, live);
    return startGodwit(
      commandOf(this.scenario, this.options.binary, join(live, DATABASE), this.scenario.words),
    );
  }
}

function judgeEnd(scenario: Scenario, run: GodwitRun, judged: ReturnType<typeof judgeDatabase>): string[] {
  return run.signal === "SIGKILL" ? [] : judgeRun(scenario, run, judged);
}
