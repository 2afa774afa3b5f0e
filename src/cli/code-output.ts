import { Output } from "./output.ts";

/** What code prints is lost where nobody reads it (a full disk, `| head`): that fails no migration. */
const stderr = new Output(2);

type Chunk = string | Uint8Array;
type Methods = Record<string, unknown>;
type Method = (...values: unknown[]) => unknown;

/** Sends what code prints by `console` to stderr, for the rest of the process: stdout carries the result. */
export function redirectConsole(): void {
  let made: Methods | null = null;
  const lazily = (name: string): Methods => ({
    [name]: (...values: unknown[]) => {
      made ??= errorConsole();
      return (made[name] as Method | undefined)?.(...values);
    },
  });
  // Those that Node's has too write to stderr, the inspector's others print nothing of use.
  const names = Object.keys(console).filter((name) => name !== "Console");
  Object.assign(console, ...names.map(lazily), { write: writeAll });
}

/** The same for what is written to `process.stdout` and `process.stderr`. To come by the two takes 10 ms: not for code that cannot. */
export function redirectStreams(): void {
  // Bun tells of a failed write to either as an uncaught exception.
  for (const stream of [process.stdout, process.stderr])
    Object.assign(stream, { write: divert, end: divert });
}

/** Imports that are gone when the code runs, or that lead to nothing but SQLite. What is between their words is only names. */
const HARMLESS_IMPORT =
  /^import\s+(?:type\s+(?!from\b)(?:(?!\bimport\b)[\w\s,{}*])*from\s*["'][^"']*["']|(?:(?!\bimport\b)[\w\s,{}*])*from\s*["']bun:sqlite["'])/gm;

/** One of these stands in all code that comes by `process` or its streams, but for code that hides it. */
const WAY_TO_PROCESS =
  /\b(?:process|global\w*|self|window|Bun|import|from|require|module|eval|Function|constructor|this|_stdout|_stderr)\b|\\[ux]/;

/** Whether code can come by the streams, as far as its text tells. */
export function mayReachStreams(text: string): boolean {
  return WAY_TO_PROCESS.test(text.replace(HARMLESS_IMPORT, ""));
}

/** Node's streams are loaded for the first line that is printed: most code prints nothing. */
function errorConsole(): Methods {
  const { Console } = process.getBuiltinModule("node:console");
  const { Writable } = process.getBuiltinModule("node:stream");
  const sink = new Writable({
    write: (chunk: Uint8Array, _encoding, done) => {
      stderr.raw(chunk);
      done();
    },
  });
  return new Console({ stdout: sink, stderr: sink }) as unknown as Methods;
}

function writeAll(...chunks: Chunk[]): number {
  for (const chunk of chunks) stderr.raw(chunk);
  return chunks.reduce((sum, chunk) => sum + Buffer.byteLength(chunk), 0);
}

function divert(...values: unknown[]): boolean {
  const [chunk] = values;
  if (typeof chunk === "string" || chunk instanceof Uint8Array) stderr.raw(chunk);
  const callback = values.find((value) => typeof value === "function") as (() => void) | undefined;
  callback?.();
  return true;
}
