import { GodwitError, isGodwitError, messageOf, stackOf } from "../base/failure.ts";
import type { MigrationLabel } from "../engine/events.ts";
import { type Arguments, checkArguments, commandMeant } from "./arguments.ts";
import { CodeGuard } from "./code-guard.ts";
import { CommandContext } from "./command-context.ts";
import type { DeclaredCommand } from "./command-tree.ts";
import { Output } from "./output.ts";
import { Commentary } from "./reporters/commentary.ts";
import { JsonReporter } from "./reporters/json-reporter.ts";
import type { Reporter } from "./reporters/reporter.ts";
import { TextReporter } from "./reporters/text-reporter.ts";
import { type CommandResult, exitCodeOf } from "./results.ts";
import { type Environment, Settings } from "./settings.ts";
import { createStyle, takesColour } from "./style.ts";
import { isTerminal } from "./terminal.ts";

const [STDIN, STDOUT, STDERR] = [0, 1, 2] as const;

/** One command line, from its words to its exit code. Never throws, and never ends the process. */
export class CliRun {
  private readonly argv: readonly string[];
  private readonly env: Environment;
  private readonly stdout = new Output(STDOUT);
  private readonly stderr = new Output(STDERR);
  private readonly isJson: boolean;
  private readonly reporter: Reporter;
  private readonly guard = new CodeGuard();
  private running: MigrationLabel | null = null;
  private isTransactionLeft = false;

  constructor(argv: readonly string[], env: Environment) {
    this.argv = argv;
    this.env = env;
    this.isJson = this.has("--json");
    this.reporter = this.isJson
      ? new JsonReporter(this.stdout, this.has("--quiet") ? null : new Commentary(this.stderr, false), {
          isDryRun: this.has("--dry-run"),
        })
      : this.textReporter();
  }

  /** @returns the exit code of DESIGN's table. */
  async run(): Promise<number> {
    try {
      this.reporter.begin(commandMeant(this.argv), null);
      const result = await this.perform(checkArguments(this.argv));
      this.requireQuiet();
      this.reporter.finish(result);
      this.stdout.requireWritten(this.isJson);
      this.stderr.flush();
      return exitCodeOf(result);
    } catch (thrown) {
      return this.fail(thrown);
    }
  }

  /** A transaction is open that must not be rolled back by this process: not by its end either. */
  get leavesTransaction(): boolean {
    return this.isTransactionLeft;
  }

  /**
   * Fails code that will never finish: nothing is left that could wake it.
   * @returns the exit code; null where the run goes on by itself, which tells what became of the migration.
   */
  stuck(): number | null {
    if (this.guard.stuck(this.running)) return null;
    return this.fail(new GodwitError("BUG", "godwit waits for what never happens", { outcome: "unknown" }));
  }

  /** Code that failed after the last commit undoes nothing, and is no success. */
  private requireQuiet(): void {
    try {
      this.guard.requireQuiet();
    } catch (late) {
      if (!isGodwitError(late)) throw late;
      throw late.with({ outcome: "unknown", state: "the command itself was carried out" });
    }
  }

  private fail(thrown: unknown): number {
    const error = isGodwitError(thrown) ? thrown : bug(thrown);
    this.isTransactionLeft = error.code === "LOCK_LOST";
    if (error.code !== "OUTPUT_FAILED") this.reporter.fail(error);
    // Where stdout takes no document, stderr is all that is left to tell.
    if (error.code === "OUTPUT_FAILED" || (this.isJson && this.isDocumentLost()))
      this.textReporter().fail(error);
    this.stdout.flush();
    this.stderr.flush();
    return error.exitCode;
  }

  private isDocumentLost(): boolean {
    try {
      this.stdout.requireWritten(true);
      return false;
    } catch {
      return true;
    }
  }

  private async perform({ command, flags }: Arguments): Promise<CommandResult> {
    this.reporter.begin(command?.name ?? "", null);
    if (flags["help"] === true) return { kind: "help", text: await this.help(command) };
    if (flags["version"] === true && command === null) return this.version();
    if (command === null) throw await this.noCommand();
    const settings = new Settings(flags, this.env);
    const isInteractive = !this.isJson && isTerminal(STDIN) && isTerminal(STDERR);
    const { reporter } = this;
    const context = new CommandContext(command.name, {
      flags,
      settings,
      reporter,
      isInteractive,
      guard: this.guard,
      onEvent: (event) => {
        if (event.kind === "migration-started") this.running = event.migration;
        reporter.event(event);
      },
    });
    return (await bodyOf(command.name))(context);
  }

  private async version(): Promise<CommandResult> {
    const { versions } = await import("./versions.ts");
    return { kind: "version", ...versions() };
  }

  private async help(command: DeclaredCommand | null): Promise<string> {
    const { helpText } = await import("./help.ts");
    return helpText(command, takesColour(!this.isJson && isTerminal(STDOUT), this.env));
  }

  private async noCommand(): Promise<GodwitError> {
    if (!this.isJson) this.stderr.line(await this.help(null));
    return new GodwitError("MISSING_ARGUMENT", "no command was given", {
      hint: "begin with: godwit status --db app.db",
    });
  }

  private textReporter(): TextReporter {
    const { stdout, stderr } = this;
    const isOnTerminal = isTerminal(STDOUT);
    return new TextReporter({
      stdout,
      stderr,
      style: createStyle(
        takesColour(isOnTerminal, this.env),
        isOnTerminal ? columns() : Number.POSITIVE_INFINITY,
      ),
      errorStyle: createStyle(takesColour(isTerminal(STDERR), this.env), Number.POSITIVE_INFINITY),
      isQuiet: this.has("--quiet"),
      isErrorTerminal: isTerminal(STDERR),
    });
  }

  /** Whether a plain flag is there, also on a command line that will be refused. */
  private has(flag: string): boolean {
    const end = this.argv.indexOf("--");
    return this.argv
      .slice(0, end === -1 ? undefined : end)
      .some((word) => word === flag || word === `${flag}=true`);
  }
}

type CommandBody = (context: CommandContext) => Promise<CommandResult>;

/** The body of a command, imported when it runs. */
async function bodyOf(name: string): Promise<CommandBody> {
  switch (name) {
    case "status":
      return (await import("./commands/status.ts")).status;
    case "migrate":
      return (await import("./commands/migrate.ts")).migrate;
    case "rollback":
      return (await import("./commands/rollback.ts")).rollback;
    case "redo":
      return (await import("./commands/redo.ts")).redo;
    case "create":
      return (await import("./commands/create.ts")).create;
    case "test":
      return (await import("./commands/test.ts")).test;
    case "verify":
      return (await import("./commands/verify.ts")).verify;
    case "log":
      return (await import("./commands/log.ts")).log;
    case "backup":
      return (await import("./commands/backup.ts")).backup;
    case "restore":
      return (await import("./commands/restore.ts")).restore;
    case "mark":
      return (await import("./commands/mark.ts")).mark;
    default:
      throw new Error(`${name} is declared but has no body`);
  }
}

/** Only at a terminal: process.stdout costs milliseconds to make. */
function columns(): number {
  return process.stdout.columns || 80;
}

function bug(thrown: unknown): GodwitError {
  const stack = stackOf(thrown) || messageOf(thrown);
  return new GodwitError("BUG", "this is a bug in godwit", {
    details: stack.split("\n"),
    hint: "please report it with these lines; the database is as its last commit left it",
    outcome: "unknown",
    cause: thrown,
  });
}
