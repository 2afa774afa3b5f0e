import { statSync } from "node:fs";
import { resolve } from "node:path";
import { GodwitError } from "../../base/failure.ts";
import { printable } from "../../base/printable.ts";
import { DatabaseError } from "../../databases/database-error.ts";
import {
  addPage,
  type CopyFacts,
  examineCopy,
  setPageSize,
  settleCopy,
} from "../../databases/sqlite/copy-check.ts";
import { copyDatabase } from "../../databases/sqlite/database-copy.ts";
import { withPartial } from "../../history/restore-point-maker.ts";
import type { RestorePoints } from "../../history/restore-points.ts";

/** What is to be put back: a restore point, or a database file of the user's. */
export interface RestoreSource {
  /** Null for a file. */
  readonly id: string | null;
  readonly file: string;
  readonly bytes: number;
}

/**
 * What an ID or a path means; without one, the newest restore point.
 * @throws GodwitError RESTORE_POINT_UNKNOWN
 */
export function chooseSource(
  points: RestorePoints,
  database: string,
  named: string | undefined,
): RestoreSource {
  const all = points.list();
  const point = named === undefined ? all[0] : all.find(({ id }) => id === named);
  if (point !== undefined) return point;
  const file = named === undefined ? undefined : resolve(named);
  const stats = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false });
  if (file === undefined || stats?.isFile() !== true) throw unknown(points, named);
  const target = statSync(database, { throwIfNoEntry: false });
  if (target?.ino === stats.ino && target.dev === stats.dev) {
    throw new GodwitError("RESTORE_POINT_UNKNOWN", `${printable(file)} is the database itself`, {
      hint: "name a restore point; see them with: godwit backup list",
    });
  }
  return { id: null, file, bytes: stats.size };
}

function unknown(points: RestorePoints, named: string | undefined): GodwitError {
  const ids = points.list().map(({ id }) => id);
  const message =
    named === undefined
      ? `there are no restore points in ${points.folder.path}`
      : `there is no restore point ${printable(named)}, nor a file of that name`;
  return new GodwitError("RESTORE_POINT_UNKNOWN", message, {
    details: named === undefined ? [] : ids,
    hint:
      ids.length === 0
        ? "name a file that holds the database as it was: godwit restore FILE"
        : "choose one of these, newest first",
  });
}

/**
 * Looks through all of a source. @throws GodwitError RESTORE_POINT_DAMAGED
 */
export function examineSource(source: RestoreSource): CopyFacts {
  if (source.bytes === 0) throw damaged(source, "it is empty", undefined);
  try {
    return examineCopy(source.file);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    throw damaged(
      source,
      error.kind === "not-a-database" ? "it is no SQLite database" : error.message,
      error,
    );
  }
}

function damaged({ id, file }: RestoreSource, why: string, cause: unknown): GodwitError {
  return new GodwitError("RESTORE_POINT_DAMAGED", `${id ?? printable(file)} cannot be restored: ${why}`, {
    hint: "choose another one; see them with: godwit backup list",
    cause,
  });
}

/** What a target takes: pages of this size, if it is not null, and at least so many. */
interface Wanted {
  readonly pageSize: number | null;
  readonly pages: number;
}

/**
 * Gives `action` a file that can take the place of the target: the source itself, or a copy of it where it is in WAL mode, which must not pass to the
 * target, or has pages that the target cannot take.
 */
export async function withFitting<T>(
  points: RestorePoints,
  { file }: RestoreSource,
  { facts, wanted }: { facts: CopyFacts; wanted: Wanted },
  action: (path: string) => Promise<T>,
): Promise<T> {
  const mustResize = wanted.pageSize !== null && wanted.pageSize !== facts.pageSize;
  const mustGrow = facts.pages < wanted.pages;
  if (!facts.isWal && !mustResize && !mustGrow) return action(file);
  return withPartial(points, async (partial) => {
    settleCopy(partial, await copyDatabase(file, partial));
    if (mustResize) setPageSize(partial, wanted.pageSize!);
    if (mustGrow) addPage(partial);
    return action(partial);
  });
}
