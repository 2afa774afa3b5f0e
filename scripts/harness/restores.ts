import { mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describeEnd, documentOf, runGodwit } from "./godwit-process.ts";
import { JOURNAL_MODES, type JournalMode } from "./journal-mode.ts";
import { type LedgerState, makeLedger, readLedger } from "./ledger.ts";
import { LedgerApplications } from "./ledger-application.ts";
import { halfDone, restorePointPath, restorePointsOf } from "./restore-points.ts";
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
  /** How many commits each program had been told of before the last time that the contents were exchanged. */
  private exchangedAfter: readonly number[] = [];

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
    const problems = await this.exchange();
    this.tally.judge(`restores [${this.mode}] round ${round}`, problems);
    rmSync(this.folder, { recursive: true });
  }

  private async exchange(): Promise<string[]> {
    const made = await this.godwit("backup");
    if (made.exitCode !== 0) return [describeEnd(made)];
    const { id } = documentOf(made)!["backup"] as { id: string };
    const { ino } = statSync(this.path);
    const applications = new LedgerApplications(this.path);
    const problems: string[] = [];
    for (let number = 0; number < RESTORES; number++) {
      await applications.work(5);
      problems.push(...(await this.restore(id, applications.told)));
    }
    await applications.work(2);
    const ended = await applications.end();
    this.tally.count(
      "commits meanwhile",
      applications.told.reduce((sum, told) => sum + told, 0),
    );
    if (statSync(this.path).ino !== ino) problems.push("another file has taken its place");
    const now = readLedger(this.path);
    const others = ended.views.filter((view) => view !== now.view);
    if (others.length > 0) problems.push(`${others.length} programs see other rows than are in the file`);
    return [...problems, ...ended.problems, ...this.judgeRows(applications, now), ...halfDone(this.path)];
  }

  private async restore(id: string, told: readonly number[]): Promise<string[]> {
    const run = await this.godwit("restore", id, "--yes");
    this.tally.count("restores");
    if (run.exitCode === 0) this.exchangedAfter = told;
    if (run.exitCode === 0) return [];
    if (documentOf(run)?.error?.code !== "DATABASE_BUSY") return [describeEnd(run)];
    this.tally.count("refused as busy");
    return [];
  }

  /** What a program was told is committed is in the database, or in the restore point of the state that had it. */
  private judgeRows({ writers }: LedgerApplications, now: LedgerState): string[] {
    const points = restorePointsOf(this.path).map((name) => readLedger(restorePointPath(this.path, name)));
    const states = [now, ...points];
    const problems = states.flatMap(({ problems: wrong }) => wrong);
    for (const [index, { told }] of writers.entries()) {
      const lost = told.filter((number) => !states.some(({ numbers }) => numbers[index]!.has(number)));
      if (lost.length > 0) problems.push(`writer ${index} was told of ${lost.join(" ")}, which is nowhere`);
      const old = told.slice(0, this.exchangedAfter[index] ?? 0);
      const left = old.filter((number) => now.numbers[index]!.has(number));
      if (left.length > 0) problems.push(`it was restored, and ${left.join(" ")} is still there`);
    }
    return problems;
  }

  private godwit(...words: readonly string[]) {
    return runGodwit([this.options.binary, ...words, "--db", this.path, "--json"]);
  }
}
