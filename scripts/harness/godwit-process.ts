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

/**
 * Starts the executable with nothing in its environment but PATH and what is given.
 * @param onStderr told of all that is on stderr so far, each time that there is more
 */
export function startGodwit(
  command: readonly string[],
  env: Environment = {},
  onStderr: (text: string) => void = () => {},
): Started {
  const child = Bun.spawn([...command], {
    env: { PATH: process.env["PATH"] ?? "", NO_COLOR: "1", ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: TIMEOUT_MS,
    killSignal: "SIGABRT",
  });
  const ended = Promise.all([child.exited, child.stdout.text(), readAll(child.stderr, onStderr)]).then(
    ([, stdout, stderr]) => ({
      exitCode: child.signalCode === null ? child.exitCode : null,
      signal: child.signalCode === null ? null : String(child.signalCode),
      stdout,
      stderr,
    }),
  );
  return { ended, kill: () => child.kill("SIGKILL") };
}

async function readAll(stream: ReadableStream<Uint8Array>, onText: (text: string) => void): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    onText(text);
  }
  return text;
}

export function runGodwit(
  command: readonly string[],
  env: Environment = {},
  onStderr?: (text: string) => void,
): Promise<GodwitRun> {
  return startGodwit(command, env, onStderr).ended;
}

/** How a run ended, in few words, with what its document or its first line on stderr says. */
export function describeEnd(run: GodwitRun): string {
  const how = run.signal === null ? `exit ${run.exitCode}` : `ended by ${run.signal}`;
  const error = documentOf(run)?.error;
  const [line] = run.stderr.split("\n").filter((text) => text.startsWith("error"));
  const why = error === undefined ? line : `${error.code}: ${error.message}`;
  return why === undefined ? how : `${how}, ${why}`;
}

interface Document {
  readonly error?: { readonly code: string; readonly message: string; readonly outcome: string };
  readonly [list: string]: unknown;
}

/** Null where the process was killed before it wrote one. */
export function documentOf({ stdout }: GodwitRun): Document | null {
  try {
    return JSON.parse(stdout) as Document;
  } catch {
    return null;
  }
}

/** The versions that a `--json` document says are applied, rolled back or marked; null where it is no document. */
export function reportedVersions(run: GodwitRun, list: string): string[] | null {
  const document = documentOf(run);
  if (document === null) return null;
  return ((document[list] ?? []) as { version: string }[]).map(({ version }) => version);
}
