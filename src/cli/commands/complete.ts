import { basename } from "node:path";
import { GodwitError } from "../../base/failure.ts";
import { nearest } from "../../base/nearest.ts";
import { restorePointsOf } from "../../features/backup/backup-subject.ts";
import { FolderSource } from "../../migrations/folder-source.ts";
import type { CommandContext } from "../command-context.ts";
import type { Candidate, CandidateSources } from "../completion/candidates.ts";
import { completeWords, SHELLS, type Shell } from "../completion/complete-words.ts";
import { shellScript } from "../completion/shell-script.ts";
import { typedSettings } from "../completion/typed-settings.ts";
import type { CommandResult } from "../results.ts";

/** Prints the script for a shell, or answers what that script asks: what the words after -- could go on with. */
export async function complete(context: CommandContext): Promise<CommandResult> {
  const shell = context.text("shell");
  if (shell !== undefined && !isShell(shell)) {
    const meant = nearest(shell, SHELLS);
    throw new GodwitError("INVALID_VALUE", `complete takes ${SHELLS.join(", ")}, not "${shell}"`, {
      hint: meant === null ? IN_BASH : `did you mean ${meant}?`,
    });
  }
  if (shell !== undefined) return { kind: "complete", lines: [shellScript(shell, ...program())] };
  if (context.rest.length === 0) {
    throw new GodwitError("MISSING_ARGUMENT", "complete needs a shell: bash, zsh or fish", {
      hint: IN_BASH,
    });
  }
  context.settingFlags = typedSettings(context.rest);
  const found = completeWords(context.rest, sourcesOf(context), context.sealed !== null);
  return { kind: "complete", lines: [...found.map(lineOf), `:${directive(found)}`] };
}

const IN_BASH = "in bash: source <(godwit complete bash)";

function isShell(text: string): text is Shell {
  return (SHELLS as readonly string[]).includes(text);
}

/** The name that is typed, and what a shell calls: the name where that leads here, else the path. */
function program(): [string, string] {
  const name = basename(process.execPath);
  if (!/^[\w.-]+$/.test(name)) {
    throw new GodwitError("INVALID_VALUE", `no shell completes a program that is called "${name}"`, {
      hint: "give it a name of letters, digits, points and dashes",
    });
  }
  const isInPath = Bun.which(name) !== null;
  return [name, isInPath ? name : `'${process.execPath.replaceAll("'", "'\\''")}'`];
}

function sourcesOf(context: CommandContext): CandidateSources {
  const { sealed } = context;
  return {
    migrations: () => (sealed ?? new FolderSource(context.settings.directory())).list(),
    restorePoints: () => restorePointsOf(context.subject()).list(),
  };
}

function lineOf({ value, description }: Candidate): string {
  return `${value}\t${description}`;
}

const NO_SPACE = 2;
const NO_FILES = 4;

/** What the scripts understand of the last line. */
function directive(found: readonly Candidate[]): number {
  const isFolders = found.length > 0 && found.every(({ value }) => value.endsWith("/"));
  return NO_FILES | (isFolders ? NO_SPACE : 0);
}
