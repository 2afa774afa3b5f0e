import { writeSync } from "node:fs";
import { format } from "node:util";
import { GodwitError } from "../base/failure.ts";

const STDERR = 2;
const CONSOLE_METHODS = ["log", "info", "debug", "warn", "error", "trace", "dir", "table"] as const;

/**
 * Runs migration code in the executable: what it prints goes to stderr, since stdout carries the result; what would end the process early, and
 * what it throws where nobody waits for it, fails the migration instead.
 */
export async function guardCode<T>(run: () => Promise<T>): Promise<T> {
  const stray = new StrayFailures();
  const restore = redirect(stray);
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

function redirect(stray: StrayFailures): () => void {
  const undo = [redirectConsole(), redirectStdout(), trapExit(stray)];
  process.on("unhandledRejection", stray.take);
  process.on("uncaughtException", stray.take);
  return () => {
    process.off("unhandledRejection", stray.take);
    process.off("uncaughtException", stray.take);
    for (const restore of undo) restore();
  };
}

function redirectConsole(): () => void {
  const saved = { ...console };
  for (const method of CONSOLE_METHODS) {
    console[method] = (...values: unknown[]) => void writeSync(STDERR, `${format(...values)}\n`);
  }
  return () => void Object.assign(console, saved);
}

function redirectStdout(): () => void {
  const { write } = process.stdout;
  process.stdout.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    writeSync(STDERR, Buffer.from(chunk as string));
    const callback = rest.find((value) => typeof value === "function") as (() => void) | undefined;
    callback?.();
    return true;
  }) as typeof write;
  return () => {
    process.stdout.write = write;
  };
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

function refuseExit(code?: number): never {
  const failure = new GodwitError("MIGRATION_FAILED", `the migration called process.exit(${code ?? ""})`, {
    hint: "throw an error instead; returning is how a migration says that it is done",
  });
  guarded?.take(failure);
  throw failure;
}
