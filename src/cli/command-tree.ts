import type { ArgsDef, CommandDef } from "citty";

/** Flags of every command; they also stand before the command's name. */
const EVERYWHERE = {
  db: {
    type: "string",
    alias: "u",
    valueHint: "path|url",
    description: "the database: a path, sqlite:path or file:path",
  },
  url: { type: "string", valueHint: "path|url", description: "the same as --db" },
  dir: {
    type: "string",
    alias: "d",
    valueHint: "folder",
    description: "the folder of the migrations (migrations)",
  },
  table: { type: "string", valueHint: "name", description: "the history table (schema_migrations)" },
  "lock-timeout": { type: "string", valueHint: "seconds", description: "how long a lock is waited for (30)" },
  "env-file": {
    type: "string",
    valueHint: "file",
    description: "read GODWIT_DB, DATABASE_URL and the like from a file",
  },
  json: { type: "boolean", description: "print one JSON document" },
  quiet: { type: "boolean", description: "print errors and nothing else" },
  help: { type: "boolean", alias: "h", description: "show this help" },
} satisfies ArgsDef;

const STEPS = { type: "string", valueHint: "n" } as const;
const TO = {
  type: "string",
  valueHint: "version",
  description: "the version that is the newest applied afterwards",
} as const;
const COMMIT: ArgsDef[string] = {
  type: "enum",
  options: ["grouped", "each"],
  description: "let migrations share commits, or give each its own (grouped)",
};
const NO_BACKUP: ArgsDef[string] = { type: "boolean", description: "make no restore point" };
const DRY_RUN: ArgsDef[string] = {
  type: "boolean",
  description: "rehearse on a copy, report, and change nothing",
};
const OUTPUT: ArgsDef[string] = {
  type: "string",
  alias: "o",
  valueHint: "file",
  description: "where to write it",
};
/** How what is pending is applied. */
const APPLYING: ArgsDef = {
  commit: COMMIT,
  atomic: { type: "boolean", description: "apply all that is pending or nothing" },
  "no-backup": NO_BACKUP,
  "restore-on-failure": {
    type: "boolean",
    description: "restore at once where a failure leaves the database changed",
  },
  "must-exist": { type: "boolean", description: "refuse to make a new database" },
  "allow-changed": { type: "boolean", description: "let files pass that changed after they were applied" },
  "allow-missing": { type: "boolean", description: "let applied migrations pass whose files are gone" },
  "allow-out-of-order": { type: "boolean", description: "also apply files older than the newest applied" },
};
const YES = { type: "boolean", description: "do not ask" } as const;

/** A command as it is declared: what it takes, and the file that holds its body, imported when it runs. */
export interface DeclaredCommand {
  readonly name: string;
  readonly alias?: string;
  readonly description: string;
  readonly args: ArgsDef;
  /** What stands after `--` is the command line of another program. */
  readonly takesCommand?: true;
}

/** All commands, in the order help shows them. */
export const COMMANDS: readonly DeclaredCommand[] = [
  {
    name: "status",
    description: "show which migrations are applied and which are pending",
    args: { check: { type: "boolean", description: "exit 1 unless all is applied and sound" } },
  },
  {
    name: "migrate",
    alias: "up",
    description: "apply what is pending",
    args: {
      to: TO,
      steps: { ...STEPS, description: "apply at most so many" },
      "dry-run": DRY_RUN,
      ...APPLYING,
    },
  },
  {
    name: "exec",
    description: "apply what is pending, then become another program: godwit exec --db app.db -- server",
    takesCommand: true,
    args: {
      command: {
        type: "positional",
        required: true,
        description: "after --, the program that it becomes, and its arguments",
      },
      to: TO,
      ...APPLYING,
    },
  },
  {
    name: "rollback",
    alias: "down",
    description: "undo the newest applied migration",
    args: {
      to: TO,
      steps: { ...STEPS, description: "how many to undo (1)" },
      all: { type: "boolean", description: "undo all of them" },
      "dry-run": DRY_RUN,
      commit: COMMIT,
      "no-backup": NO_BACKUP,
      yes: YES,
    },
  },
  {
    name: "redo",
    description: "roll the newest back and apply it again",
    args: { steps: { ...STEPS, description: "how many (1)" }, "no-backup": NO_BACKUP },
  },
  {
    name: "create",
    alias: "new",
    description: "write a new migration file",
    args: {
      description: { type: "positional", required: false, description: "what it does, in words" },
      format: { type: "enum", options: ["sql", "ts"], description: "SQL or TypeScript (sql)" },
    },
  },
  {
    name: "mark",
    description: "record or forget a migration without running it",
    args: {
      version: { type: "positional", required: true, description: "14 digits" },
      applied: { type: "boolean", description: "record it, with the checksum of its file as it is" },
      pending: { type: "boolean", description: "forget it" },
      through: { type: "boolean", description: "and all before it (a baseline)" },
    },
  },
  {
    name: "test",
    description: "try what is pending on a copy: up, down, up",
    args: {
      all: { type: "boolean", description: "all migrations, from nothing" },
      reversible: { type: "boolean", description: "fail a migration that has no way back" },
    },
  },
  {
    name: "verify",
    description: "run the verify parts of all applied migrations on the present data",
    args: {},
  },
  {
    name: "backup",
    description: "make a restore point now, or list those there are",
    args: {
      list: { type: "positional", required: false, valueHint: "list", description: "show them instead" },
    },
  },
  {
    name: "restore",
    description: "put a restore point, or a database file, in the place of what is there",
    args: {
      point: {
        type: "positional",
        required: false,
        description: "its id, or the path of a file (the newest restore point)",
      },
      yes: YES,
    },
  },
  {
    name: "bundle",
    description: "make one executable that carries the migrations",
    args: {
      output: OUTPUT,
      target: {
        type: "string",
        valueHint: "platform",
        description: "what it is for, such as linux-arm64 (this one)",
      },
      runtime: {
        type: "string",
        valueHint: "file",
        description: "Bun's executable for the target, instead of fetching it",
      },
    },
  },
  {
    name: "embed",
    description: "write a module by which an application takes its migrations along",
    args: {
      output: OUTPUT,
      check: { type: "boolean", description: "write nothing, and exit 1 where it is stale" },
    },
  },
  {
    name: "log",
    description: "show the runs of a database and what came of them",
    args: { limit: { type: "string", valueHint: "n", description: "at most so many, the newest (20)" } },
  },
  {
    name: "complete",
    description: "print what lets a shell complete commands: bash, zsh or fish",
    takesCommand: true,
    args: {
      shell: { type: "positional", required: false, valueHint: "bash|zsh|fish", description: "the shell" },
    },
  },
];

/** Commands that work on a folder: an executable that carries its migrations has none of them. */
export const FOLDER_COMMANDS: readonly string[] = ["create", "bundle", "embed"];

export function commandsOf(isSealed: boolean): readonly DeclaredCommand[] {
  return isSealed ? COMMANDS.filter(({ name }) => !FOLDER_COMMANDS.includes(name)) : COMMANDS;
}

/** What stands before a command, and what runs without one. */
export const ROOT_ARGS = {
  version: { type: "boolean", description: "show the versions of godwit, Bun and SQLite" },
  ...EVERYWHERE,
} satisfies ArgsDef;

/** All flags of a command, its own first. */
export function argsOf(command: DeclaredCommand): ArgsDef {
  return { ...command.args, ...EVERYWHERE };
}

export function findCommand(name: string): DeclaredCommand | undefined {
  return COMMANDS.find((command) => command.name === name || command.alias === name);
}

/** The one letter that a flag may be written with. */
export function aliasOf(arg: ArgsDef[string]): string | undefined {
  return "alias" in arg && typeof arg.alias === "string" ? arg.alias : undefined;
}

/** The tree as citty takes it, for its help. */
export function cittyCommand(command: DeclaredCommand | null, isSealed = false): CommandDef {
  if (command !== null) {
    const { name, alias, description } = command;
    return { meta: { name, description, ...(alias === undefined ? {} : { alias }) }, args: argsOf(command) };
  }
  const subCommands = Object.fromEntries(
    commandsOf(isSealed).map((child) => [child.name, cittyCommand(child)]),
  );
  return {
    meta: { name: "godwit", description: "carries a SQLite database from one schema to the next" },
    args: ROOT_ARGS,
    subCommands,
  };
}
