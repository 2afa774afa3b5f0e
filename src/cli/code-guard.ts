import type { Clock } from "../base/clock.ts";
import { GodwitError, inspectable, isGodwitError, messageOf } from "../base/failure.ts";
import { locateFile, type SourceLocation } from "../base/source-text.ts";
import { importFailure, locateThrown } from "../migrations/code-file.ts";
import type { Migration } from "../migrations/migration.ts";
import { mayReachStreams, redirectConsole, redirectStreams } from "./code-output.ts";
import { StrayWait } from "./stray-wait.ts";

/** A migration as far as a message names it. */
type Named = Pick<Migration, "version" | "file">;

/**
 * Keeps migration code from ending the process and from printing on stdout. From the first import on it stays in force: a timer that code
 * left behind may go off while godwit waits for a lock. What happens outside the code that is awaited fails whatever godwit waits for, so
 * that the run ends as after any failure: the transaction is rolled back and the truth told.
 */
export class CodeGuard {
  /** What is awaited now, innermost last. */
  private readonly waits: StrayWait[] = [];
  private readonly loaded: Migration[] = [];
  private readonly taken = new WeakSet<object>();
  private isInstalled = false;
  private hasStreams = false;
  private hasFailed = false;
  private late: GodwitError | null = null;

  /**
   * Runs code of a migration: to its end, or to the first failure outside of what it awaits.
   * @param imported whose module it imports: where that fails, nothing has been run
   */
  readonly run = async <T>(code: () => Promise<T>, imported?: Migration): Promise<T> => {
    this.install();
    this.requireQuiet();
    const wait = new StrayWait(imported);
    try {
      if (imported === undefined) return await this.during(wait, code);
      this.loaded.push(imported);
      this.keepStreamsFrom(imported);
      return await this.during(wait, async () => {
        try {
          return await code();
        } finally {
          // A rejection that nobody awaits is told of one turn later.
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
    } catch (thrown) {
      this.hasFailed = true;
      throw inspectable(imported !== undefined && wait.isFailed ? importFailed(imported, thrown) : thrown);
    }
  };

  /** A clock whose sleep ends where code that was left behind fails. The engine sleeps only to wait for a lock. */
  clock(clock: Clock): Clock {
    const sleep = (milliseconds: number) => {
      this.requireQuiet();
      return this.during(new StrayWait("pause"), () => clock.sleep(milliseconds));
    };
    return { now: () => clock.now(), elapsed: () => clock.elapsed(), sleep };
  }

  /** Fails code that will never finish. @returns whether there is any; the run then goes on as after any failure. */
  stuck(running: Named | null): boolean {
    const wait = this.waits.at(-1);
    wait?.fail(waitsForEver(wait.migration ?? running));
    return wait !== undefined;
  }

  /** @throws GodwitError what code left behind failed with while nothing was awaited. */
  requireQuiet(): void {
    if (this.late !== null) throw this.late;
  }

  private async during<T>(wait: StrayWait, action: () => Promise<T>): Promise<T> {
    this.waits.push(wait);
    try {
      return await wait.during(action);
    } finally {
      this.waits.splice(this.waits.indexOf(wait), 1);
    }
  }

  private keepStreamsFrom({ body }: Migration): void {
    if (body.kind !== "code" || mayReachStreams(body.text)) this.takeStreams();
  }

  private readonly takeStreams = (): void => {
    if (this.hasStreams) return;
    this.hasStreams = true;
    redirectStreams();
  };

  private install(): void {
    if (this.isInstalled) return;
    this.isInstalled = true;
    redirectConsole();
    // Bun's process.exit calls process.reallyExit, and so may code. main.ts has kept the real one.
    const refused = ["exit", "reallyExit", "abort", "execve"].map((name) => [name, this.refusal(name)]);
    Object.assign(process, Object.fromEntries(refused));
    // Of a timer, or of a console that does not know a name: the runtime's own listener, which comes after this, writes them to process.stderr.
    process.prependListener("warning", this.takeStreams);
    process.on("unhandledRejection", this.take);
    process.on("uncaughtException", this.take);
  }

  /** What stands in the place of a function that would end the process, or make another one of it. */
  private refusal(name: string): (...args: unknown[]) => never {
    const shown = name === "reallyExit" ? "exit" : name;
    return (...args) => {
      const code = shown === "exit" && args[0] !== undefined ? String(args[0]) : "";
      const failure = new GodwitError("MIGRATION_FAILED", `the migration called process.${shown}(${code})`, {
        hint: "throw an error instead; returning is how a migration says that it is done",
      });
      this.take(failure);
      throw failure;
    };
  }

  /** A failure that no code awaits. One that is thrown after it was taken comes here twice. */
  private readonly take = (thrown: unknown): void => {
    if (typeof thrown === "object" && thrown !== null) {
      if (this.taken.has(thrown)) return;
      this.taken.add(thrown);
    }
    const wait = this.waits.at(-1);
    if (wait !== undefined && !wait.isPause) wait.fail(this.placed(thrown));
    // The run has failed already, and waits only to commit what came before that.
    else if (this.hasFailed) return;
    else if (wait !== undefined) wait.fail(this.leftBehind(thrown));
    else this.late ??= this.leftBehind(thrown);
  };

  /** With the place in the code that it comes from, which need not be the code that runs now; as it is where that is unknown. */
  private placed(thrown: unknown): unknown {
    const location = this.placeOf(thrown);
    if (location === null) return inspectable(thrown);
    return isGodwitError(thrown) ? thrown.with({ location }) : strayFailure(thrown, location);
  }

  private leftBehind(thrown: unknown): GodwitError {
    const placed = this.placed(thrown);
    const failure = isGodwitError(placed) ? placed : strayFailure(placed);
    const only = this.loaded.length === 1 ? this.loaded[0] : undefined;
    if (failure.location !== undefined || only === undefined) return failure;
    return failure.with({ location: locateFile(only.file) });
  }

  private placeOf(thrown: unknown): SourceLocation | null {
    for (const migration of this.loaded) {
      const place = locateThrown(migration, thrown);
      if (place !== null) return place;
    }
    return null;
  }
}

function strayFailure(thrown: unknown, location?: SourceLocation): GodwitError {
  return new GodwitError("MIGRATION_FAILED", messageOf(thrown), {
    location,
    hint: "it was thrown where nothing awaits it: await every promise, and leave no timer behind",
    cause: thrown,
  });
}

function waitsForEver(migration: Named | null): GodwitError {
  return new GodwitError(
    "MIGRATION_FAILED",
    `${migration?.version ?? "a migration"} waits for what never happens`,
    {
      location: migration === null ? undefined : locateFile(migration.file),
      hint: "a promise in it never settles; see what it awaits",
    },
  );
}

/** What went wrong beside an import, as a refusal of the file: imports come before the first transaction. */
function importFailed(migration: Migration, thrown: unknown): GodwitError {
  if (!isGodwitError(thrown)) return importFailure(migration, thrown);
  const { message, hint, location = locateFile(migration.file) } = thrown;
  return new GodwitError("CODE_INVALID", message, { location, hint, cause: thrown });
}
