import { type Dirent, existsSync, readdirSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { needsCare } from "../base/decode-text.ts";
import { GodwitError, messageOf } from "../base/failure.ts";
import { isFile } from "../base/is-file.ts";
import { locateFile } from "../base/source-text.ts";
import { loadCode } from "./code-loader.ts";
import { type MigrationFile, parseFileName } from "./file-name.ts";
import { readFileText, readWholeText } from "./file-text.ts";
import type { Migration, MigrationCode, MigrationSource } from "./migration.ts";
import { parseMigration, readMigration, refuseDuplicates, usualMigration } from "./read-migration.ts";

/** Where other tools keep their migrations, looked for when the folder is not there. */
const OTHER_FOLDERS = [
  "migrations",
  "db/migrations",
  "database/migrations",
  "backend/migrations",
  "drizzle",
  "prisma/migrations",
];

/** Among so many each is read by one call, and its size not asked for first. */
const MANY = 200;

/** Migrations as the files of one folder. Sub-folders and everything that is not named like a migration are left alone. */
export class FolderSource implements MigrationSource {
  readonly label: string;
  /** Absolute. */
  readonly path: string;
  /** What stands before a file's name, as messages show it, and for the system. */
  private readonly prefixes: { readonly shown: string; readonly path: string };
  /** The files that are links, as messages name them, and the folder without links: for each file anew it would take as long as its import. */
  private readonly links = new Set<string>();
  private realRoot: string | null = null;
  private isOfMany = false;

  /** `folder` is as the user gave it, and as messages show it. */
  constructor(folder: string) {
    this.label = folder;
    this.path = resolve(folder);
    this.prefixes = { shown: join(folder, "_").slice(0, -1), path: join(this.path, "_").slice(0, -1) };
  }

  list(): readonly MigrationFile[] {
    this.realRoot = null;
    this.links.clear();
    const files: MigrationFile[] = [];
    for (const name of this.names()) {
      const file = parseFileName(name, this.prefixes.shown + name);
      if (file !== null) files.push(file);
    }
    refuseDuplicates(files);
    this.isOfMany = files.length >= MANY;
    return files;
  }

  read(file: MigrationFile): Migration {
    const text = this.isOfMany && file.kind !== "py" ? readWholeText(this.pathOf(file)) : null;
    if (text === null) return this.readWithCare(file);
    return (
      usualMigration(file, text) ?? (needsCare(text) ? this.readWithCare(file) : parseMigration(file, text))
    );
  }

  private readWithCare(file: MigrationFile): Migration {
    const decode = file.kind === "py" ? decodeLoosely : undefined;
    return readMigration(file, () => readFileText(this.pathOf(file), file.file, decode));
  }

  load(migration: Migration): Promise<MigrationCode> {
    return loadCode(migration, this.importPathOf(migration));
  }

  /** Without links: Bun hands such a path to a plugin, and resolves relative imports from there. What is gone keeps its path. */
  importPathOf(file: MigrationFile): string {
    const path = this.pathOf(file);
    if (this.links.has(file.file)) return withoutLinks(path);
    this.realRoot ??= join(withoutLinks(this.path), "_").slice(0, -1);
    return this.realRoot + path.slice(this.prefixes.path.length);
  }

  /** @throws GodwitError FILE_NOT_WRITTEN for an output that would be a migration of this folder */
  requireElsewhere(output: string): void {
    const name = basename(output);
    if (withoutLinks(dirname(resolve(output))) !== withoutLinks(this.path) || !/^\d/.test(name)) return;
    throw new GodwitError(
      "FILE_NOT_WRITTEN",
      `${output} would stand among the migrations, and be named like one`,
      {
        location: locateFile(output),
        hint: "name another file with -o",
      },
    );
  }

  private pathOf(file: MigrationFile): string {
    return this.prefixes.path + file.file.slice(this.prefixes.shown.length);
  }

  /** Sorted, and so in the order of their versions. */
  private names(): string[] {
    const names: string[] = [];
    for (const entry of this.entries()) {
      if (!entry.isFile()) this.requireReadable(entry);
      names.push(entry.name);
    }
    return names.sort();
  }

  private entries(): Dirent[] {
    try {
      return readdirSync(this.path, { withFileTypes: true });
    } catch (cause) {
      throw folderFailure(this.label, cause as NodeJS.ErrnoException);
    }
  }

  /** What is no file is never opened: that alone could wake somebody at the other end. */
  private requireReadable(entry: Dirent): void {
    const file = this.prefixes.shown + entry.name;
    if (parseFileName(entry.name, file) === null) return;
    if (entry.isSymbolicLink() && isFile(this.prefixes.path + entry.name)) {
      this.links.add(file);
      return;
    }
    throw new GodwitError("MIGRATION_NAME_INVALID", "this is named like a migration but is no file", {
      location: locateFile(file),
      hint: "rename or remove it",
    });
  }
}

function withoutLinks(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

/** Of the older runner's files only the description is read, whatever the bytes are. */
function decodeLoosely(_: string, bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function folderFailure(folder: string, cause: NodeJS.ErrnoException): GodwitError {
  if (cause.code === "ENOENT") {
    const other = OTHER_FOLDERS.find((name) => resolve(name) !== resolve(folder) && existsSync(name));
    return new GodwitError("MIGRATIONS_NOT_FOUND", `there is no folder ${folder}`, {
      hint:
        other === undefined
          ? 'make the first migration with: godwit create "what it does"'
          : `there is a folder ${other}: name it with --dir ${other}`,
      cause,
    });
  }
  const why = cause.code === "ENOTDIR" ? "it is a file" : messageOf(cause);
  return new GodwitError("MIGRATIONS_NOT_FOUND", `${folder} cannot be read as a folder: ${why}`, {
    hint: "name the folder of the migrations with --dir",
    cause,
  });
}
