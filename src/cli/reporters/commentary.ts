import { printable } from "../../base/printable.ts";
import type { RunEvent } from "../../engine/events.ts";
import type { Output } from "../output.ts";
import { duration } from "../style.ts";
import { CopyProgressLine } from "./copy-progress.ts";
import type { EventHandlers } from "./reporter.ts";

const PROGRESS_EVERY_MS = 1000;

type Commented =
  | "lock-waiting"
  | "note"
  | "backup-started"
  | "backup-progress"
  | "restore-started"
  | "restore-progress"
  | "migration-log"
  | "migration-progress"
  | "migration-running";

/** What accompanies a result and is none: it goes to stderr, whatever form the result has. */
export class Commentary {
  private readonly stderr: Output;
  private lastProgress = Number.NEGATIVE_INFINITY;
  private readonly copying: CopyProgressLine;

  constructor(stderr: Output, isTerminal: boolean) {
    this.stderr = stderr;
    this.copying = new CopyProgressLine(stderr, isTerminal);
  }

  /** Takes away what is drawn over, before something else is written. */
  endProgress(): void {
    this.copying.end();
  }

  readonly handlers: Pick<EventHandlers, Commented> = {
    "lock-waiting": ({ database, timeoutMs }) =>
      this.stderr.line(`waiting for the lock on ${printable(database)} (up to ${duration(timeoutMs)})`),
    note: ({ file, line, message }) => {
      this.copying.end();
      this.stderr.line(`note: ${printable(file)}${line === null ? "" : `:${line}`}: ${printable(message)}`);
    },
    "backup-started": () => this.copying.begin(),
    "backup-progress": ({ doneBytes, totalBytes }) =>
      this.copying.show("restore point", doneBytes, totalBytes),
    "restore-started": () => this.copying.begin(),
    "restore-progress": ({ doneBytes, totalBytes }) => this.copying.show("restoring", doneBytes, totalBytes),
    "migration-log": ({ migration, message }) =>
      this.say(`${migration.version}: ${message.split("\n").map(printable).join("\n  ")}`),
    "migration-progress": (event) => this.showProgress(event),
    "migration-running": ({ migration, elapsedMs }) =>
      this.stderr.line(`${migration.version}: still running after ${duration(elapsedMs)}`),
  };

  /** At once: a statement that comes next may keep the thread for long. */
  private say(line: string): void {
    this.stderr.line(line);
    this.stderr.flush();
  }

  /** At most a line a second, and the last one. */
  private showProgress(event: Extract<RunEvent, { kind: "migration-progress" }>): void {
    const { migration, done, total } = event;
    const now = performance.now();
    if (now - this.lastProgress < PROGRESS_EVERY_MS && done !== total) return;
    this.lastProgress = now;
    this.say(`${migration.version}: ${done}${total === null ? "" : ` of ${total}`} rows`);
  }
}
