import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Bug } from "./bugs/bug.ts";
import { BUGS } from "./bugs.ts";
import { Mutant } from "./mutant.ts";
import { parserFuzz } from "./parser-fuzz.ts";
import type { Section, SectionOptions, SectionResult } from "./section.ts";

/** A build and the processes of a section keep two cores busy. */
const AT_ONCE = 2;
const QUICK_BUGS = 3;

/** The harness is tested too: with a bug in the executable its sections find something, and without one nothing. */
export const seededBugs: Section = {
  name: "seeded-bugs",
  async run(options: SectionOptions): Promise<SectionResult> {
    const bugs = options.isQuick ? someBugs(options.seed) : BUGS;
    // The small part has taken the executable through the sections itself.
    const violations = new Set(options.isQuick ? [] : await falseAlarms(bugs, options));
    let next = 0;
    let caught = 0;
    const work = async () => {
      while (next < bugs.length && !(options.stopAtFirst && violations.size > 0)) {
        const n = next++;
        const problem = await seed(bugs[n]!, join(options.folder, `bug-${n}`), options);
        if (problem === null) caught++;
        else violations.add(`${bugs[n]!.name}: ${problem}`);
        options.progress(n, bugs.length);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return { counts: { "seeded bugs": bugs.length, caught }, violations: [...violations] };
  },
};

function someBugs(seed: number): Bug[] {
  return Array.from({ length: QUICK_BUGS }, (_, n) => BUGS[(seed + n * 17) % BUGS.length]!);
}

/** What the sections find in the executable as it is: then it would prove nothing that they find something in another. */
async function falseAlarms(bugs: readonly Bug[], options: SectionOptions): Promise<string[]> {
  const found: string[] = [];
  const sections = bugs
    .flatMap(({ caughtBy }) => caughtBy)
    .map((section) => [section.name, section] as const);
  for (const section of new Map(sections).values()) {
    const folder = join(options.folder, section.name);
    mkdirSync(folder);
    const { violations } = await section.run({ ...options, isQuick: true, folder, progress: () => {} });
    rmSync(folder, { recursive: true });
    found.push(...violations.map((violation) => `${section.name}, without a bug: ${violation}`));
  }
  return found;
}

/** @returns why the bug is not caught; null where it is */
async function seed(bug: Bug, folder: string, options: SectionOptions): Promise<string | null> {
  mkdirSync(folder);
  try {
    const mutant = new Mutant(bug);
    const binary = join(folder, "godwit");
    if (bug.caughtBy.some((section) => section !== parserFuzz)) await mutant.compile(binary);
    for (const section of bug.caughtBy) {
      const own = join(folder, section.name);
      mkdirSync(own);
      const seen =
        section === parserFuzz ? await mutant.rebuilt("parser-fuzz.ts", "parserFuzz", own) : section;
      const { violations } = await seen.run({
        ...options,
        binary,
        folder: own,
        isQuick: false,
        stopAtFirst: true,
        progress: () => {},
      });
      if (violations.length === 0) return `${section.name} does not catch it`;
    }
    return null;
  } catch (error) {
    return (error as Error).message;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
