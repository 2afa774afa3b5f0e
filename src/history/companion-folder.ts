import {
  closeSync,
  constants,
  existsSync,
  fchownSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { syncFolder } from "../base/exclusive-file.ts";
import { GodwitError, messageOf } from "../base/failure.ts";

/** An empty file that is there while `isUnsettled`. */
const UNSETTLED = "last-run-unsettled";
const IGNORE = ".gitignore";

/** Opening a link fails, and opening a pipe does not wait for its other end. Windows has neither. */
const PLAIN = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Who owns a file. */
interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The folder beside a database that holds its restore points and its log: `app.db.godwit`. Nobody but its owner may look into it, since all rows are in
 * there too; what root makes belongs to the owner of the database, who could not restore otherwise.
 */
export class CompanionFolder {
  readonly path: string;
  private readonly database: string;

  /**
   * @param database the path of the database's file; a link leads to the folder beside what it points at
   * @param parent where the folder is made, if not beside the database
   */
  constructor(database: string, parent?: string) {
    this.database = target(database);
    this.path =
      parent === undefined ? `${this.database}.godwit` : resolve(parent, `${basename(this.database)}.godwit`);
  }

  /** Makes the folder if it is not there. @throws GodwitError BACKUP_FAILED */
  make(): void {
    try {
      if (!this.isThere()) this.create();
      // Also where somebody was killed between the two.
      if (!existsSync(join(this.path, IGNORE))) this.furnish();
    } catch (cause) {
      throw cause instanceof GodwitError ? cause : this.unusable(messageOf(cause), cause);
    }
  }

  /** Makes a file that must not be there yet, 0600. @returns its descriptor. @throws the system's error, EEXIST among them */
  createFile(name: string, flags: "wx" | "ax+" = "wx"): number {
    // The folder may have become a link since it was made.
    this.isThere();
    const descriptor = openSync(join(this.path, name), flags, 0o600);
    this.giveAway(descriptor);
    return descriptor;
  }

  /**
   * Opens a file of the folder to read it and to add to its end, making it if it is not there. Root owns what others may not touch, and whoever owns the
   * folder could have put a link to that in its place.
   * @throws the system's error, or one that says what stands in the file's place
   */
  openToAppend(name: string): number {
    try {
      return this.createFile(name, "ax+");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const descriptor = this.openPlain(name, constants.O_RDWR | constants.O_APPEND);
    if (process.getuid?.() !== 0 || fstatSync(descriptor).nlink === 1) return descriptor;
    closeSync(descriptor);
    throw new Error(`${join(this.path, name)} has another name, too`);
  }

  /** @returns null where there is no such file. @throws as `openToAppend` */
  openToRead(name: string): number | null {
    try {
      return this.openPlain(name, constants.O_RDONLY);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  }

  /** The names of what is in the folder; empty where there is none. @throws GodwitError DATABASE_FAILED */
  names(): readonly string[] {
    try {
      return readdirSync(this.path);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw unreadable(this.path, cause);
    }
  }

  /**
   * Whether the last run is not known to have ended well: it failed, was killed, or goes on. One look at the disk, since every start with nothing to do
   * asks.
   */
  get isUnsettled(): boolean {
    return existsSync(join(this.path, UNSETTLED));
  }

  set isUnsettled(is: boolean) {
    if (is) closeSync(this.openToAppend(UNSETTLED));
    else rmSync(join(this.path, UNSETTLED), { force: true });
  }

  /** Makes what was created, renamed or removed in the folder last through a power cut. */
  sync(): void {
    syncFolder(this.path);
  }

  /**
   * Makes the folder itself last as well. Not where it is made: after that the system writes its whole journal, 10 ms for a run that may leave
   * nothing but a log.
   */
  syncWithParent(): void {
    this.sync();
    syncAbove(this.path);
  }

  private isThere(): boolean {
    // A link could lead what root writes to any place.
    const stats = lstatSync(this.path, { throwIfNoEntry: false });
    if (stats === undefined) return false;
    if (stats.isDirectory()) return true;
    throw this.unusable(stats.isSymbolicLink() ? "it is a link" : "it is no folder");
  }

  private create(): void {
    const parent = join(this.path, "..");
    const first = mkdirSync(parent, { recursive: true });
    // Each one that was made is a name in the one above.
    if (first !== undefined)
      for (let made = parent; made.length >= first.length; made = dirname(made)) syncAbove(made);
    try {
      mkdirSync(this.path, { mode: 0o700 });
    } catch (error) {
      // Another runner was quicker.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || !this.isThere()) throw error;
    }
  }

  private furnish(): void {
    if (this.ownerToBe() !== null) {
      const folder = openSync(this.path, constants.O_RDONLY | PLAIN);
      this.giveAway(folder);
      closeSync(folder);
    }
    const ignore = this.openToAppend(IGNORE);
    writeSync(ignore, "*\n");
    closeSync(ignore);
  }

  private openPlain(name: string, flags: number): number {
    this.isThere();
    const path = join(this.path, name);
    let descriptor: number;
    try {
      descriptor = openSync(path, flags | PLAIN);
    } catch (error) {
      // FreeBSD says EMLINK.
      const isLink = /^(ELOOP|EMLINK)$/.test((error as NodeJS.ErrnoException).code ?? "");
      throw isLink ? new Error(`${path} is a link`, { cause: error }) : error;
    }
    if (fstatSync(descriptor).isFile()) return descriptor;
    closeSync(descriptor);
    throw new Error(`${path} is no regular file`);
  }

  private giveAway(descriptor: number): void {
    const owner = this.ownerToBe();
    if (owner !== null) fchownSync(descriptor, owner.uid, owner.gid);
  }

  /** Null where files belong to the right one by themselves. */
  private ownerToBe(): Owner | null {
    if (process.getuid?.() !== 0) return null;
    const stats = statSync(this.database, { throwIfNoEntry: false });
    return stats === undefined || stats.uid === 0 ? null : { uid: stats.uid, gid: stats.gid };
  }

  private unusable(why: string, cause?: unknown): GodwitError {
    return new GodwitError("BACKUP_FAILED", `${this.path} cannot be used: ${why}`, {
      hint: "let this user write there, or name another place with backup.dir in godwit.toml",
      cause,
    });
  }
}

/** What keeps something of the folder from being read. */
export function unreadable(what: string, cause: unknown): GodwitError {
  return new GodwitError("DATABASE_FAILED", `${what} cannot be read: ${messageOf(cause)}`, {
    hint: isRefusal(cause) ? "run as the user who owns the database" : "move away what is in its place",
    cause,
  });
}

/** Makes the name of a folder last, as far as this user may look at what it stands in. */
function syncAbove(folder: string): void {
  try {
    syncFolder(dirname(folder));
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

function isRefusal(error: unknown): boolean {
  return /^(EACCES|EPERM)$/.test((error as NodeJS.ErrnoException).code ?? "");
}

function target(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
