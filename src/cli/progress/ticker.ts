/** What the thread that draws and the thread that works have in common: numbers, times, and the text of the line. */
export const LAYOUT = {
  bytes: 4096,
  /** Int32: 1 while one of the two writes to the terminal. */
  lock: 0,
  /** Int32: how many bytes of text there are; 0 where no line is to be drawn. */
  length: 1,
  /** Int32: 1 where the line stands on the terminal. */
  drawn: 2,
  /** Int32: 1 when all is over. */
  over: 3,
  /** Float64, in milliseconds since 1970: when the line may be drawn, and since when its time counts. */
  showAt: 2,
  since: 3,
  /** Int32: 1 where what was written last has not ended its line. */
  open: 8,
  /** Where the text begins. */
  text: 64,
} as const;

/** What is global in a thread, as far as it is needed. */
interface Thread {
  onmessage: (event: { readonly data: SharedArrayBuffer }) => void;
  close(): void;
}

/**
 * Draws one line over and over, with the time that has passed; in a thread of its own, since SQLite keeps the other one busy for as long as a statement
 * takes. It is sent to that thread as text, so it knows nothing but its argument.
 */
export function tick(layout: typeof LAYOUT): void {
  const { writeSync } = process.getBuiltinModule("node:fs");
  const everyMs = 100;
  const thread = globalThis as unknown as Thread;

  const passed = (ms: number): string => {
    const seconds = Math.max(0, ms) / 1000;
    if (seconds < 60) return `${seconds.toFixed(1)} s`;
    return `${Math.floor(seconds / 60)} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
  };

  thread.onmessage = ({ data }) => {
    const numbers = new Int32Array(data);
    const times = new Float64Array(data);
    const bytes = new Uint8Array(data);
    const draw = () => {
      const length = Atomics.load(numbers, layout.length);
      if (length === 0 || Atomics.load(numbers, layout.open) === 1 || Date.now() < times[layout.showAt]!)
        return;
      const text = new TextDecoder().decode(bytes.slice(layout.text, layout.text + length));
      Atomics.store(numbers, layout.drawn, 1);
      writeSync(2, `\r\u001b[K${text}  ${passed(Date.now() - times[layout.since]!)}`);
    };
    while (Atomics.load(numbers, layout.over) === 0) {
      if (Atomics.compareExchange(numbers, layout.lock, 0, 1) === 0) {
        try {
          draw();
        } catch {
          // A terminal that is gone is none of the run's business.
        } finally {
          Atomics.store(numbers, layout.lock, 0);
        }
      }
      Atomics.wait(numbers, layout.over, 0, everyMs);
    }
    thread.close();
  };
}
