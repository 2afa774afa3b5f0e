import { type Dirent, readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import type { MigrationSource } from "../../migrations/migration.ts";

export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** What can be said of a value, when its flag is being completed. */
export interface CandidateSources {
  /** Null where no folder can be read. */
  readonly migrations: MigrationSource | null;
}

/** Where restore points lie. */
const COMPANION = /\.godwit\/$/;

const DATABASE = /\.(?:db|db3|sqlite|sqlite3)$/i;

/**
 * A shell takes what it completes for words of its own: what holds more than these characters could be a command to it, so it is not offered.
 * https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion-Builtins.html (compgen -W expands its words)
 */
const PLAIN = /^~?[\p{L}\p{N}_@%+.,:=/-]+$/u;

export function databases(typed: string): Candidate[] {
  return paths(typed, (name) => DATABASE.test(name)).filter(({ value }) => !COMPANION.test(value));
}

export function files(typed: string): Candidate[] {
  return paths(typed, () => true);
}

export function folders(typed: string): Candidate[] {
  return paths(typed, () => false);
}

/** Folders, and the files that are wanted, in the folder that the typed text leads to. */
function paths(typed: string, isWanted: (name: string) => boolean): Candidate[] {
  const folder = typed.slice(0, typed.lastIndexOf("/") + 1);
  const where = folder.startsWith("~/") ? homedir() + folder.slice(1) : folder === "" ? "." : folder;
  const isHidden = typed.slice(folder.length).startsWith(".");
  const found: Candidate[] = [];
  for (const entry of entries(where)) {
    if (entry.name.startsWith(".") && !isHidden) continue;
    if (isFolder(where, entry)) found.push({ value: `${folder}${entry.name}/`, description: "folder" });
    else if (isWanted(entry.name)) found.push({ value: folder + entry.name, description: "" });
  }
  return found.filter(({ value }) => value.startsWith(typed) && PLAIN.test(value)).sort(byValue);
}

/** A link to one is one. */
function isFolder(folder: string, entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return statSync(`${folder}/${entry.name}`, { throwIfNoEntry: false })?.isDirectory() === true;
}

function entries(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function byValue(one: Candidate, other: Candidate): number {
  return one.value < other.value ? -1 : 1;
}

/** Newest first: that is the one that is mostly meant. */
export function versions({ migrations }: CandidateSources): Candidate[] {
  try {
    const files = migrations?.list() ?? [];
    return files.map(({ version, slug }) => ({ value: version, description: slug })).reverse();
  } catch {
    return [];
  }
}
