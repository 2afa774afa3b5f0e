import { BACKUP_BUGS } from "./bugs/backup-bugs.ts";
import type { Bug } from "./bugs/bug.ts";
import { DATABASE_BUGS } from "./bugs/database-bugs.ts";
import { FILE_BUGS } from "./bugs/file-bugs.ts";
import { RUN_BUGS } from "./bugs/run-bugs.ts";

/** Mistakes that somebody could make, or has made in another tool. Each is one change of one file, never part of the sources. */
export const BUGS: readonly Bug[] = [...RUN_BUGS, ...DATABASE_BUGS, ...FILE_BUGS, ...BACKUP_BUGS];
