import { existsSync, mkdtempSync, readdirSync, rmSync, statfsSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GodwitError, messageOf } from "../base/failure.ts";
import { size } from "../base/printable.ts";
import { mayRun, ownMark } from "../base/running-process.ts";
import { accessTarget, type DatabaseAccess } from "../databases/open-database.ts";
import { copyDatabase } from "../databases/sqlite/database-copy.ts";
import { untilFree } from "./lock-wait.ts";
import type { RunSubject } from "./run-plan.ts";
import { lockWait } from "./run-settings.ts";

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
   * @throws GodwitError DATABASE_BUSY, DATABASE_FAILED
   */
  static async of({ database, settings }: RunSubject, { isEmpty = false } = {}): Promise<ScratchDatabase> {
    const folder = makeFolder();
    const hasOriginal = !isEmpty && database.exists();
    try {
      if (!hasOriginal) return new ScratchDatabase(folder, database.name, null);
      requireRoom(folder, database.name);
      const start = settings.clock.elapsed();
      await untilFree(lockWait(settings, database.name), database.name, () =>
        copyDatabase(database.name, join(folder, "scratch.db")),
      );
      return new ScratchDatabase(folder, database.name, Math.round(settings.clock.elapsed() - start));
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Copies the present state beside it. @returns the path of that copy, which a later one of the same name replaces */
  async snapshot(name: string): Promise<string> {
    const path = join(this.folder, `${name}.db`);
    rmSync(path, { force: true });
    if (existsSync(this.path)) await copyDatabase(this.path, path);
    else await copyDatabase(":memory:", path);
    return path;
  }

  /** A snapshot, to be looked into. */
  accessTo(snapshot: string): DatabaseAccess {
    return accessTarget({ kind: "sqlite", path: snapshot }, this.access.name);
  }

  /** Goes back to a snapshot. */
  async goBackTo(snapshot: string): Promise<void> {
    for (const end of ["", "-journal", "-wal", "-shm"]) rmSync(this.path + end, { force: true });
    await copyDatabase(snapshot, this.path);
  }
}

/** Only its owner may look into it: all rows are in there. */
function makeFolder(): string {
  const { host, pid } = ownMark();
  try {
    sweep(tmpdir());
    return mkdtempSync(join(tmpdir(), `godwit-${host}-${pid}-`));
  } catch (cause) {
    throw new GodwitError("DATABASE_FAILED", `no copy can be made in ${tmpdir()}: ${messageOf(cause)}`, {
      hint: ELSEWHERE,
      cause,
    });
  }
}

const ELSEWHERE = "name a folder with room in it: TMPDIR=/path godwit …";

/** Removes what killed processes of this user have left. */
function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const [, host, pid] = FOLDER.exec(name) ?? [];
    if (host === undefined) continue;
    const path = join(parent, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory() !== true || stats.uid !== process.getuid?.()) continue;
    if (!mayRun({ host, pid: Number(pid) }, Date.now() - stats.mtimeMs))
      rmSync(path, { recursive: true, force: true });
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
