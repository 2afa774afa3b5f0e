import {
  closeSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GodwitError, messageOf } from "../base/failure.ts";
import { size } from "../base/printable.ts";
import { mayRun, ownMark } from "../base/running-process.ts";
import { DatabaseError, databaseFailure } from "../databases/database-error.ts";
import { accessTarget, type DatabaseAccess } from "../databases/open-database.ts";
import { copyPages } from "../databases/sqlite/database-copy.ts";
import { untilFree } from "./lock-wait.ts";
import { lockWait } from "./run-settings.ts";
import type { RunSubject } from "./run-subject.ts";

/** `godwit-host-4711-Ab3dE9`: whose it is, and what makes it the only one of its name. */
const FOLDER = /^godwit-(.*)-(\d+)-[A-Za-z0-9]{6}$/s;

/** The copy itself, and one more to compare it with. */
const COPIES = 2.2;
const SPARE_BYTES = 1 << 20;

/**
 * A copy of a database in a folder of its own, to try things on; nothing where there is no database yet. It goes with the object. Messages name it as
 * the original.
 */
export class ScratchDatabase implements Disposable {
  readonly path: string;
  readonly access: DatabaseAccess;
  /** How long it took to copy the original, in milliseconds; null where there was none. */
  readonly copyMs: number | null;
  private readonly folder: string;

  private constructor(folder: string, name: string, copyMs: number | null) {
    this.folder = folder;
    this.path = join(folder, "scratch.db");
    this.access = accessTarget({ kind: "sqlite", path: this.path }, name);
    this.copyMs = copyMs;
  }

  /**
   * Copies the database of a subject, or begins with none.
   * @throws GodwitError DATABASE_BUSY, DATABASE_FAILED, or what else keeps it from being read
   */
  static async of({ database, settings }: RunSubject, { isEmpty = false } = {}): Promise<ScratchDatabase> {
    const folder = makeFolder();
    const hasOriginal = !isEmpty && database.exists();
    try {
      if (!hasOriginal) return new ScratchDatabase(folder, database.name, null);
      requireRoom(folder, database.name);
      const start = settings.clock.elapsed();
      await untilFree(lockWait(settings, database.name), database.name, () =>
        copyInto(join(folder, "scratch.db"), database.name),
      );
      return new ScratchDatabase(folder, database.name, Math.round(settings.clock.elapsed() - start));
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw asFailure(error, database.name);
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Copies the present state beside it. @returns the path of that copy, which a later one of the same name replaces */
  async snapshot(name: string): Promise<string> {
    const path = join(this.folder, `${name}.db`);
    await copyInto(path, existsSync(this.path) ? this.path : ":memory:");
    return path;
  }

  /** A snapshot, to be looked into. */
  accessTo(snapshot: string): DatabaseAccess {
    return accessTarget({ kind: "sqlite", path: snapshot }, this.access.name);
  }

  /** Goes back to a snapshot. */
  async goBackTo(snapshot: string): Promise<void> {
    await copyInto(this.path, snapshot);
  }

  /** Carries out what reads or writes the copies. @throws GodwitError what the database, or the disk of the copies, says to it */
  async attempt<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw asFailure(error, this.access.name);
    }
  }

  /** A step that the disk of the copies stopped says nothing of a real run. @throws GodwitError DATABASE_FAILED */
  requireRoomLeft(failure: GodwitError): void {
    if (isFull(failure.cause)) throw asFailure(failure, this.access.name);
  }
}

/** In the place of what is there. All rows are in it: nobody else may read it. */
async function copyInto(path: string, from: string): Promise<void> {
  for (const end of ["", "-journal", "-wal", "-shm"]) rmSync(path + end, { force: true });
  closeSync(openSync(path, "wx", 0o600));
  await copyPages(from, path);
}

/** SQLite names the database that it was told of, also where it is the disk of its copy that is full. */
function asFailure(thrown: unknown, name: string): unknown {
  if (isFull(thrown) || (thrown instanceof GodwitError && isFull(thrown.cause))) {
    return new GodwitError(
      "DATABASE_FAILED",
      `the disk is full that the copy of ${name} is on: ${tmpdir()}`,
      {
        hint: ELSEWHERE,
        state: `unchanged: only the copy was worked on, and ${name} was not touched`,
        cause: thrown,
      },
    );
  }
  return thrown instanceof DatabaseError ? databaseFailure(thrown, name) : thrown;
}

function isFull(thrown: unknown): boolean {
  return thrown instanceof DatabaseError && thrown.kind === "full";
}

/** Only its owner may look into it: all rows are in there. */
function makeFolder(): string {
  const { host, pid } = ownMark();
  sweep(tmpdir());
  try {
    return mkdtempSync(join(tmpdir(), `godwit-${host}-${pid}-`));
  } catch (cause) {
    // "ENOENT: no such file or directory, mkdtemp '/srv/tmp/godwit-…'"
    const words = messageOf(cause).replace(/^E[A-Z]+: |, mkdtemp '.*$/gs, "");
    throw new GodwitError("DATABASE_FAILED", `no copy can be made in ${tmpdir()}: ${words}`, {
      hint: ELSEWHERE,
      cause,
    });
  }
}

const ELSEWHERE = "name a folder with room in it: TMPDIR=/path godwit …";

/** Removes what killed processes of this user have left. What cannot be looked at or removed stays. */
function sweep(parent: string): void {
  tolerant(() => {
    for (const name of readdirSync(parent)) tolerant(() => sweepOne(join(parent, name), name));
  });
}

function sweepOne(path: string, name: string): void {
  const [, host, pid] = FOLDER.exec(name) ?? [];
  if (host === undefined) return;
  // Anybody may put a link there.
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory() !== true || stats.uid !== process.getuid?.()) return;
  if (!mayRun({ host, pid: Number(pid) }, Date.now() - stats.mtimeMs))
    rmSync(path, { recursive: true, force: true });
}

function tolerant(action: () => void): void {
  try {
    action();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}

function requireRoom(folder: string, database: string): void {
  const bytes = sizeOf(database) + sizeOf(`${database}-wal`);
  const needed = Math.round(bytes * COPIES) + SPARE_BYTES;
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= needed) return;
  throw new GodwitError(
    "DATABASE_FAILED",
    `a rehearsal of this database needs ${size(needed)}, and ${tmpdir()} has ${size(bavail * bsize)} left`,
    { hint: ELSEWHERE },
  );
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
