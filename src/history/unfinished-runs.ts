import { closeSync, existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { mayRun, ownMark } from "../base/running-process.ts";
import type { RestorePoint, RestorePoints } from "./restore-points.ts";

/** `20260214T120000Z.host-4711.unfinished` */
const MARK = /^(\d{8}T\d{6}Z(?:-\d+)?)\.(.*)-(\d+)\.unfinished$/s;

/**
 * Notes which restore points belong to a run that has not ended, as empty files beside them. A run that is killed again and again leaves one restore point
 * each time, of a database that it has not changed: without the notes, nobody could tell them from those that are worth keeping.
 */
export class UnfinishedRuns {
  private readonly points: RestorePoints;

  constructor(points: RestorePoints) {
    this.points = points;
  }

  begin(point: RestorePoint): void {
    closeSync(this.points.folder.createFile(this.ownName(point)));
  }

  end(point: RestorePoint): void {
    rmSync(join(this.points.folder.path, this.ownName(point)), { force: true });
  }

  /** The restore points of runs that were killed; asked for once, since their notes go. */
  takeKilled(): readonly RestorePoint[] {
    const { path } = this.points.folder;
    if (!existsSync(path)) return [];
    return readdirSync(path).flatMap((name) => {
      const [, id, host, pid] = MARK.exec(name) ?? [];
      const stats = id === undefined ? undefined : statSync(join(path, name), { throwIfNoEntry: false });
      if (stats === undefined || mayRun({ host: host!, pid: Number(pid) }, Date.now() - stats.mtimeMs))
        return [];
      rmSync(join(path, name), { force: true });
      return this.points.find(id!) ?? [];
    });
  }

  private ownName({ id }: RestorePoint): string {
    const { host, pid } = ownMark();
    return `${id}.${host}-${pid}.unfinished`;
  }
}
