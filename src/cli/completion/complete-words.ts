import { type Command, RootCommand } from "@bomb.sh/tab";
import type { ArgsDef } from "citty";
import { TARGET_NAMES } from "../../features/bundle/targets.ts";
import { commandMeant } from "../arguments.ts";
import { aliasOf, argsOf, commandsOf, ROOT_ARGS } from "../command-tree.ts";
import {
  type Candidate,
  type CandidateSources,
  databases,
  files,
  folders,
  programs,
  restorePoints,
  versions,
} from "./candidates.ts";

/**
 * What could stand in the place of the last of the words, which may be empty.
 * @param words of the command line, without the program
 */
export function completeWords(
  words: readonly string[],
  sources: CandidateSources,
  isSealed = false,
): Candidate[] {
  const end = words.slice(0, -1).indexOf("--");
  if (end !== -1) return completeCommandLine(words.slice(end + 1), commandMeant(words.slice(0, end)));
  const last = words.at(-1) ?? "";
  const typed = last.startsWith("-") ? last.slice(last.indexOf("=") + 1) : last;
  const root = treeOf(typed, sources, isSealed);
  // The library takes a value behind = for none.
  const before = words.slice(0, -1).filter((word) => !/^-.*=/.test(word));
  // It would print them itself, in the order they were declared, and without a word on folders.
  Object.assign(root, { complete: () => {} });
  // An empty word is how it is told that the one before it is complete.
  // One dash alone is the beginning of them all; the library would show those of one letter.
  root.parse([...before, last === "-" ? "--" : last]);
  const seen = new Set<string>();
  return root.completions
    .filter(({ value }) => value.startsWith(last.startsWith("-") && !last.includes("=") ? last : typed))
    .filter(({ value }) => !seen.has(value) && seen.add(value))
    .map(({ value, description = "" }) => ({ value, description }));
}

/** Another program's line: of that, its name and its files are known. */
function completeCommandLine(words: readonly string[], command: string): Candidate[] {
  if (command !== "exec") return [];
  const typed = words.at(-1)!;
  return words.length === 1 ? programs(typed) : files(typed);
}

function treeOf(typed: string, sources: CandidateSources, isSealed: boolean): RootCommand {
  const root = new RootCommand();
  declare(root, ROOT_ARGS, typed, sources);
  for (const command of commandsOf(isSealed)) {
    const { name, alias, description } = command;
    for (const spelling of alias === undefined ? [name] : [name, alias])
      declare(root.command(spelling, description), argsOf(command), typed, sources);
  }
  return root;
}

function declare(command: Command, args: ArgsDef, typed: string, sources: CandidateSources): void {
  for (const [name, arg] of Object.entries(args)) {
    const candidates = candidatesOf(name, arg, typed, sources);
    const offer = (complete: (value: string, description: string) => void) => {
      for (const { value, description } of candidates?.() ?? []) complete(value, description);
    };
    if (arg.type === "positional") {
      if (candidates !== null) command.argument(name, offer);
      continue;
    }
    const alias = aliasOf(arg);
    const description = arg.description ?? "";
    // A flag without a value is told by its having no handler.
    if (arg.type === "boolean") command.option(name, description, alias);
    else command.option(name, description, offer, alias);
  }
}

/** Null where nothing can be said. */
function candidatesOf(
  name: string,
  arg: ArgsDef[string],
  typed: string,
  sources: CandidateSources,
): (() => readonly Candidate[]) | null {
  if (arg.type === "enum") return () => (arg.options ?? []).map((value) => ({ value, description: "" }));
  switch (name) {
    case "db":
    case "url":
      return () => databases(typed);
    case "dir":
      return () => folders(typed);
    case "env-file":
    case "output":
    case "runtime":
      return () => files(typed);
    case "target":
      return () => TARGET_NAMES.map((value) => ({ value, description: "" }));
    case "point":
      return () => [...restorePoints(sources), ...databases(typed)];
    case "to":
    case "version":
      return arg.type === "boolean" ? null : () => versions(sources);
    case "list":
      return () => [{ value: "list", description: "show the restore points" }];
    case "shell":
      return () => SHELLS.map((value) => ({ value, description: "" }));
    default:
      return null;
  }
}

export const SHELLS = ["bash", "zsh", "fish"] as const;

export type Shell = (typeof SHELLS)[number];
