import { Database } from "bun:sqlite";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeEnd, type GodwitRun, reportedVersions, runGodwit } from "./godwit-process.ts";
import { JOURNAL_MODES } from "./journal-mode.ts";
import { commandOf, DATABASE } from "./judge.ts";
import { Random } from "./random.ts";
import { makeScenario, type Scenario } from "./scenario.ts";
import { scenarioOf } from "./scenario-list.ts";
import type { Section, SectionOptions } from "./section.ts";
import { sideBySide } from "./side-by-side.ts";
import { Tally } from "./tally.ts";

const FLIPS = 10_000;
const QUICK_FLIPS = 40;
/** Done, refused, failed. */
const HONEST_EXITS: readonly (number | null)[] = [0, 3, 4];

/** What is wrong with a file: one byte that is another, or an end that is missing. */
type Damage =
  | { readonly kind: "flip"; readonly at: number; readonly bits: number }
  | { readonly kind: "truncate"; readonly at: number };

const COUNTED = ["corrupt files", "of these refused", "of these migrated all the same"];

/** Databases with a byte that is another, or cut short: an answer, and never a worse file. */
export const corruptFiles: Section = {
  name: "corrupt-files",
  async run(options) {
    const tally = new Tally(options, COUNTED);
    const random = new Random(options.seed);
    const flips = options.isQuick ? QUICK_FLIPS : FLIPS;
    for (const mode of JOURNAL_MODES) {
      const folder = join(options.folder, mode);
      mkdirSync(folder);
      const scenario = await makeScenario(scenarioOf(mode, "down"), options.binary, folder);
      const bytes = readFileSync(join(scenario.base, DATABASE));
      const damages = damagesOf(bytes, flips / JOURNAL_MODES.length, options.isQuick, random);
      await sideBySide(
        damages,
        folder,
        async (damage, own, index) => {
          await new Patient(scenario, options, own, tally).treat(bytes, damage);
          options.progress(index, damages.length);
        },
        () => tally.shouldStop,
      );
    }
    return tally.result();
  },
};

function damagesOf(bytes: Buffer, flips: number, isQuick: boolean, random: Random): Damage[] {
  const page = bytes.readUInt16BE(16);
  const ends = Array.from({ length: bytes.length / page }, (_, index) => index * page);
  const odd = ends.map((end) => end + 1 + random.below(page - 1));
  const truncations = [...ends, ...odd].map((at): Damage => ({ kind: "truncate", at }));
  return [
    ...Array.from({ length: flips }, (): Damage => flipOf(bytes, page, random)),
    ...truncations.filter((_, index) => !isQuick || index % 8 === 0),
  ];
}

/** Half of them where structure is: the header, and the heads of pages. */
function flipOf(bytes: Buffer, page: number, random: Random): Damage {
  const isHead = random.chance(0.5);
  const at = isHead
    ? random.below(bytes.length / page) * page + random.below(120)
    : random.below(bytes.length);
  return { kind: "flip", at, bits: 1 + random.below(255) };
}

class Patient {
  private readonly scenario: Scenario;
  private readonly options: SectionOptions;
  private readonly tally: Tally;
  private readonly folder: string;

  constructor(scenario: Scenario, options: SectionOptions, folder: string, tally: Tally) {
    this.scenario = scenario;
    this.options = options;
    this.folder = join(folder, "live");
    this.tally = tally;
  }

  async treat(bytes: Buffer, damage: Damage): Promise<void> {
    const damaged = damagedCopy(bytes, damage);
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder);
    writeFileSync(this.path, damaged);
    const soundness = soundnessOf(this.path);
    // The look at it may have left something behind.
    rmSync(this.folder, { recursive: true });
    mkdirSync(this.folder);
    writeFileSync(this.path, damaged);
    const problems: string[] = [];
    for (const words of [["status"], ["migrate"]]) {
      const run = await runGodwit(commandOf(this.scenario, this.options.binary, this.path, words));
      problems.push(...this.judge(words[0]!, run, damaged, soundness));
      if (words[0] === "migrate")
        this.tally.count(run.exitCode === 0 ? "of these migrated all the same" : "of these refused");
    }
    this.tally.count("corrupt files");
    const what =
      damage.kind === "flip" ? `byte ${damage.at} changed by ${damage.bits}` : `cut at ${damage.at}`;
    this.tally.judge(`corrupt-files [${this.scenario.mode}, ${bytes.length} bytes] ${what}`, problems);
  }

  private judge(command: string, run: GodwitRun, damaged: Buffer, soundness: number): string[] {
    const problems: string[] = [];
    if (!HONEST_EXITS.includes(run.exitCode)) problems.push(`${command}: ${describeEnd(run)}`);
    // What a run committed before it failed stays.
    const hasChanged = command === "migrate" && (reportedVersions(run, "applied") ?? []).length > 0;
    if (!hasChanged && !damaged.equals(readFileSync(this.path)))
      problems.push(`${command}: ${describeEnd(run)}, but the file is another`);
    if (hasChanged && soundnessOf(this.path) > soundness)
      problems.push(`${command}: ${describeEnd(run)}, but the file is worse`);
    const rest = readdirSync(this.folder).filter((name) => name !== DATABASE && !name.endsWith(".godwit"));
    if (run.exitCode === 0 && rest.length > 0) problems.push(`${command}: left behind ${rest.join(" ")}`);
    return problems;
  }

  private get path(): string {
    return join(this.folder, DATABASE);
  }
}

function damagedCopy(bytes: Buffer, damage: Damage): Buffer {
  if (damage.kind === "truncate") return Buffer.from(bytes.subarray(0, damage.at));
  const copy = Buffer.from(bytes);
  copy[damage.at]! ^= damage.bits;
  return copy;
}

/** How many lines integrity_check has to say, 0 where all is well; endless where the file cannot be read. */
function soundnessOf(path: string): number {
  try {
    using db = new Database(path, { readwrite: true, create: false });
    const lines = db.query("PRAGMA integrity_check(1000)").values().flat();
    return lines.length === 1 && lines[0] === "ok" ? 0 : lines.length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
