import { GodwitError } from "../base/failure.ts";
import { accessTarget } from "../databases/open-database.ts";
import type { EventListener } from "../engine/events.ts";
import { type RunSubject, subjectOf } from "../engine/run-subject.ts";
import type { CarriedSource } from "../migrations/carried-source.ts";
import { isVersion } from "../migrations/file-name.ts";
import type { Flags } from "./arguments.ts";
import type { CodeGuard } from "./code-guard.ts";
import type { Reporter } from "./reporters/reporter.ts";
import type { SettingFlags, Settings } from "./settings.ts";

/** What a command's body is given. */
export class CommandContext {
  readonly command: string;
  /** The command line of another program. */
  readonly rest: readonly string[];
  readonly reporter: Reporter;
  /** The migrations that the executable carries; null where it works on a folder. */
  sealed: CarriedSource | null = null;
  /** Where settings come from: this command's own flags, if not those of a line that it is asked about. */
  settingFlags: SettingFlags;
  private readonly readSettings: (flags: SettingFlags) => Settings;
  private ownSettings: Settings | null = null;
  private readonly asks: () => boolean;
  private readonly flags: Flags;
  private readonly onEvent: EventListener;
  private readonly guard: CodeGuard;

  constructor(
    command: string,
    parts: {
      flags: Flags;
      rest: readonly string[];
      settings: (flags: SettingFlags) => Settings;
      reporter: Reporter;
      onEvent: EventListener;
      guard: CodeGuard;
      isInteractive: () => boolean;
    },
  ) {
    this.command = command;
    this.flags = parts.flags;
    this.rest = parts.rest;
    this.settingFlags = parts.flags as SettingFlags;
    this.readSettings = parts.settings;
    this.reporter = parts.reporter;
    this.onEvent = parts.onEvent;
    this.guard = parts.guard;
    this.asks = parts.isInteractive;
  }

  /** @throws GodwitError CONFIG_INVALID */
  get settings(): Settings {
    this.ownSettings ??= this.readSettings(this.settingFlags);
    return this.ownSettings;
  }

  /** Somebody can be asked: a terminal to read from and one to write to, and no JSON wanted. */
  get isInteractive(): boolean {
    return this.asks();
  }

  isSet(name: string): boolean {
    return this.flags[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.flags[name];
    return typeof value === "string" ? value : undefined;
  }

  /** The file of --output. @throws GodwitError MISSING_ARGUMENT, with `example` in its place */
  outputFile(example: string): string {
    const output = this.text("output");
    if (output !== undefined) return output;
    throw new GodwitError("MISSING_ARGUMENT", `${this.command} needs a file to write`, {
      hint: `write: godwit ${this.command} -o ${example}`,
    });
  }

  /** @throws GodwitError INVALID_VALUE */
  count(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined || /^[1-9]\d{0,8}$/.test(text))
      return text === undefined ? undefined : Number(text);
    throw new GodwitError("INVALID_VALUE", `--${name} takes a whole number from 1, not "${text}"`, {
      hint: `write --${name}=1`,
    });
  }

  /** @throws GodwitError INVALID_VALUE */
  version(name: string): string | undefined {
    const text = this.text(name);
    if (text === undefined || isVersion(text)) return text;
    const spelling = name === "version" ? "VERSION" : `--${name}`;
    throw new GodwitError("INVALID_VALUE", `${spelling} takes a version of 14 digits, not "${text}"`, {
      hint: "see the versions with: godwit status",
    });
  }

  /** @throws GodwitError CONFLICTING_FLAGS */
  refuseTogether(...names: string[]): void {
    const given = names.filter((name) => this.text(name) !== undefined || this.isSet(name));
    if (given.length < 2) return;
    throw new GodwitError("CONFLICTING_FLAGS", `--${given[0]} and --${given[1]} cannot be given together`, {
      hint: "choose one of them",
    });
  }

  /** Shows what is no result. */
  note(file: string, message: string): void {
    this.onEvent({ kind: "note", file, line: null, message });
  }

  /** The database, the folder and how to run; tells the reporter where the command works. */
  subject(): RunSubject {
    const { settings, reporter, guard } = this;
    const access = accessTarget(settings.database());
    reporter.begin(this.command, access.name);
    const subject = subjectOf(access, this.sealed ?? settings.directory(), {
      table: settings.table(),
      lockTimeoutMs: settings.lockTimeoutMs(),
      commit: this.text("commit") === "each" ? "each" : "grouped",
      backup: { ...settings.backup(), ...(this.isSet("no-backup") ? { when: "never" } : {}) },
      onEvent: this.onEvent,
    });
    const clock = guard.clock(subject.settings.clock);
    return { ...subject, settings: { ...subject.settings, clock, guard: guard.run } };
  }
}
