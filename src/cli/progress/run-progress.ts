import { printable } from "../../base/printable.ts";
import type { MigrationLabel } from "../../engine/events.ts";
import { Output } from "../output.ts";
import { fit } from "../style.ts";
import { LAYOUT, tick } from "./ticker.ts";

/** What ends sooner is told of when it is done. */
const SHOWN_AFTER_MS = 300;
/** Room for the time behind the text. */
const TIME_WIDTH = 14;
/** Code may say so for every row. */
const ROWS_EVERY_MS = 100;
/** A millisecond apart. */
const LOCK_TRIES = 50;
const ERASE = "\r\u001b[K";

interface Label {
  readonly verb: string;
  readonly description: string;
  readonly count: string;
}

/** At a terminal, one line below all others: which migration runs, how many there are, how far it is and how long it has taken. */
export class RunProgress {
  private readonly width: () => number;
  private columns = 0;
  private readonly shared = new SharedArrayBuffer(LAYOUT.bytes);
  private readonly numbers = new Int32Array(this.shared);
  private readonly times = new Float64Array(this.shared);
  private isTicking = false;
  private label: Label = { verb: "", description: "", count: "" };
  private rowsAt = Number.NEGATIVE_INFINITY;

  /** @param width of the terminal; asked once, when there is something to draw: to ask costs milliseconds */
  constructor(width: () => number) {
    this.width = width;
  }

  /** A migration begins. */
  begin({ version, description, direction }: MigrationLabel, index: number, total: number): void {
    if (!this.isTicking) this.columns = this.width();
    const verb = `${direction === "up" ? "applying" : "rolling back"} ${version}`;
    this.label = { verb, description: printable(description), count: `(${index} of ${total})` };
    const now = Date.now();
    this.times[LAYOUT.showAt] = now + SHOWN_AFTER_MS;
    this.times[LAYOUT.since] = now;
    this.set(this.line(""));
    if (!this.isTicking) this.start();
  }

  /** What the migration itself says of its rows. */
  rows(done: number, total: number | null): void {
    const now = performance.now();
    if (now - this.rowsAt < ROWS_EVERY_MS && done !== total) return;
    this.rowsAt = now;
    const of = total === null ? "" : ` of ${total.toLocaleString("en")}`;
    this.set(this.line(`  ${done.toLocaleString("en")}${of} rows`));
  }

  /** Where all does not fit, it is the description that is cut. */
  private line(rows: string): string {
    const { verb, description, count } = this.label;
    const width = Math.max(10, this.columns - TIME_WIDTH);
    const rest = `  ${count}${rows}`;
    const room = width - verb.length - rest.length - 2;
    return fit(room < 4 ? verb + rest : `${verb}  ${fit(description, room)}${rest}`, width);
  }

  /** Takes the line away for good. */
  end(): void {
    if (!this.isTicking) return;
    this.isTicking = false;
    this.set("");
    this.locked(() => this.erase());
    Atomics.store(this.numbers, LAYOUT.over, 1);
    Atomics.notify(this.numbers, LAYOUT.over);
    Output.around = null;
  }

  private start(): void {
    this.isTicking = true;
    const source = new Blob([`(${tick.toString()})(${JSON.stringify(LAYOUT)})`], { type: "text/javascript" });
    // Not taken back: the thread reads it when it begins.
    const worker = new Worker(URL.createObjectURL(source));
    // Whether anything else keeps the process alive is how a promise that never settles is found out.
    worker.unref();
    worker.postMessage(this.shared);
    Output.around = (write, endsLine) =>
      this.locked(() => {
        this.erase();
        write();
        Atomics.store(this.numbers, LAYOUT.open, endsLine ? 0 : 1);
      });
  }

  /** The other thread draws it when it next does. */
  private set(line: string): void {
    this.locked(() => {
      const target = new Uint8Array(this.shared, LAYOUT.text);
      const { written } = new TextEncoder().encodeInto(line, target);
      Atomics.store(this.numbers, LAYOUT.length, written);
    });
  }

  private erase(): void {
    if (Atomics.exchange(this.numbers, LAYOUT.drawn, 0) === 1) Output.bare(2, ERASE);
  }

  /**
   * While `action` runs, the other thread writes nothing. It holds the lock for as long as a write takes, which is for ever at a terminal that was
   * stopped: no run waits for that.
   */
  private locked(action: () => void): void {
    let isOwn = false;
    for (let tries = 0; tries < LOCK_TRIES && !isOwn; tries++) {
      isOwn = Atomics.compareExchange(this.numbers, LAYOUT.lock, 0, 1) === 0;
      if (!isOwn) Bun.sleepSync(1);
    }
    try {
      action();
    } finally {
      if (isOwn) Atomics.store(this.numbers, LAYOUT.lock, 0);
    }
  }
}
