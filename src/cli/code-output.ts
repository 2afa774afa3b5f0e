import { Output } from "./output.ts";

/** What code prints is lost where nobody reads it (a full disk, `| head`): that fails no migration. */
const stderr = new Output(2);

type Chunk = string | Uint8Array;
type Methods = Record<string, unknown>;

/** Sends all that migration code prints to stderr, for the rest of the process: stdout carries the result. */
export async function redirectOutput(): Promise<void> {
  Object.assign(console, await errorConsole());
  // Bun tells of a failed write to either stream as an uncaught exception.
  for (const stream of [process.stdout, process.stderr])
    Object.assign(stream, { write: divert, end: divert });
}

/** Every method of Bun's console: those that Node's has too write to stderr, the inspector's others print nothing of use. */
async function errorConsole(): Promise<Methods> {
  const [{ Console }, { Writable }] = await Promise.all([import("node:console"), import("node:stream")]);
  const sink = new Writable({
    write: (chunk: Uint8Array, _encoding, done) => {
      stderr.raw(chunk);
      done();
    },
  });
  const made = new Console({ stdout: sink, stderr: sink }) as unknown as Methods;
  const names = Object.keys(console).filter((name) => name !== "Console");
  const methods = names.map((name) => [name, made[name] ?? (() => {})]);
  return { ...Object.fromEntries(methods), write: writeAll };
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
