import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeScenario, type Scenario } from "./scenario.ts";
import { scenarioSpecs } from "./scenario-list.ts";
import type { SectionOptions } from "./section.ts";
import { sideBySide } from "./side-by-side.ts";
import type { Tally } from "./tally.ts";

/** Which scenarios are taken, and in which order. */
export interface Choosing {
  /** In the quick part, one of so many; the seed says which. */
  readonly quickEvery: number;
  /** The name of the one that comes first, where a section looks for a bug that it must show. */
  readonly first?: string | undefined;
}

/** Makes every scenario in a folder of its own, some side by side, and takes it through `action`. */
export async function eachScenario(
  options: SectionOptions,
  tally: Tally,
  { quickEvery, first }: Choosing,
  action: (scenario: Scenario, folder: string, index: number) => Promise<void>,
): Promise<void> {
  const specs = scenarioSpecs()
    .filter((_, index) => !options.isQuick || index % quickEvery === options.seed % quickEvery)
    .toSorted((one, other) => Number(other.label === first) - Number(one.label === first));
  let done = 0;
  await sideBySide(
    specs,
    options.folder,
    async (spec, folder, index) => {
      const own = join(folder, `scenario-${index}`);
      mkdirSync(own);
      await action(await makeScenario(spec, options.binary, own), own, index);
      rmSync(own, { recursive: true });
      options.progress(++done, specs.length);
    },
    () => tally.shouldStop,
  );
}
