import { type Dirent, readdirSync, type Stats, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter } from "node:path";
import type { RestorePoint } from "../../history/restore-points.ts";
import type { MigrationFile } from "../../migrations/file-name.ts";

export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** What can be said of a value, when it is being completed. Where it cannot be read they throw: then nothing is said. */
export interface CandidateSources {
  /** Oldest first. */
  migrations(): readonly MigrationFile[];
  /** Of the database that the line or the settings name, newest first. */
  restorePoints(): readonly RestorePoint[];
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

/** What a shell would run by that name: what lies in a folder of PATH, or by its path. */
export function programs(typed: string): Candidate[] {
  if (typed.includes("/")) return files(typed);
  const found = (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .flatMap((folder) => entries(folder).filter((entry) => isProgram(folder, entry, typed)))
    .map(({ name }) => name);
  const names = [...new Set(found)].filter((name) => PLAIN.test(name)).sort();
  return [...names.map((value) => ({ value, description: "" })), ...folders(typed)];
}

function isProgram(folder: string, { name }: Dirent, typed: string): boolean {
  if (!name.startsWith(typed)) return false;
  const stats = statsOf(`${folder}/${name}`);
  return stats?.isFile() === true && (stats.mode & EXECUTABLE) !== 0;
}

const EXECUTABLE = 0o111;

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
  return statsOf(`${folder}/${entry.name}`)?.isDirectory() === true;
}

/** A link may lead to itself, or to where nobody may look. */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
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
export function versions(sources: CandidateSources): Candidate[] {
  return asked(
    () => sources.migrations().toReversed(),
    ({ version, slug }) => [version, slug],
  );
}

/** Newest first. */
export function restorePoints(sources: CandidateSources): Candidate[] {
  return asked(
    () => sources.restorePoints(),
    ({ id, createdAt }) => [id, createdAt],
  );
}

function asked<T>(source: () => readonly T[], wordsOf: (one: T) => [string, string]): Candidate[] {
  try {
    return source()
      .map(wordsOf)
      .map(([value, description]) => ({ value, description }));
  } catch {
    return [];
  }
}
