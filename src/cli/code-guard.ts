import { GodwitError } from "../base/failure.ts";
import { Output } from "./output.ts";

/** What code prints is lost where nobody reads it: that fails no migration. */
const stderr = new Output(2);

/**
 * Runs migration code in the executable: what it prints goes to stderr, since stdout carries the result; what would end the process early, and
 * what it throws where nobody waits for it, fails the migration instead.
 */
export async function guardCode<T>(run: () => Promise<T>): Promise<T> {
  const stray = new StrayFailures();
  errorConsole ??= await makeErrorConsole();
  const restore = redirect(stray, errorConsole);
  try {
    const result = await Promise.race([run(), stray.first]);
    stray.rethrow();
    return result;
  } finally {
    restore();
  }
}

/** The first failure that happened outside the awaited code. */
class StrayFailures {
  private failure: { thrown: unknown } | null = null;
  private reject: (thrown: unknown) => void = () => {};
  readonly first = new Promise<never>((_, reject) => {
    this.reject = reject;
  });

  constructor() {
    this.first.catch(() => {});
  }

  readonly take = (thrown: unknown): void => {
    this.failure ??= { thrown };
    this.reject(thrown);
  };

  rethrow(): void {
    if (this.failure !== null) throw this.failure.thrown;
  }
}

function redirect(stray: StrayFailures, replacement: Partial<Console>): () => void {
  const undo = [redirectConsole(replacement), redirectStdout(), trapExit(stray)];
  process.on("unhandledRejection", stray.take);
  process.on("uncaughtException", stray.take);
  return () => {
    process.off("unhandledRejection", stray.take);
    process.off("uncaughtException", stray.take);
    for (const restore of undo) restore();
  };
}

type Chunk = string | Uint8Array;

let errorConsole: Partial<Console> | null = null;

/** Every method of a console, writing to stderr; made only when code is about to run. */
async function makeErrorConsole(): Promise<Partial<Console>> {
  const [{ Console }, { Writable }] = await Promise.all([import("node:console"), import("node:stream")]);
  const sink = new Writable({
    write: (chunk: Uint8Array, _encoding, done) => {
      stderr.raw(chunk);
      done();
    },
  });
  const made = new Console({ stdout: sink, stderr: sink }) as unknown as Record<string, unknown>;
  const names = Object.keys(console).filter((name) => name in made && name !== "Console");
  const methods = names.map((name) => [name, made[name]]);
  return {
    ...Object.fromEntries(methods),
    write: (...chunks: Chunk[]) => {
      for (const chunk of chunks) stderr.raw(chunk);
    },
  };
}

function redirectConsole(replacement: Partial<Console>): () => void {
  const saved = { ...console };
  Object.assign(console, replacement);
  return () => void Object.assign(console, saved);
}

function redirectStdout(): () => void {
  const { write, end } = process.stdout;
  const divert = (...values: unknown[]) => {
    const [chunk] = values;
    if (typeof chunk === "string" || chunk instanceof Uint8Array) stderr.raw(chunk);
    const callback = values.find((value) => typeof value === "function") as (() => void) | undefined;
    callback?.();
    return true;
  };
  Object.assign(process.stdout, { write: divert, end: divert });
  return () => void Object.assign(process.stdout, { write, end });
}

/** The guarded code that is running; none between two migrations. */
let guarded: StrayFailures | null = null;
let isTrapSet = false;

/** The trap stays: a timer that code left behind may go off between two migrations, and must not end the run as a success there either. */
function trapExit(stray: StrayFailures): () => void {
  guarded = stray;
  if (!isTrapSet) Object.assign(process, { exit: refuseExit, reallyExit: refuseExit });
  isTrapSet = true;
  return () => {
    guarded = null;
  };
}

/** Fails the guarded code that is running, from outside. @returns whether there is any. */
export function failGuardedCode(failure: GodwitError): boolean {
  guarded?.take(failure);
  return guarded !== null;
}

function refuseExit(code?: number): never {
  const failure = new GodwitError("MIGRATION_FAILED", `the migration called process.exit(${code ?? ""})`, {
    hint: "throw an error instead; returning is how a migration says that it is done",
  });
  guarded?.take(failure);
  throw failure;
}
