import { join } from "node:path";
import { WRITERS } from "./ledger.ts";

/** Programs that have a ledger open and write to it and read it without pause, and what each was told is committed. */
export class LedgerApplications {
  readonly writers: readonly LedgerWriter[];

  constructor(path: string) {
    this.writers = Array.from({ length: WRITERS }, (_, number) => new LedgerWriter(path, number));
  }

  /** Until each has committed so many more. */
  async work(commits: number): Promise<void> {
    for (const writer of this.writers) await writer.work(commits);
  }

  /** How many commits each was told of. */
  get told(): number[] {
    return this.writers.map(({ told }) => told.length);
  }

  /** All stop writing; then each says what it sees. @returns the views, and what they complained of */
  async end(): Promise<{ readonly views: readonly (string | null)[]; readonly problems: readonly string[] }> {
    await Promise.all(this.writers.map((writer) => writer.stop()));
    const ended = await Promise.all(this.writers.map((writer) => writer.end()));
    return { views: this.writers.map(({ view }) => view), problems: ended.flat() };
  }
}

/** One of the programs. */
export class LedgerWriter {
  readonly told: number[] = [];
  view: string | null = null;
  private hasStopped = false;
  private isOver = false;
  private readonly child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  private readonly reading: Promise<void>;
  private wake = () => {};

  constructor(path: string, number: number) {
    this.child = Bun.spawn(
      [process.execPath, join(import.meta.dir, "ledger-writer.ts"), path, String(number)],
      { stdin: "ignore", stdout: "pipe", stderr: "pipe" },
    );
    this.reading = this.read();
  }

  work(commits: number): Promise<void> {
    const until = this.told.length + commits;
    return this.until(() => this.told.length >= until);
  }

  stop(): Promise<void> {
    this.child.kill("SIGTERM");
    return this.until(() => this.hasStopped);
  }

  async end(): Promise<string[]> {
    this.child.kill("SIGTERM");
    await this.reading;
    const code = await this.child.exited;
    return code === 0 ? [] : [`a writer ended with ${code}: ${(await this.child.stderr.text()).trim()}`];
  }

  private async until(isSo: () => boolean): Promise<void> {
    while (!isSo() && !this.isOver)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
  }

  private async read(): Promise<void> {
    let rest = "";
    for await (const chunk of this.child.stdout) {
      const lines = (rest + new TextDecoder().decode(chunk)).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.hear(line);
      this.wake();
    }
    this.isOver = true;
    this.wake();
  }

  private hear(line: string): void {
    if (line === "stopped") this.hasStopped = true;
    else if (line.startsWith("sees ")) this.view = line.slice("sees ".length);
    else this.told.push(Number(line));
  }
}
