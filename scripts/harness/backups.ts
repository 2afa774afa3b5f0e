import { mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describeEnd, type GodwitRun, runGodwit } from "./godwit-process.ts";
import { JOURNAL_MODES, type JournalMode } from "./journal-mode.ts";
import { LedgerWriter, makeLedger, readLedger, WRITERS } from "./ledger.ts";
import { halfDone } from "./restore-points.ts";
import type { Section, SectionOptions } from "./section.ts";
import { Tally } from "./tally.ts";

const BACKUPS = 1000;
const QUICK_BACKUPS = 12;
/** The ledger grows; a new one keeps each copy short. */
const OF_ONE_LEDGER = 50;

/** Restore points while four programs write: each of one moment, and with all that was told committed before. */
export const backups: Section = {
  name: "backups",
  async run(options) {
    const tally = new Tally(options, ["restore points", "commits meanwhile"]);
    const each = (options.isQuick ? QUICK_BACKUPS : BACKUPS) / JOURNAL_MODES.length;
    for (const mode of JOURNAL_MODES) {
      for (let done = 0; done < each && !tally.shouldStop; done += OF_ONE_LEDGER)
        await new Busy(mode, options, tally).take(Math.min(OF_ONE_LEDGER, each - done), 2 * each);
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

  constructor(mode: JournalMode, options: SectionOptions, tally: Tally) {
    this.mode = mode;
    this.options = options;
    this.tally = tally;
    this.folder = join(options.folder, "busy");
    this.path = join(this.folder, "app.db");
  }

  async take(count: number, total: number): Promise<void> {
    mkdirSync(this.folder);
    makeLedger(this.path, this.mode);
    const writers = Array.from({ length: WRITERS }, (_, number) => new LedgerWriter(this.path, number));
    for (const writer of writers) await writer.work(3);
    for (let taken = 0; taken < count && !this.tally.shouldStop; taken++) {
      await this.takeOne(writers);
      this.options.progress(this.tally.of("restore points"), total);
    }
    const problems = (await Promise.all(writers.map((writer) => writer.end()))).flat();
    this.tally.count(
      "commits meanwhile",
      writers.reduce((sum, { told }) => sum + told.length, 0),
    );
    this.tally.judge(`backups [${this.mode}] afterwards`, [...problems, ...halfDone(this.path)]);
    rmSync(this.folder, { recursive: true });
  }

  private async takeOne(writers: readonly LedgerWriter[]): Promise<void> {
    const before = writers.map(({ told }) => told.length);
    const run = await runGodwit([this.options.binary, "backup", "--db", this.path, "--json"]);
    // What was printed may not have been read yet.
    for (const writer of writers) await writer.work(1);
    const after = writers.map(({ told }) => told.length);
    this.tally.count("restore points");
    const number = this.tally.of("restore points");
    this.tally.judge(`backups [${this.mode}] number ${number}`, this.judge(run, writers, before, after));
  }

  private judge(
    run: GodwitRun,
    writers: readonly LedgerWriter[],
    before: readonly number[],
    after: readonly number[],
  ): string[] {
    if (run.exitCode !== 0) return [describeEnd(run)];
    const { file } = JSON.parse(run.stdout).backup as { file: string };
    const { problems, numbers } = readLedger(file);
    const all = [...problems];
    if ((statSync(file).mode & 0o777) !== 0o600) all.push("it is not for its owner only");
    for (const [index, { told }] of writers.entries()) {
      const lost = told.slice(0, before[index]).filter((one) => !numbers[index]!.has(one));
      if (lost.length > 0)
        all.push(`writer ${index} was told of ${lost.join(" ")} before, and it is not there`);
      // One more may be committed and not told yet.
      const last = (told[after[index]! - 1] ?? 0) + 1;
      if (Math.max(0, ...numbers[index]!) > last)
        all.push(`writer ${index} has not written ${Math.max(...numbers[index]!)} yet`);
    }
    rmSync(file);
    return all;
  }
}
