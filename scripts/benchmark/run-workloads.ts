import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { FileSets } from "./file-sets.ts";
import { type Entrant, type Measurement, measure } from "./measure.ts";
import { isMissing } from "./tool.ts";
import { findTools, type ToolPlaces, type Tools } from "./tools.ts";
import { type Contender, roundsOf, type Workload } from "./workload.ts";

interface Results {
  readonly workloads: Record<string, Measurement[]>;
  /** The names of tools that are not here, each with the reason. */
  readonly missing: Record<string, string>;
}

/** One workload after the other. @throws Error where a contender fails */
export async function runWorkloads(
  workloads: readonly Workload[],
  places: ToolPlaces,
  rounds: number,
): Promise<Results> {
  const files = new FileSets(join(places.scratch, "files"));
  const plans = workloads.map((workload) => {
    const folder = join(places.scratch, workload.name);
    return { workload, folder, contenders: workload.contenders({ files, folder }) };
  });
  const names = plans.flatMap(({ contenders }) => contenders.map(({ tool }) => tool));
  const tools = await findTools(new Set(names), places);
  const missing = reasons(tools);
  for (const [name, reason] of Object.entries(missing)) console.log(`left out: ${name}, ${reason}`);

  const results: Record<string, Measurement[]> = {};
  for (const { workload, folder, contenders } of plans) {
    mkdirSync(folder, { recursive: true });
    const start = Date.now();
    results[workload.name] = await measure(present(contenders, tools), roundsOf(workload, rounds));
    console.log(`${workload.name}: ${((Date.now() - start) / 1000).toFixed(1)} s`);
  }
  return { workloads: results, missing };
}

function reasons(tools: Tools): Record<string, string> {
  return Object.fromEntries(
    [...tools].flatMap(([name, tool]) => (isMissing(tool) ? [[name, tool.missing] as const] : [])),
  );
}

function present(contenders: readonly Contender[], tools: Tools): Entrant[] {
  return contenders.flatMap((contender) => {
    const tool = tools.get(contender.tool)!;
    return isMissing(tool) ? [] : [{ contender, tool }];
  });
}
