import { bestEffort } from "../base/best-effort.ts";
import { GodwitError } from "../base/failure.ts";
import { size } from "../base/printable.ts";
import type { Connection } from "../databases/connection.ts";
import { DatabaseError, databaseFailure } from "../databases/database-error.ts";
import { accessTarget } from "../databases/open-database.ts";
import { HistoryTable } from "../history/history-table.ts";
import type { RestorePoint, RestorePoints } from "../history/restore-points.ts";
import { incompleteTableOf } from "../history/table-shape.ts";
import type { UnfinishedRuns } from "../history/unfinished-runs.ts";
import { onlyAdds } from "../sql/classification.ts";
import type { PreparedStep } from "./prepare.ts";
import { restoreCommand } from "./restore-command.ts";
import type { RunSettings } from "./run-settings.ts";

/** The restore point of one run: made before its first step, taken away again if the run changes nothing. */
export class RunBackup {
  private readonly connection: Connection;
  private readonly settings: RunSettings;
  private made: { point: RestorePoint; points: RestorePoints; unfinished: UnfinishedRuns } | null = null;

  constructor(connection: Connection, settings: RunSettings) {
    this.connection = connection;
    this.settings = settings;
  }

  /**
   * Makes a restore point if the steps ask for one, over a connection of its own: nothing can come between it and the first step, since the caller
   * holds the write lock.
   * @throws GodwitError BACKUP_FAILED, DATABASE_CORRUPT
   */
  async before(steps: readonly PreparedStep[]): Promise<void> {
    const { file } = this.connection;
    const { backup, clock, emit } = this.settings;
    if (this.made !== null || file === null) return;
    if (!(await wantsRestorePoint(this.connection, steps, this.settings))) return;
    // Loaded here, since most starts make none.
    const { RestorePoints } = await import("../history/restore-points.ts");
    const { makeRestorePoint } = await import("../history/restore-point-maker.ts");
    const { UnfinishedRuns } = await import("../history/unfinished-runs.ts");
    const points = new RestorePoints(file, backup.parent);
    emit({ kind: "backup-started", database: this.connection.name });
    const start = clock.elapsed();
    const point = await this.attempt(() =>
      makeRestorePoint(points, file, {
        now: clock.now(),
        onProgress: (progress) => emit({ kind: "backup-progress", ...progress }),
      }),
    );
    const unfinished = new UnfinishedRuns(points);
    this.made = { point, points, unfinished };
    let killed: readonly RestorePoint[] = [];
    bestEffort(() => {
      killed = unfinished.takeKilled();
      unfinished.begin(point);
    });
    emit({ kind: "backup-created", restorePoint: point, durationMs: Math.round(clock.elapsed() - start) });
    for (const old of killed) await this.removeIfSuperseded(old, points).catch(ignoreFailure);
  }

  /** After a run that did all: the oldest go. */
  succeed(): void {
    if (this.made === null) return;
    const { points, point, unfinished } = this.made;
    // What the run came to is told whatever becomes of files beside the database.
    bestEffort(() => {
      unfinished.end(point);
      points.prune(this.settings.backup, [point.id]);
    });
  }

  /** After one that failed. */
  fail({ isChanged }: { isChanged: boolean }): void {
    if (this.made === null) return;
    const { points, point, unfinished } = this.made;
    bestEffort(() => {
      unfinished.end(point);
      if (isChanged) return;
      points.remove(point);
      this.settings.emit({ kind: "backup-removed", restorePoint: point });
    });
  }

  /** The command that undoes all of the run; null where there is nothing to restore. */
  get wayBack(): string | null {
    return this.made === null ? null : restoreCommand(this.made.point, this.connection.name);
  }

  /** A run that was killed before it had recorded anything has left a copy of what there still is. */
  private async removeIfSuperseded(old: RestorePoint, points: RestorePoints): Promise<void> {
    const present = await this.historyOf(this.connection);
    const copy = await accessTarget({ kind: "sqlite", path: old.file }).open("read");
    try {
      if ((await this.historyOf(copy)) === present) points.remove(old);
    } finally {
      await copy.close();
    }
  }

  private async historyOf(connection: Connection): Promise<string> {
    const { applied, incomplete } = await new HistoryTable(connection, this.settings.table).read();
    return JSON.stringify([
      applied.map(({ version, appliedAt, checksum }) => [version, String(appliedAt), checksum]),
      incomplete,
    ]);
  }

  private async attempt<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw error instanceof DatabaseError ? databaseFailure(error, this.connection.name) : error;
    }
  }
}

/** Whether a run of these steps makes a restore point: they ask for one, there is something to keep, and not too much of it, which a note tells. */
export async function wantsRestorePoint(
  connection: Connection,
  steps: readonly PreparedStep[],
  { table, backup, emit }: RunSettings,
): Promise<boolean> {
  if (!asksForBackup(steps, backup.when)) return false;
  const rows = await connection.all(
    `SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
     AND name NOT IN (? COLLATE NOCASE, ? COLLATE NOCASE) LIMIT 1`,
    table,
    incompleteTableOf(table),
  );
  if (rows.length === 0) return false;
  const message = await tooLarge(connection, backup.maxBytes);
  if (message === null) return true;
  emit({ kind: "note", file: connection.name, line: null, message });
  return false;
}

/** In words; null for what may be copied. */
async function tooLarge(connection: Connection, maxBytes: number | null): Promise<string | null> {
  if (maxBytes === null) return null;
  const [row] = await connection.all<{ bytes: number | bigint }>(
    "SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size",
  );
  const bytes = Number(row?.bytes ?? 0);
  if (bytes <= maxBytes) return null;
  return `no restore point: the database has ${size(bytes)}, and backup.max_size is ${size(maxBytes)}`;
}

/** A restore point that cannot be read, or not removed, stays where it is. */
function ignoreFailure(error: unknown): void {
  const isExpected = error instanceof DatabaseError || error instanceof GodwitError;
  if (!isExpected && (error as NodeJS.ErrnoException).code === undefined) throw error;
}

/** Pure. */
function asksForBackup(steps: readonly PreparedStep[], when: "auto" | "always" | "never"): boolean {
  if (steps.length === 0 || when === "never") return false;
  return when === "always" || !steps.every(isAddition);
}

/** Nothing that was there is changed by it. */
export function isAddition({ work }: PreparedStep): boolean {
  if (work.kind === "code") return false;
  for (const { words, start, end } of work.statements)
    if (!onlyAdds(words, work.text.slice(start, end))) return false;
  return true;
}
