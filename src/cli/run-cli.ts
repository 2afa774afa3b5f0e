import { GodwitError, isGodwitError, messageOf, stackOf } from "../base/failure.ts";
import { type Arguments, checkArguments, commandMeant } from "./arguments.ts";
import type { CommandRun } from "./command-run.ts";
import type { DeclaredCommand } from "./command-tree.ts";
import { Output } from "./output.ts";
import { Commentary } from "./reporters/commentary.ts";
import { JsonReporter } from "./reporters/json-reporter.ts";
import type { Reporter } from "./reporters/reporter.ts";
import { TextReporter } from "./reporters/text-reporter.ts";
import { type CommandResult, exitCodeOf } from "./results.ts";
import type { Environment } from "./settings.ts";
import { createStyle, takesColour } from "./style.ts";
import type { Successor } from "./successor.ts";
import { isTerminal } from "./terminal.ts";

const [STDIN, STDOUT, STDERR] = [0, 1, 2] as const;

/** One command line, from its words to its exit code. Never throws, and never ends the process. */
export class CliRun {
  private readonly argv: readonly string[];
  private readonly env: Environment;
  private readonly stdout = new Output(STDOUT);
  private readonly stderr = new Output(STDERR);
  private readonly isJson: boolean;
  private reporter: Reporter;
  private command: CommandRun | null = null;
  private isTransactionLeft = false;
  private successor: Successor | null = null;

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
      await this.joinJob();
      this.reporter.begin(commandMeant(this.argv), null);
      const result = await this.perform(checkArguments(this.argv));
      this.requireQuiet();
      this.reporter.finish(result);
      this.stdout.requireWritten(this.isJson);
      this.stderr.flush();
      if (result.kind === "exec") this.successor = result.successor;
      return exitCodeOf(result);
    } catch (thrown) {
      return this.fail(thrown);
    }
  }

  /** Loaded where there is a job to be told: a start waits for nothing else. */
  private async joinJob(): Promise<void> {
    if (this.env["GITHUB_ACTIONS"] !== "true") return;
    const { GithubReporter } = await import("./github/github-reporter.ts");
    this.reporter = new GithubReporter(this.reporter, this.stderr, this.env);
  }

  /**
   * Gives this process to the program that `exec` was told of, once all is done.
   * @param code of the run
   * @param execve the system's own
   * @returns the exit code, where the process is still this one
   */
  async handOver(code: number, execve: typeof process.execve): Promise<number> {
    if (code !== 0 || this.successor === null) return code;
    const { become } = await import("./become.ts");
    try {
      return await become(this.successor, execve);
    } catch (thrown) {
      const error = isGodwitError(thrown) ? thrown : bug(thrown);
      this.textReporter().fail(error);
      this.stderr.flush();
      return error.exitCode;
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
    if (this.command?.stuck() === true) return null;
    return this.fail(new GodwitError("BUG", "godwit waits for what never happens", { outcome: "unknown" }));
  }

  /** Code that failed after the last commit undoes nothing, and is no success. */
  private requireQuiet(): void {
    try {
      this.command?.requireQuiet();
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

  private async perform({ command, flags, rest }: Arguments): Promise<CommandResult> {
    this.reporter.begin(command?.name ?? "", null);
    if (flags["help"] === true) return { kind: "help", text: await this.help(command) };
    if (flags["version"] === true && command === null) return this.version();
    if (command === null) throw await this.noCommand();
    // Loaded here, so that --version and a refusal need not wait for it.
    const { CommandRun } = await import("./command-run.ts");
    await this.showProgress();
    const isInteractive = () => !this.isJson && isTerminal(STDIN) && isTerminal(STDERR);
    const { env, reporter } = this;
    this.command = new CommandRun(command.name, { flags, rest, env, reporter, isInteractive });
    return this.command.run();
  }

  /** Loaded at a terminal only: nobody else sees a line that is drawn over. */
  private async showProgress(): Promise<void> {
    const { reporter } = this;
    const isSeen = isTerminal(STDERR) && this.env["TERM"] !== "dumb" && !this.has("--quiet");
    if (!isSeen || !(reporter instanceof TextReporter)) return;
    const { RunProgress } = await import("./progress/run-progress.ts");
    reporter.drawOver(new RunProgress(() => process.stderr.columns || 80));
  }

  private async version(): Promise<CommandResult> {
    const { versions } = await import("./versions.ts");
    return { kind: "version", ...(await versions()) };
  }

  private async help(command: DeclaredCommand | null): Promise<string> {
    const { helpText } = await import("./help.ts");
    const { sealedMigrations } = await import("./sealed.ts");
    const isColoured = takesColour(!this.isJson && isTerminal(STDOUT), this.env);
    return helpText(command, { isColoured, sealed: await sealedMigrations() });
  }

  private async noCommand(): Promise<GodwitError> {
    if (!this.isJson) this.stderr.line(await this.help(null));
    return new GodwitError("MISSING_ARGUMENT", "no command was given", {
      hint: "begin with: godwit status --db app.db",
    });
  }

  private textReporter(): TextReporter {
    const { stderr } = this;
    const isErrorTerminal = isTerminal(STDERR);
    // What follows has stdout to itself.
    const isFollowed = commandMeant(this.argv) === "exec" && !this.has("--help") && !this.has("-h");
    const stdout = isFollowed ? stderr : this.stdout;
    const isOnTerminal = isFollowed ? isErrorTerminal : isTerminal(STDOUT);
    return new TextReporter({
      stdout,
      stderr,
      style: createStyle(
        takesColour(isOnTerminal, this.env),
        isOnTerminal ? columns() : Number.POSITIVE_INFINITY,
      ),
      errorStyle: createStyle(takesColour(isErrorTerminal, this.env), Number.POSITIVE_INFINITY),
      isQuiet: this.has("--quiet"),
      isErrorTerminal,
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
