import { existsSync, linkSync, lstatSync, renameSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { bestEffort } from "../base/best-effort.ts";
import { syncFile } from "../base/exclusive-file.ts";
import { CompanionFolder } from "./companion-folder.ts";

/** A whole copy of a database as it was at one moment. */
export interface RestorePoint {
  /** The moment in UTC, with a number where there is more than one of that second: `20260214T120000Z`, `20260214T120000Z-2`. */
  readonly id: string;
  readonly file: string;
  readonly bytes: number;
  /** ISO 8601 UTC. */
  readonly createdAt: string;
}

export interface Retention {
  /** How many restore points stay. */
  readonly keep: number;
  /** How much they may take together, in bytes; the newest stays whatever it takes. Null: as much as they do. */
  readonly maxBytes: number | null;
}

const ID = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z(?:-([1-9]\d*))?$/;
const ENDING = ".db";

/** The restore points of one database: files of a folder beside it. */
export class RestorePoints {
  readonly folder: CompanionFolder;

  /** @param parent where the folder lies, if not beside the database */
  constructor(database: string, parent?: string) {
    this.folder = new CompanionFolder(database, parent);
  }

  /** Newest first. Empty where there is no folder. @throws GodwitError DATABASE_FAILED where it cannot be read */
  list(): readonly RestorePoint[] {
    return this.folder
      .names()
      .flatMap((name) => {
        const point = this.pointOf(name);
        return point === null ? [] : [point];
      })
      .sort((one, other) => compareIds(other.id, one.id));
  }

  find(id: string): RestorePoint | undefined {
    return this.list().find((point) => point.id === id);
  }

  /** Gives a finished copy in the folder its name for good, under which it is whole or not there. Never replaces another. */
  adopt(copy: string, moment: Date): RestorePoint {
    syncFile(copy);
    const second = moment.toISOString().replace(/[-:]|\.\d+/g, "");
    // Never one that was used before and is free again: what comes later has the higher number.
    const used = this.list().filter(({ id }) => id.startsWith(second));
    for (let number = 1 + Math.max(0, ...used.map(({ id }) => numberOf(id))); ; number++) {
      const name = `${second}${number === 1 ? "" : `-${number}`}${ENDING}`;
      const file = join(this.folder.path, name);
      if (!giveName(copy, file)) continue;
      try {
        rmSync(copy, { force: true });
        this.folder.syncWithParent();
      } catch (error) {
        // Who is told that there is none must not find one.
        bestEffort(() => rmSync(file, { force: true }));
        throw error;
      }
      return this.pointOf(name)!;
    }
  }

  remove(point: RestorePoint): void {
    unlinkSync(point.file);
    bestEffort(() => this.folder.sync());
  }

  /**
   * Removes the oldest until the rest is as few and as small as they may be.
   * @param spared ids of those that stay all the same
   * @returns what is gone
   */
  prune(retention: Retention, spared: readonly string[] = []): readonly RestorePoint[] {
    const surplus = surplusOf(this.list(), retention).filter(({ id }) => !spared.includes(id));
    for (const point of surplus) unlinkSync(point.file);
    if (surplus.length > 0) bestEffort(() => this.folder.sync());
    return surplus;
  }

  private pointOf(name: string): RestorePoint | null {
    const id = name.endsWith(ENDING) ? name.slice(0, -ENDING.length) : "";
    const match = ID.exec(id);
    const file = join(this.folder.path, name);
    // A link could lead to any file.
    const stats = match === null ? undefined : lstatSync(file, { throwIfNoEntry: false });
    if (match === null || stats?.isFile() !== true) return null;
    const [, year, month, day, hour, minute, second] = match;
    return { id, file, bytes: stats.size, createdAt: `${year}-${month}-${day}T${hour}:${minute}:${second}Z` };
  }
}

/** Which restore points are too many or too much, given all of them, newest first. Pure. */
export function surplusOf(
  newestFirst: readonly RestorePoint[],
  { keep, maxBytes }: Retention,
): readonly RestorePoint[] {
  let total = 0;
  return newestFirst.filter(({ bytes }, index) => {
    total += bytes;
    return index > 0 && (index >= keep || (maxBytes !== null && total > maxBytes));
  });
}

/** By the moment, then by the number. */
function compareIds(one: string, other: string): number {
  const [a, b] = [secondOf(one), secondOf(other)];
  return a === b ? numberOf(one) - numberOf(other) : a < b ? -1 : 1;
}

function secondOf(id: string): string {
  return id.split("-")[0]!;
}

function numberOf(id: string): number {
  return Number(id.split("-")[1] ?? 1);
}

/** What file systems say that know no second name for a file. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** The file may keep its old name too. @returns false where something has the name. A rename alone would replace it. */
function giveName(file: string, name: string): boolean {
  try {
    linkSync(file, name);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (!NO_LINKS.has(code)) throw error;
    if (existsSync(name)) return false;
    renameSync(file, name);
  }
  return true;
}
