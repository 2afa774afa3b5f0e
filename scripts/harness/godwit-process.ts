/** Longer than any run here takes on a slow machine; a process that is still there is a hang. */
const TIMEOUT_MS = 60_000;

export interface GodwitRun {
  /** Null where a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly ended: Promise<GodwitRun>;
  kill(): void;
}

export type Environment = Readonly<Record<string, string>>;

/** Starts the executable with nothing in its environment but PATH and what is given. */
export function startGodwit(command: readonly string[], env: Environment = {}): Started {
  const child = Bun.spawn([...command], {
    env: { PATH: process.env["PATH"] ?? "", NO_COLOR: "1", ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: TIMEOUT_MS,
    killSignal: "SIGABRT",
  });
  const ended = Promise.all([child.exited, child.stdout.text(), child.stderr.text()]).then(
    ([, stdout, stderr]) => ({
      exitCode: child.signalCode === null ? child.exitCode : null,
      signal: child.signalCode === null ? null : String(child.signalCode),
      stdout,
      stderr,
    }),
  );
  return { ended, kill: () => child.kill("SIGKILL") };
}

export function runGodwit(command: readonly string[], env: Environment = {}): Promise<GodwitRun> {
  return startGodwit(command, env).ended;
}

/** How a run ended, in few words, with the first line that it wrote on stderr. */
export function describeEnd({ exitCode, signal, stderr }: GodwitRun): string {
  const how = signal === null ? `exit ${exitCode}` : `ended by ${signal}`;
  const [line = ""] = stderr.split("\n").filter((text) => text.startsWith("error"));
  return line === "" ? how : `${how}, ${line}`;
}

/** The versions that a `--json` document says are applied, rolled back or marked; null where it is no document. */
export function reportedVersions({ stdout }: GodwitRun, list: string): string[] | null {
  try {
    const document = JSON.parse(stdout) as Record<string, { version: string }[] | undefined>;
    return (document[list] ?? []).map(({ version }) => version);
  } catch {
    return null;
  }
}
