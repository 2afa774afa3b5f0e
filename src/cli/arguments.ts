import type { ArgsDef } from "citty";
import { GodwitError, isGodwitError } from "../base/failure.ts";
import { nearest } from "../base/nearest.ts";
import { aliasOf, argsOf, COMMANDS, type DeclaredCommand, findCommand, ROOT_ARGS } from "./command-tree.ts";

/** What a command was given, by the declared names of its flags and of its positional. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

/** A command line that has been found sound. */
export interface Arguments {
  readonly command: DeclaredCommand | null;
  readonly flags: Flags;
  /** What stands after `--`, of a command that takes another program's command line. */
  readonly rest: readonly string[];
}

/**
 * Reads a command line by what the commands declare. Not with citty's own parser: that takes unknown flags silently and loses options that
 * stand before the command. Pure.
 * @throws GodwitError UNKNOWN_COMMAND, UNKNOWN_FLAG, MISSING_VALUE, INVALID_VALUE, UNEXPECTED_ARGUMENT, CONFLICTING_FLAGS
 */
export function checkArguments(argv: readonly string[]): Arguments {
  const scan = new Scan(argv);
  scan.run();
  return { command: scan.command, flags: scan.given(), rest: scan.commandLine };
}

/** The flags of a line that is still being typed, as far as it is sound. Pure. */
export function flagsSoFar(argv: readonly string[]): Flags {
  const scan = new Scan(argv, passingOver);
  scan.run();
  return scan.given();
}

type Attempt = (action: () => void) => void;

/** Takes what is unsound for not there. */
const passingOver: Attempt = (action) => {
  try {
    action();
  } catch (error) {
    if (!isGodwitError(error)) throw error;
  }
};

/** The command that a line seems to mean, sound or not: a refusal has the shape of that command's document. */
export function commandMeant(argv: readonly string[]): string {
  return argv.map(findCommand).find((command) => command !== undefined)?.name ?? "";
}

type ArgDef = ArgsDef[string];

class Scan {
  command: DeclaredCommand | null = null;
  commandLine: readonly string[] = [];
  private readonly rest: string[];
  private readonly attempt: Attempt;
  private readonly values = new Map<string, string | boolean>();
  private commandArgs: ArgsDef | null = null;
  private positional: string | null = null;
  /** Flags met before the command is known: judged when it is. */
  private readonly flags: { written: string; name: string; value: string | null }[] = [];

  constructor(argv: readonly string[], attempt: Attempt = (action) => action()) {
    this.rest = [...argv];
    this.attempt = attempt;
  }

  run(): void {
    for (let token = this.rest.shift(); token !== undefined; token = this.rest.shift()) {
      const word = token;
      this.attempt(() => this.take(word));
    }
    for (const { written, name, value } of this.flags) this.attempt(() => this.setFlag(written, name, value));
  }

  given(): Flags {
    return Object.fromEntries(this.values);
  }

  private get args(): ArgsDef {
    if (this.command === null) return ROOT_ARGS;
    this.commandArgs ??= argsOf(this.command);
    return this.commandArgs;
  }

  private take(token: string): void {
    if (token === "--") {
      if (this.command?.takesCommand === true) this.commandLine = this.rest.splice(0);
      for (const literal of this.rest.splice(0)) this.takeWord(literal);
    } else if (token.startsWith("-") && token !== "-") this.takeFlag(token);
    else this.takeWord(token);
  }

  private takeWord(word: string): void {
    if (this.command === null && isAsking(word)) {
      this.values.set(word, true);
      return;
    }
    if (this.command === null && this.values.has("version")) {
      throw new GodwitError("UNEXPECTED_ARGUMENT", `unexpected argument "${word}"`, { hint: usage(null) });
    }
    if (this.command === null) {
      this.command = findCommand(word) ?? unknownCommand(word);
      return;
    }
    if (this.command.args["command"] !== undefined) {
      throw new GodwitError("UNEXPECTED_ARGUMENT", `unexpected argument "${word}"`, {
        hint: `put -- before the program: godwit ${this.command.name} -- ${word}`,
      });
    }
    const name = positionalOf(this.command);
    if (name === undefined || this.positional !== null) {
      throw new GodwitError("UNEXPECTED_ARGUMENT", `unexpected argument "${word}"`, {
        hint:
          this.command.name === "create"
            ? `put it in quotes: godwit ${this.command.name} "${this.positional} ${word}"`
            : usage(this.command),
      });
    }
    this.positional = word;
    this.values.set(name, word);
  }

  /** A flag that takes a value also takes the next word, unless that is a flag itself. */
  private takeFlag(token: string): void {
    const [written, inline] = split(token);
    const name = canonical(written, this.args) ?? canonicalAnywhere(written);
    if (name === null) throw this.unknownFlag(written);
    const takesValue = argAnywhere(name, this.command)?.type !== "boolean";
    const follows = this.rest[0];
    const isNext = takesValue && inline === null && follows !== undefined && !/^-./.test(follows);
    this.flags.push({ written, name, value: isNext ? this.rest.shift()! : inline });
  }

  private setFlag(written: string, name: string, value: string | null): void {
    const arg = this.args[name];
    if (arg === undefined || arg.type === "positional") throw this.unknownFlag(written);
    const read = arg.type === "boolean" ? booleanValue(written, value) : requireOption(written, value, arg);
    const known = this.values.get(name);
    if (known !== undefined && known !== read) {
      throw new GodwitError("CONFLICTING_FLAGS", `${written} is given twice, as ${known} and as ${read}`, {
        hint: "give it once",
      });
    }
    this.values.set(name, read);
  }

  private unknownFlag(written: string): GodwitError {
    const names = Object.entries(this.args)
      .filter(([, arg]) => arg.type !== "positional")
      .map(([name]) => `--${name}`);
    const meant = flagOfOthers(written) ?? nearest(written, names);
    const where = this.command === null ? "" : ` for ${this.command.name}`;
    return new GodwitError("UNKNOWN_FLAG", `unknown flag ${written}${where}`, {
      hint: meant === null ? usage(this.command) : `did you mean ${meant}?`,
    });
  }
}

/** What is meant by a flag of other tools, or by what its line in `status` is called. Every command takes these two. */
function flagOfOthers(written: string): string | null {
  if (/^--(?:database(?:-url)?|connection)$/.test(written)) return "--db";
  return /^--(?:migrations(?:-dir|-directory)?|folder)$/.test(written) ? "--dir" : null;
}

/** The name of what a command takes without a flag. */
function positionalOf({ args }: DeclaredCommand): string | undefined {
  return Object.keys(args).find((name) => args[name]!.type === "positional");
}

/** `godwit help status` and `godwit version` are what people type first; they mean the flags. */
function isAsking(word: string): boolean {
  return word === "help" || word === "version";
}

function split(token: string): [string, string | null] {
  const at = token.indexOf("=");
  return at === -1 ? [token, null] : [token.slice(0, at), token.slice(at + 1)];
}

/** The declared name of a flag as written; `--url` is another spelling of `--db`. */
function canonical(written: string, args: ArgsDef): string | null {
  if (written === "--url") return "db";
  if (written.startsWith("--")) {
    const name = written.slice(2);
    return isFlag(args, name) ? name : null;
  }
  for (const name in args) if (isFlag(args, name) && aliasOf(args[name]!) === written.slice(1)) return name;
  return null;
}

function isFlag(args: ArgsDef, name: string): boolean {
  return Object.hasOwn(args, name) && args[name]!.type !== "positional";
}

/** A command's own flag may stand before the command's name. */
function canonicalAnywhere(written: string): string | null {
  for (const command of COMMANDS) {
    const name = canonical(written, command.args);
    if (name !== null) return name;
  }
  return null;
}

function argAnywhere(name: string, command: DeclaredCommand | null): ArgDef | undefined {
  const own = command === null ? (ROOT_ARGS as ArgsDef)[name] : argsOf(command)[name];
  return own ?? COMMANDS.find(({ args }) => args[name] !== undefined)?.args[name];
}

function booleanValue(written: string, value: string | null): boolean {
  if (value === null || value === "true") return true;
  if (value === "false") return false;
  throw new GodwitError("INVALID_VALUE", `${written} takes no value, but was given "${value}"`, {
    hint: `write ${written} alone`,
  });
}

function requireValue(written: string, value: string | null): string {
  if (value !== null && value !== "") return value;
  throw new GodwitError("MISSING_VALUE", `${written} needs a value`, {
    hint: `write ${written}${written.startsWith("--") ? "=" : " "}VALUE`,
  });
}

function requireOption(written: string, value: string | null, arg: ArgDef): string {
  const text = requireValue(written, value);
  if (arg.type !== "enum" || arg.options === undefined || arg.options.includes(text)) return text;
  const meant = nearest(text, arg.options);
  throw new GodwitError("INVALID_VALUE", `${written} takes ${arg.options.join(" or ")}, not "${text}"`, {
    hint: meant === null ? undefined : `did you mean ${meant}?`,
  });
}

function unknownCommand(word: string): never {
  const names = COMMANDS.flatMap(({ name, alias }) => (alias === undefined ? [name] : [name, alias]));
  const meant = nearest(word, names);
  throw new GodwitError("UNKNOWN_COMMAND", `unknown command "${word}"`, {
    hint: meant === null ? usage(null) : `did you mean ${meant}?`,
  });
}

function usage(command: DeclaredCommand | null): string {
  return `see: godwit ${command === null ? "" : `${command.name} `}--help`;
}
