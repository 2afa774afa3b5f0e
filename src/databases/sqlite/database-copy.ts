import type { DatabaseSync } from "node:sqlite";
import { quoteIdentifier } from "../../sql/identifier.ts";
import { isInWalUse, uriOf } from "./database-file.ts";
import { toDatabaseError } from "./driver-error.ts";
import { withoutStrangers } from "./strangers.ts";

/** How far a copy is. */
export interface CopyProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export type CopyListener = (progress: CopyProgress) => void;

/** Rows by table, virtual tables left out: what they hold is in other tables. */
export type RowCounts = ReadonlyMap<string, number>;

/** So many times is a listener told; each time the copy waits for this thread. */
const TOLD = 100;
const SMALLEST_STEP = 256;

/**
 * Copies a database page by page through SQLite's own backup (https://sqlite.org/backup.html), which sees what is in a `-wal` or a hot journal and takes
 * locks as a reader does. All of the copy is of one moment. The journal mode is in the file and is copied too. Rows that are in no commit yet are not.
 * Nothing is synced: what is to last is the caller's to sync, and a copy that a power cut interrupts is to be thrown away.
 * @param to a file that is there and empty, or is not there; what is in it otherwise is replaced
 * @returns how many rows were there to copy
 * @throws DatabaseError; of kind busy where a writer keeps readers out at that moment. What was begun of the copy is left to the caller.
 */
export function copyDatabase(from: string, to: string, onProgress?: CopyListener): Promise<RowCounts> {
  return copying({ from, to, onProgress, isJournalled: false }, rowsOf);
}

/** The same as one transaction of the new database: after a power cut it is there whole, or empty. @throws DatabaseError */
export function createFrom(from: string, to: string, onProgress: CopyListener): Promise<RowCounts> {
  return copying({ from, to, onProgress, isJournalled: true }, rowsOf);
}

/** As `copyDatabase`, without counting, which reads an index of every table, and takes collations that only the application has. @throws DatabaseError */
export function copyPages(from: string, to: string): Promise<void> {
  return copying({ from, to, isJournalled: false }, () => undefined);
}

function rowsOf(source: DatabaseSync): RowCounts {
  return countRows((sql) => source.prepare(sql).all().map(Object.values));
}

interface Copying {
  readonly from: string;
  readonly to: string;
  readonly onProgress?: CopyListener | undefined;
  readonly isJournalled: boolean;
}

/** @param look at the source, before anything else can change it */
async function copying<T>(copying: Copying, look: (source: DatabaseSync) => T): Promise<T> {
  const { from, to, onProgress, isJournalled } = copying;
  const { backup, DatabaseSync } = await import("node:sqlite");
  try {
    const source = openSource(DatabaseSync, from);
    let target: DatabaseSync | null = null;
    try {
      // A copy begins anew each time that another connection commits, unless its source is in a transaction that reads.
      source.exec("BEGIN");
      source.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get();
      const shared = uriOf(to, "cache=shared");
      if (!isJournalled) {
        target = new DatabaseSync(shared);
        syncNothing(target);
      }
      await backup(source, isJournalled ? to : shared, progressOptions(source, onProgress));
      return look(source);
    } finally {
      target?.close();
      source.close();
    }
  } catch (thrown) {
    throw toDatabaseError(thrown) ?? thrown;
  }
}

/**
 * The connection of the backup cannot be told so, but shares the pager of this one (https://sqlite.org/sharedcache.html). With SQLite's own settings each
 * 2 MB of a copy are synced by themselves.
 */
function syncNothing(target: DatabaseSync): void {
  target.exec("PRAGMA synchronous = OFF");
  target.exec("PRAGMA journal_mode = MEMORY");
}

/** Where nobody has a database in WAL mode open, a read-only handle would leave files behind, and could not play back a hot journal. */
function openSource(Sqlite: typeof DatabaseSync, path: string): DatabaseSync {
  if (isInWalUse(path)) return new Sqlite(path, { readOnly: true });
  // By its plain path node:sqlite would make a file that is not there.
  const source = new Sqlite(path === ":memory:" ? path : uriOf(path, "mode=rw"));
  source.exec("PRAGMA query_only = 1");
  return source;
}

/**
 * SQLite counts by walking the smallest index, and reads no row. A table whose keys ask for a collation or function that only its application has cannot be
 * counted, and is left out.
 */
export function countRows(values: (sql: string) => unknown[][]): RowCounts {
  const tables = values(
    "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND rootpage > 0 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
  ).map(([name]) => String(name));
  const counts = new Map<string, number>();
  const count = (some: readonly string[]) => {
    const rows = withoutStrangers(() => values(some.map(countOf).join(" UNION ALL ")));
    if (rows !== null)
      for (const [index, [rowCount]] of rows.entries()) counts.set(some[index]!, Number(rowCount));
    return rows !== null;
  };
  for (let start = 0; start < tables.length; start += COUNTED_AT_ONCE) {
    const some = tables.slice(start, start + COUNTED_AT_ONCE);
    // One that cannot be counted keeps its neighbours from it.
    if (!count(some)) for (const table of some) count([table]);
  }
  return counts;
}

/** To prepare a statement takes longer than to count the rows of a small table; SQLite takes 500: https://sqlite.org/limits.html#max_compound_select. */
const COUNTED_AT_ONCE = 250;

function countOf(table: string): string {
  return `SELECT count(*) FROM main.${quoteIdentifier(table)}`;
}

function progressOptions(source: DatabaseSync, onProgress: CopyListener | undefined): object {
  if (onProgress === undefined) return { rate: 1_000_000 };
  const size = numberOf(source, "page_size");
  return {
    rate: Math.max(SMALLEST_STEP, Math.ceil(numberOf(source, "page_count") / TOLD)),
    progress: ({ totalPages, remainingPages }: { totalPages: number; remainingPages: number }) =>
      onProgress({ doneBytes: (totalPages - remainingPages) * size, totalBytes: totalPages * size }),
  };
}

/** The answer of a pragma that is a number. */
export function numberOf(source: DatabaseSync, pragma: string): number {
  return Number(Object.values(source.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);
}
