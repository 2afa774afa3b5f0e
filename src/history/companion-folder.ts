import {
  chownSync,
  closeSync,
  existsSync,
  fchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, join, resolve } from "node:path";
import { syncFolder } from "../base/exclusive-file.ts";
import { GodwitError, messageOf } from "../base/failure.ts";

/** An empty file that is there while `isUnsettled`. */
const UNSETTLED = "last-run-unsettled";

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
    } catch (cause) {
      throw cause instanceof GodwitError ? cause : this.unusable(messageOf(cause), cause);
    }
  }

  /** Makes a file that must not be there yet, 0600. @returns its descriptor. @throws the system's error, EEXIST among them */
  createFile(name: string, flags: "wx" | "w" | "a" = "wx"): number {
    const descriptor = openSync(join(this.path, name), flags, 0o600);
    const owner = this.ownerToBe();
    if (owner !== null) fchownSync(descriptor, owner.uid, owner.gid);
    return descriptor;
  }

  /**
   * Whether the last run is not known to have ended well: it failed, was killed, or goes on. One look at the disk, since every start with nothing to do
   * asks.
   */
  get isUnsettled(): boolean {
    return existsSync(join(this.path, UNSETTLED));
  }

  set isUnsettled(is: boolean) {
    if (is) closeSync(this.createFile(UNSETTLED, "a"));
    else rmSync(join(this.path, UNSETTLED), { force: true });
  }

  /** Makes what was created, renamed or removed in the folder last through a power cut. */
  sync(): void {
    syncFolder(this.path);
  }

  private isThere(): boolean {
    // A link could lead what root writes to any place.
    const stats = lstatSync(this.path, { throwIfNoEntry: false });
    if (stats === undefined) return false;
    if (stats.isDirectory()) return true;
    throw this.unusable(stats.isSymbolicLink() ? "it is a link" : "it is no folder");
  }

  private create(): void {
    const isMade = mkdirSync(this.path, { recursive: true, mode: 0o700 }) !== undefined;
    if (!isMade) return;
    const owner = this.ownerToBe();
    if (owner !== null) chownSync(this.path, owner.uid, owner.gid);
    const ignore = this.createFile(".gitignore", "a");
    writeSync(ignore, "*\n");
    closeSync(ignore);
    syncFolder(join(this.path, ".."));
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

function target(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
