import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describeEnd, runGodwit } from "./godwit-process.ts";
import { JOURNAL_MODES, type JournalMode } from "./journal-mode.ts";
import { LedgerWriter, makeLedger, readLedger, WRITERS } from "./ledger.ts";
import { halfDone } from "./restore-points.ts";
import type { Section, SectionOptions } from "./section.ts";
import { Tally } from "./tally.ts";

const ROUNDS = 40;
const QUICK_ROUNDS = 1;
/** In one round, with the same programs at work all the time; as many as keep all restore points that are made. */
const RESTORES = 4;

/** A restore point is put back again and again while four programs have the file open, read it and write to it. */
export const restores: Section = {
  name: "restores",
  async run(options) {
    const tally = new Tally(options, ["restores", "commits meanwhile", "refused as busy"]);
    const rounds = options.isQuick ? QUICK_ROUNDS : ROUNDS;
    for (const mode of JOURNAL_MODES) {
      for (let round = 0; round < rounds && !tally.shouldStop; round++) {
        await new Exchange(mode, options, tally).run(round);
        options.progress(tally.of("restores"), rounds * RESTORES * JOURNAL_MODES.length);
      }
    }
    return tally.result();
  },
};

class Exchange {
  private readonly mode: JournalMode;
  private readonly options: SectionOptions;
  private readonly tally: Tally;
  private readonly folder: string;
  private readonly path: string;

  constructor(mode: JournalMode, options: SectionOptions, tally: Tally) {
    this.mode = mode;
    this.options = options;
    this.tally = tally;
    this.folder = join(options.folder, "exchange");
    this.path = join(this.folder, "app.db");
  }

  async run(round: number): Promise<void> {
    mkdirSync(this.folder);
    makeLedger(this.path, this.mode);
    const first = JSON.parse((await this.godwit("backup")).stdout).backup.id as string;
    const { ino } = statSync(this.path);
    const writers = Array.from({ length: WRITERS }, (_, number) => new LedgerWriter(this.path, number));
    const problems: string[] = [];
    for (let number = 0; number < RESTORES; number++) {
      for (const writer of writers) await writer.work(5);
      const run = await this.godwit("restore", first, "--yes");
      this.tally.count("restores");
      if (run.exitCode === 4 && run.stdout.includes("DATABASE_BUSY")) this.tally.count("refused as busy");
      else if (run.exitCode !== 0) problems.push(describeEnd(run));
    }
    for (const writer of writers) await writer.work(2);
    problems.push(...(await Promise.all(writers.map((writer) => writer.end()))).flat());
    this.tally.count(
      "commits meanwhile",
      writers.reduce((sum, { told }) => sum + told.length, 0),
    );
    if (statSync(this.path).ino !== ino) problems.push("another file has taken its place");
    problems.push(...this.judgeRows(writers), ...halfDone(this.path));
    this.tally.judge(`restores [${this.mode}] round ${round}`, problems);
    rmSync(this.folder, { recursive: true });
  }

  /** What a program was told is committed is in the database, or in the restore point of the state that had it. */
  private judgeRows(writers: readonly LedgerWriter[]): string[] {
    const beside = `${this.path}.godwit`;
    const files = readdirSync(beside).filter((name) => name.endsWith(".db"));
    const states = [this.path, ...files.map((name) => join(beside, name))].map(readLedger);
    const problems = states.flatMap(({ problems: wrong }) => wrong);
    for (const [index, { told }] of writers.entries()) {
      const lost = told.filter((number) => !states.some(({ numbers }) => numbers[index]!.has(number)));
      if (lost.length > 0) problems.push(`writer ${index} was told of ${lost.join(" ")}, which is nowhere`);
    }
    return problems;
  }

  private godwit(...words: readonly string[]) {
    return runGodwit([this.options.binary, ...words, "--db", this.path, "--json"]);
  }
}
