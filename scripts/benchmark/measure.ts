import { mkdirSync } from "node:fs";
import { type Command, hearSignals, peakMemory, runTimed } from "./process.ts";
import { median } from "./statistics.ts";
import type { Tool } from "./tool.ts";
import type { Contender } from "./workload.ts";

/** A run for memory is not timed: it has another program around it. */
const MEMORY_RUNS = 3;

/** A contender with the tool that it needs. */
export interface Entrant {
  readonly contender: Contender;
  readonly tool: Tool;
}

export interface Measurement {
  readonly id: string;
  /** Tool, version and what sets it apart. */
  readonly title: string;
  readonly milliseconds: number;
  /** Every counted run. */
  readonly runs: readonly number[];
  /** Null where there is no GNU time. */
  readonly peakKib: number | null;
}

/**
 * Runs the contenders in turn, A B C C B A, so that what slows the machine down meets all of them, and none always comes after the same one: what a large
 * process has left in the caches is the next one's to clear away. The first round is not counted.
 * @throws Error where one fails, or has not done its work
 */
export async function measure(entrants: readonly Entrant[], rounds: number): Promise<Measurement[]> {
  await each(entrants, create);
  // What was prepared is not to be written out while the first rounds run.
  Bun.spawnSync(["sync"]);
  await each(entrants, warmUp);
  const runs = new Map(entrants.map((entrant): [Entrant, number[]] => [entrant, []]));
  for (let round = 0; round < rounds; round++) {
    const inTurn = round % 2 === 0 ? entrants : entrants.toReversed();
    await each(inTurn, (entrant) => runs.get(entrant)!.push(time(entrant)));
  }
  const measurements: Measurement[] = [];
  await each(entrants, (entrant) => measurements.push(measurementOf(entrant, runs.get(entrant)!)));
  return measurements;
}

async function each(entrants: readonly Entrant[], run: (entrant: Entrant) => unknown): Promise<void> {
  for (const entrant of entrants) {
    run(entrant);
    await hearSignals();
  }
}

function create({ contender, tool }: Entrant): void {
  const cwd = contender.project.path;
  mkdirSync(cwd, { recursive: true });
  contender.create?.((parameters) => runTimed({ argv: [...tool.command, ...parameters], cwd }, "drop"));
}

function warmUp({ contender, tool }: Entrant): void {
  contender.prepare?.();
  const { stdout } = runTimed(commandOf(contender, tool), "keep");
  try {
    contender.verify(stdout);
  } catch (error) {
    throw new Error(`${tool.title} did not do its work: ${(error as Error).message}`);
  }
}

function time({ contender, tool }: Entrant): number {
  contender.prepare?.();
  return runTimed(commandOf(contender, tool), "drop").milliseconds;
}

function measurementOf(entrant: Entrant, runs: readonly number[]): Measurement {
  const { contender, tool } = entrant;
  const { id, note } = contender;
  const title = note === undefined ? tool.title : `${tool.title}, ${note}`;
  return { id, title, milliseconds: median(runs), runs, peakKib: medianPeak(entrant) };
}

function medianPeak({ contender, tool }: Entrant): number | null {
  const peaks: number[] = [];
  for (let run = 0; run < MEMORY_RUNS; run++) {
    contender.prepare?.();
    const peak = peakMemory(commandOf(contender, tool));
    if (peak === null) return null;
    peaks.push(peak);
  }
  return median(peaks);
}

function commandOf({ parameters, project }: Contender, { command }: Tool): Command {
  return { argv: [...command, ...parameters], cwd: project.path };
}
