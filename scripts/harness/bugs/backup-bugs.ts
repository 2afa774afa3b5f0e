import { backups } from "../backups.ts";
import { faultsFrom } from "../faults.ts";
import { powerCutsFrom } from "../power-cuts.ts";
import { restores } from "../restores.ts";
import type { Bug } from "./bug.ts";

const RUN = "migrate sql used delete grouped";

/** Restore points, and what puts them back. */
export const BACKUP_BUGS: readonly Bug[] = [
  {
    name: "a copy is made of the file, not of the database",
    file: "databases/sqlite/database-copy.ts",
    find: "      await backup(source, isJournalled ? to : shared, progressOptions(source, onProgress));",
    replace:
      '      (await import("node:fs")).copyFileSync(from, to);\n      void [backup, progressOptions, onProgress];',
    caughtBy: [backups],
  },
  {
    name: "a restore point is made before the lock",
    file: "engine/migration-run.ts",
    find: "    await this.backup.before(this.queue);",
    replace:
      "    await this.transaction.rollback();\n    await this.backup.before(this.queue);\n    await this.transaction.begin();",
    caughtBy: [backups],
  },
  {
    name: "restore points are for everybody to read",
    file: "history/companion-folder.ts",
    find: "openSync(join(this.path, name), flags, 0o600)",
    replace: "openSync(join(this.path, name), flags, 0o644)",
    caughtBy: [backups, faultsFrom(RUN)],
  },
  {
    name: "the folder of restore points is for everybody to look into",
    file: "history/companion-folder.ts",
    find: "{ mode: 0o700 }",
    replace: "{ mode: 0o755 }",
    caughtBy: [faultsFrom(RUN)],
  },
  {
    name: "half a copy stays where one fails",
    file: "history/restore-point-maker.ts",
    find: "    bestEffort(() => remove(partial));",
    replace: "    void bestEffort;",
    caughtBy: [faultsFrom(RUN)],
  },
  {
    name: "half a copy stays for ever where a run was killed",
    file: "history/restore-point-maker.ts",
    find: "    sweep(points.folder.path);",
    replace: "    void sweep;",
    caughtBy: [faultsFrom(RUN)],
  },
  {
    name: "a copy is given its name before it is whole",
    file: "history/restore-point-maker.ts",
    find: "      await fill(partial, database, request);\n      return points.adopt(partial, request.now);",
    replace:
      "      const point = points.adopt(partial, request.now);\n      await fill(point.file, database, request);\n      return point;",
    caughtBy: [faultsFrom(RUN)],
  },
  {
    name: "the name of a restore point is not synced",
    file: "history/restore-points.ts",
    find: "        rmSync(copy, { force: true });\n        this.folder.syncWithParent();",
    replace: "        rmSync(copy, { force: true });",
    caughtBy: [powerCutsFrom(RUN)],
  },
  {
    name: "the folder of restore points is not synced",
    file: "history/companion-folder.ts",
    find: "    syncAbove(this.path);\n",
    replace: "",
    caughtBy: [powerCutsFrom("backup first delete")],
  },
  {
    name: "a restore point of which nobody is told stays",
    file: "history/restore-points.ts",
    find: "        bestEffort(() => rmSync(file, { force: true }));\n        throw error;",
    replace: "        throw error;",
    caughtBy: [faultsFrom("backup used delete")],
  },
  {
    name: "the restore point of a run that changed nothing stays",
    file: "engine/run-backup.ts",
    find: "      if (isChanged) return;",
    replace: "      if (isChanged || points !== null) return;",
    caughtBy: [faultsFrom(RUN)],
  },
  {
    name: "the restore point of a run that was killed and changed nothing stays",
    file: "engine/run-backup.ts",
    find: "      killed = unfinished.takeKilled();",
    replace: "",
    caughtBy: [faultsFrom(RUN)],
  },
  {
    name: "the restore point of a run that was killed is removed, whatever it changed",
    file: "engine/run-backup.ts",
    find: "      if ((await this.historyOf(copy)) === present) points.remove(old);",
    replace: "      if ((await this.historyOf(copy)) !== null) points.remove(old);\n      void present;",
    caughtBy: [faultsFrom("migrate sql used delete each")],
  },
  {
    name: "a run that fails lets the oldest restore point go",
    file: "engine/run-backup.ts",
    find: "      points.remove(point);\n      this.settings",
    replace:
      "      points.prune(this.settings.backup, [point.id]);\n      points.remove(point);\n      this.settings",
    caughtBy: [faultsFrom(RUN)],
  },
  {
    name: "a commit that fails when it is done is taken for undone",
    file: "engine/transaction.ts",
    find: "      if (error instanceof DatabaseError && lastChange !== null)",
    replace: "      if (error instanceof DatabaseError && lastChange === undefined)",
    caughtBy: [faultsFrom("rollback mixed used delete grouped")],
  },
  {
    name: "a restore puts another file in the database's place",
    file: "databases/sqlite/overwrite-target.ts",
    find: "      await backup(from, to, {",
    replace:
      '      const fs = await import("node:fs");\n      fs.copyFileSync(source, `${this.path}.new`);\n      fs.renameSync(`${this.path}.new`, this.path);\n      if (this.isBegun) await backup(from, to, {',
    caughtBy: [restores],
  },
  {
    name: "a restore does not look whether others have written",
    file: "databases/sqlite/overwrite-target.ts",
    find: "          if (!this.isBegun && this.state() !== this.known) throw new Moved();\n",
    replace: "",
    caughtBy: [restores],
  },
  {
    name: "a restore syncs as little as SQLite does by itself",
    file: "databases/sqlite/overwrite-target.ts",
    find: '      synced.exec("PRAGMA synchronous = EXTRA");',
    replace: "",
    caughtBy: [powerCutsFrom("restore used delete")],
  },
  {
    name: "a database that is made anew by a restore is not synced",
    file: "features/backup/restore.ts",
    find: "      syncCommit(database.name);",
    replace: "      void syncCommit;",
    caughtBy: [powerCutsFrom("restore gone delete")],
  },
  {
    name: "a database that is made from a restore point has no journal",
    file: "databases/sqlite/database-copy.ts",
    find: "  return copying({ from, to, onProgress, isJournalled: true }, rowsOf);",
    replace: "  return copying({ from, to, onProgress, isJournalled: false }, rowsOf);",
    caughtBy: [powerCutsFrom("restore gone delete")],
  },
  {
    name: "what was there before a restore is not kept",
    file: "features/backup/restore.ts",
    find: "      if (await overwrite(subject, { target, path, backup, undo })) return backup;",
    replace:
      "      if (await overwrite(subject, { target, path, backup, undo })) {\n        undo();\n        return backup;\n      }",
    caughtBy: [restores],
  },
  {
    name: "what was there before a restore goes where the restore fails when it is done",
    file: "features/backup/restore.ts",
    find: "    if (error instanceof DatabaseError && target.isChanged)",
    replace: "    if (error instanceof DatabaseError && target === null)",
    caughtBy: [faultsFrom("restore used delete")],
  },
];
