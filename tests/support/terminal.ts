import { cleanEnvironment, exitOf, GODWIT } from "./run-godwit.ts";

const PATIENCE_MS = 20_000;

export const KEYS = {
  enter: "\r",
  down: "\u001b[B",
  escape: "\u001b",
  /** Ctrl-C */
  cancel: "\u0003",
  /** Ctrl-D */
  end: "\u0004",
} as const;

export interface TerminalOptions {
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Another one than the executable. */
  readonly program?: string;
}

/** The executable, or another program, at a pseudo-terminal: what it shows can be waited for, and answered. */
export class Terminal implements Disposable {
  private readonly child: Bun.Subprocess;
  private readonly closed = Promise.withResolvers<void>();
  private raw = "";
  /** Up to where the screen has been waited through. */
  private seen = 0;

  constructor(
    cwd: string,
    args: readonly string[],
    { columns = 80, env = {}, program = GODWIT }: TerminalOptions = {},
  ) {
    const decoder = new TextDecoder();
    this.child = Bun.spawn([program, ...args], {
      cwd,
      env: { ...cleanEnvironment(), TERM: "xterm-256color", ...env },
      timeout: 30_000,
      killSignal: "SIGKILL",
      terminal: {
        cols: columns,
        rows: 24,
        data: (_, bytes) => {
          this.raw += decoder.decode(bytes, { stream: true });
        },
        exit: () => this.closed.resolve(),
      },
    });
  }

  /** Everything shown so far, escapes included. */
  get output(): string {
    return this.raw;
  }

  /** The lines shown so far, as text. */
  get lines(): string[] {
    return Bun.stripANSI(this.raw).replaceAll("\r", "").trimEnd().split("\n");
  }

  /** Waits until `text` is shown, after what was waited for before. */
  async shows(text: string): Promise<void> {
    for (let left = PATIENCE_MS; ; left -= 10) {
      const at = Bun.stripANSI(this.raw).indexOf(text, this.seen);
      if (at !== -1) {
        this.seen = at + text.length;
        return;
      }
      if (left <= 0 || this.child.exitCode !== null) throw new Error(`"${text}" never came: ${this.raw}`);
      await Bun.sleep(10);
    }
  }

  type(keys: string): void {
    this.child.terminal?.write(keys);
  }

  async exitCode(): Promise<number> {
    const code = await exitOf(this.child);
    // What the process wrote last may still be on its way through the terminal.
    await this.closed.promise;
    return code;
  }

  [Symbol.dispose](): void {
    this.child.kill("SIGKILL");
    this.child.terminal?.close();
  }
}
