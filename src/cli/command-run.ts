import { expectMuch, useJitPolicy } from "../base/jit-policy.ts";
import type { MigrationLabel } from "../engine/events.ts";
import type { Flags } from "./arguments.ts";
import { CodeGuard } from "./code-guard.ts";
import { CommandContext } from "./command-context.ts";
import type { Reporter } from "./reporters/reporter.ts";
import type { CommandResult } from "./results.ts";
import { requireUnsealed, sealedMigrations } from "./sealed.ts";
import { type Environment, Settings } from "./settings.ts";

/** One command at work, and the code of migrations that runs in it. */
export class CommandRun {
  private readonly name: string;
  private readonly context: CommandContext;
  private readonly guard = new CodeGuard();
  private running: MigrationLabel | null = null;

  constructor(
    name: string,
    parts: {
      readonly flags: Flags;
      readonly rest: readonly string[];
      readonly env: Environment;
      readonly reporter: Reporter;
      readonly isInteractive: () => boolean;
    },
  ) {
    const { flags, rest, env, reporter, isInteractive } = parts;
    this.name = name;
    useJitPolicy();
    this.context = new CommandContext(name, {
      flags,
      rest,
      settings: (own) => new Settings(own, env),
      reporter,
      isInteractive,
      guard: this.guard,
      onEvent: (event) => {
        if (event.kind === "migration-started") this.running = event.migration;
        if (event.kind === "plan-ready") expectMuch({ run: event.steps.length });
        reporter.event(event);
      },
    });
  }

  async run(): Promise<CommandResult> {
    this.context.sealed = await sealedMigrations();
    if (this.context.sealed !== null) requireUnsealed(this.name, this.context.text("dir"));
    const body = await bodyOf(this.name);
    return body(this.context);
  }

  /** Fails code that will never finish. @returns whether there is any; the command then goes on as after any failure. */
  stuck(): boolean {
    return this.guard.stuck(this.running);
  }

  /** @throws GodwitError what code left behind failed with */
  requireQuiet(): void {
    this.guard.requireQuiet();
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
    case "bundle":
      return (await import("./commands/bundle.ts")).bundle;
    case "embed":
      return (await import("./commands/embed.ts")).embed;
    case "exec":
      return (await import("./commands/exec.ts")).exec;
    case "complete":
      return (await import("./commands/complete.ts")).complete;
    case "mark":
      return (await import("./commands/mark.ts")).mark;
    default:
      throw new Error(`${name} is declared but has no body`);
  }
}
