import { closeSync, existsSync, readdirSync, rmSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { bestEffort } from "../base/best-effort.ts";
import { startSync } from "../base/exclusive-file.ts";
import { GodwitError, messageOf } from "../base/failure.ts";
import { size } from "../base/printable.ts";
import { randomHex } from "../base/random.ts";
import { mayRun, ownMark } from "../base/running-process.ts";
import { DatabaseError } from "../databases/database-error.ts";
import { settleCopy } from "../databases/sqlite/copy-check.ts";
import { type CopyListener, copyDatabase } from "../databases/sqlite/database-copy.ts";
import { checkBeside } from "../databases/sqlite/process-beside.ts";
import type { RestorePoint, RestorePoints } from "./restore-points.ts";

/** Besides the copy itself: the folder's own blocks, and what SQLite writes beside a new file. */
const SPARE_BYTES = 1 << 20;

/** `number-host-pid.partial`, and SQLite's files beside it. */
const PARTIAL = /^\d+-(.*)-(\d+)\.partial(?:-journal|-wal|-shm)?$/s;

/**
 * Makes one restore point: copied beside the others, looked through, synced, and only then given its name.
 * @returns where the new restore point is
 * @throws GodwitError BACKUP_FAILED, DATABASE_CORRUPT; DatabaseError of kind busy. Nothing half stays behind.
 */
export async function makeRestorePoint(
  points: RestorePoints,
  database: string,
  request: RestorePointRequest,
): Promise<RestorePoint> {
  points.folder.make();
  try {
    sweep(points.folder.path);
    requireRoom(points.folder.path, database);
    return await withPartial(points, async (partial) => {
      await fill(partial, database, request);
      return points.adopt(partial, request.now);
    });
  } catch (error) {
    throw backupFailure(error, database);
  }
}

export interface RestorePointRequest {
  readonly now: Date;
  readonly onProgress?: CopyListener | undefined;
  /** Keep what can be copied of a database that is damaged, too; told that it is. */
  readonly onDamage?: ((message: string) => void) | undefined;
}

async function fill(
  partial: string,
  database: string,
  { onProgress, onDamage }: RestorePointRequest,
): Promise<void> {
  const checking = checkBeside(database);
  const rows = await copyDatabase(database, partial, onProgress);
  const syncing = startSync(partial);
  try {
    settleCopy(partial, rows, await checking);
  } catch (error) {
    const isDamage = error instanceof DatabaseError && error.kind === "corrupt";
    if (!isDamage || onDamage === undefined) throw error;
    onDamage(error.message);
  }
  const failure = await syncing;
  if (failure !== null) throw failure;
}

/** Makes an empty file in the folder for `action` to fill; what is still there of it afterwards goes. */
export async function withPartial<T>(
  points: RestorePoints,
  action: (partial: string) => Promise<T>,
): Promise<T> {
  const { host, pid } = ownMark();
  // To SQLite's shared cache two files of one name are one, and a number that is counted up is one for each thread.
  const name = `${Number.parseInt(randomHex(6), 16)}-${host}-${pid}.partial`;
  const partial = join(points.folder.path, name);
  atWork.add(partial);
  try {
    remove(partial);
    closeSync(points.folder.createFile(name));
    return await action(partial);
  } finally {
    // What cannot be removed is swept by the next one.
    bestEffort(() => remove(partial));
    atWork.delete(partial);
  }
}

/** What this process is writing right now; a server may make several copies at once. */
const atWork = new Set<string>();

/** Removes what processes have left that were killed in the middle of a copy. */
function sweep(folder: string): void {
  for (const name of readdirSync(folder)) {
    const [, host, pid] = PARTIAL.exec(name) ?? [];
    const file = join(folder, name);
    if (host === undefined || atWork.has(file.replace(/(?<=\.partial)-\w+$/, ""))) continue;
    const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (!mayRun({ host, pid: Number(pid) }, age)) rmSync(file, { force: true });
  }
}

function remove(partial: string): void {
  for (const end of ["", "-journal", "-wal", "-shm"]) rmSync(partial + end, { force: true });
}

function requireRoom(folder: string, database: string): void {
  const needed = sizeOf(database) + sizeOf(`${database}-wal`) + SPARE_BYTES;
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= needed) return;
  throw new GodwitError(
    "BACKUP_FAILED",
    `a restore point needs ${size(needed)}, and ${folder} has ${size(bavail * bsize)} left`,
    { hint: WITHOUT },
  );
}

const WITHOUT = "make room, name another place with backup.dir in godwit.toml, or do without: --no-backup";

function sizeOf(path: string): number {
  return existsSync(path) ? (statSync(path, { throwIfNoEntry: false })?.size ?? 0) : 0;
}

/** What keeps a restore point from being made, as a failure of the run; a database that is busy is for the caller to wait for. */
export function backupFailure(error: unknown, database: string): unknown {
  if (error instanceof GodwitError) return error;
  if (error instanceof DatabaseError) {
    if (error.kind === "busy") return error;
    if (error.kind === "corrupt")
      return new GodwitError("DATABASE_CORRUPT", `${database} is damaged: ${error.message}`, {
        hint: "put a good copy back (godwit backup list shows the restore points), or go on without one: --no-backup",
        cause: error,
      });
  }
  return new GodwitError("BACKUP_FAILED", `no restore point could be made: ${messageOf(error)}`, {
    hint: WITHOUT,
    cause: error,
  });
}
