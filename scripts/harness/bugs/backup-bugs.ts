import { backups } from "../backups.ts";
import { faults } from "../faults.ts";
import { restores } from "../restores.ts";
import type { Bug } from "./bug.ts";

/** Restore points, and what puts them back. */
export const BACKUP_BUGS: readonly Bug[] = [
  {
    name: "a copy is made of the file, not of the database",
    file: "databases/sqlite/database-copy.ts",
    find: "      await backup(source, to, progressOptions(source, onProgress));",
    replace:
      '      (await import("node:fs")).copyFileSync(from, to);\n      void [backup, progressOptions, onProgress];',
    caughtBy: [backups],
  },
  {
    name: "restore points are for everybody to read",
    file: "history/companion-folder.ts",
    find: "openSync(join(this.path, name), flags, 0o600)",
    replace: "openSync(join(this.path, name), flags, 0o644)",
    caughtBy: [backups, faults],
  },
  {
    name: "half a copy stays where one fails",
    file: "history/restore-point-maker.ts",
    find: "    tidy(partial);\n    atWork",
    replace: "    void tidy;\n    atWork",
    caughtBy: [faults],
  },
  {
    name: "a copy is given its name before it is whole",
    file: "history/restore-point-maker.ts",
    find: "      await fill(partial, database, request);\n      return points.adopt(partial, request.now);",
    replace:
      "      const point = points.adopt(partial, request.now);\n      await fill(point.file, database, request);\n      return point;",
    caughtBy: [faults],
  },
  {
    name: "the restore point of a run that changed nothing stays",
    file: "engine/run-backup.ts",
    find: "      if (isChanged) return;",
    replace: "      if (isChanged || points !== null) return;",
    caughtBy: [faults],
  },
  {
    name: "a restore puts another file in the database's place",
    file: "databases/sqlite/overwrite-target.ts",
    find: "      await backup(from, this.path, {",
    replace:
      '      const fs = await import("node:fs");\n      fs.copyFileSync(source, `${this.path}.new`);\n      fs.renameSync(`${this.path}.new`, this.path);\n      if (isLocked) await backup(from, this.path, {',
    caughtBy: [restores],
  },
  {
    name: "what was there before a restore is not kept",
    file: "features/backup/restore.ts",
    find: "undo: () => points.remove(backup) })) {",
    replace: "undo: () => points.remove(backup) })) {\n        points.remove(backup);",
    caughtBy: [restores],
  },
];
