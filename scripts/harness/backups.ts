import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeEnd, documentOf, runGodwit } from "./godwit-process.ts";
import { JOURNAL_MODES, type JournalMode } from "./journal-mode.ts";
import { makeLedger, readLedger } from "./ledger.ts";
import { LedgerApplications } from "./ledger-application.ts";
import { halfDone, problemsOfMode } from "./restore-points.ts";
import type { Section, SectionOptions } from "./section.ts";
import { Tally } from "./tally.ts";

const BACKUPS = 1000;
const QUICK_BACKUPS = 20;
/** The ledger grows; a new one keeps each copy short. */
const OF_ONE_LEDGER = 50;
/** One of so many is made by a run. */
const RUN_EVERY = 5;

/** Notes what is there when it begins, and does more than add. */
const MIGRATION = `-- up
CREATE TABLE seen AS SELECT writer, number FROM entries;
DELETE FROM counters WHERE writer < 0;
-- down
DROP TABLE seen;
`;

const COUNTED = ["restore points", "of these by migrate", "commits meanwhile"];

/** Restore points while four programs write: each of one moment, and with all that was told committed before. */
export const backups: Section = {
  name: "backups",
  async run(options) {
    const tally = new Tally(options, COUNTED);
    const total = options.isQuick ? QUICK_BACKUPS : BACKUPS;
    const each = total / JOURNAL_MODES.length;
    for (const mode of JOURNAL_MODES) {
      for (let done = 0; done < each && !tally.shouldStop; done += OF_ONE_LEDGER)
        await new Busy(mode, options, tally).take(Math.min(OF_ONE_LEDGER, each - done), total);
    }
    return tally.result();
  },
};

class Busy {
  private readonly mode: JournalMode;
  private readonly options: SectionOptions;
  private readonly tally: Tally;
  private readonly folder: string;
  private readonly path: string;
  private readonly migrations: string;

  constructor(mode: JournalMode, options: SectionOptions, tally: Tally) {
    this.mode = mode;
    this.options = options;
    this.tally = tally;
    this.folder = join(options.folder, "busy");
    this.path = join(this.folder, "app.db");
    this.migrations = join(this.folder, "migrations");
  }

  async take(count: number, total: number): Promise<void> {
    mkdirSync(this.migrations, { recursive: true });
    writeFileSync(join(this.migrations, "20260101000001_look.sql"), MIGRATION);
    makeLedger(this.path, this.mode);
    const applications = new LedgerApplications(this.path);
    await applications.work(3);
    for (let taken = 1; taken <= count && !this.tally.shouldStop; taken++) {
      await this.takeOne(applications, taken % RUN_EVERY === 0);
      this.options.progress(this.tally.of("restore points"), total);
    }
    const { problems } = await applications.end();
    this.tally.count(
      "commits meanwhile",
      applications.told.reduce((sum, told) => sum + told, 0),
    );
    this.tally.judge(`backups [${this.mode}] afterwards`, [...problems, ...halfDone(this.path)]);
    rmSync(this.folder, { recursive: true });
  }

  private async takeOne(applications: LedgerApplications, byRun: boolean): Promise<void> {
    this.tally.count("restore points");
    const about = `backups [${this.mode}] number ${this.tally.of("restore points")}`;
    const before = applications.told;
    const run = await this.godwit(byRun ? "migrate" : "backup");
    // What was printed may not have been read yet.
    await applications.work(1);
    const file = (documentOf(run)?.["backup"] as { file: string } | null | undefined)?.file;
    if (run.exitCode !== 0 || file === undefined) return this.tally.judge(about, [describeEnd(run)]);
    const problems = this.judge(file, applications, before);
    if (byRun) problems.push(...(await this.judgeRun(file)));
    this.tally.judge(about, problems);
    rmSync(file);
  }

  private judge(file: string, applications: LedgerApplications, before: readonly number[]): string[] {
    const { problems, numbers } = readLedger(file);
    const all = [...problems, ...problemsOfMode(file, 0o600)];
    for (const [index, { told }] of applications.writers.entries()) {
      const there = numbers[index]!;
      const lost = told.slice(0, before[index]).filter((number) => !there.has(number));
      if (lost.length > 0)
        all.push(`writer ${index} was told of ${lost.join(" ")} before, and it is not there`);
      // One more may be committed and not told yet.
      const last = told.at(-1)! + 1;
      const newest = Math.max(0, ...there);
      if (newest > last) all.push(`writer ${index} has not written ${newest} yet`);
      if (there.size !== newest) all.push(`writer ${index} has ${there.size} entries up to ${newest}`);
    }
    return all;
  }

  /** Nothing came between the copy and what the migration found. */
  private async judgeRun(file: string): Promise<string[]> {
    this.tally.count("of these by migrate");
    const [copied, seen] = [readLedger(file), readLedger(this.path, "seen")];
    const missing = seen.numbers.flatMap((numbers, index) =>
      [...numbers].filter((number) => !copied.numbers[index]!.has(number)),
    );
    const problems = seen.numbers.some((numbers, index) => numbers.size !== copied.numbers[index]!.size)
      ? [`the migration saw ${missing.length} entries that are not in its restore point`]
      : [];
    const back = await this.godwit("rollback", "--no-backup");
    return back.exitCode === 0 ? problems : [...problems, `rolled back: ${describeEnd(back)}`];
  }

  private godwit(command: string, ...more: readonly string[]) {
    const migrations = command === "backup" ? [] : ["--dir", this.migrations];
    return runGodwit([this.options.binary, command, "--db", this.path, ...migrations, ...more, "--json"]);
  }
}
