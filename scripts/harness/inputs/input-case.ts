import type { JournalMode } from "../journal-mode.ts";

/** A query, and what its first column says, rows joined by commas. */
export type Check = readonly [sql: string, expected: string];

/** A folder of migrations, a database, a command, and what must come of it. */
export interface InputCase {
  readonly name: string;
  /** The migrations, by their names. Null: a folder of that name stands there. A text that begins with `->`: a link. */
  readonly files: Readonly<Record<string, string | Uint8Array | null>>;
  /** Makes the database; null for none at all; bytes for a file that is none. */
  readonly seed?: string | Uint8Array | null;
  /** Commands that come first and succeed. */
  readonly first?: readonly (readonly string[])[];
  /** What becomes of the files after that; undefined takes one away. */
  readonly changes?: Readonly<Record<string, string | undefined>>;
  /** `migrate` if nothing else is said. */
  readonly words?: readonly string[];
  /** A connection of another process holds this while the command runs: to its end, or until it says that it waits. */
  readonly held?: { readonly sql: string; readonly endsInTime?: boolean };
  /** Null where a signal ends it. */
  readonly exit: number | null;
  /** The code of the failure; null for none. */
  readonly code: string | null;
  /** The history afterwards: the numbers of the versions. */
  readonly applied?: readonly number[];
  /** Where the history is kept, if elsewhere. */
  readonly table?: string;
  readonly incomplete?: readonly number[];
  /** The file is the same byte for byte, or not there as before; otherwise what it holds now. */
  readonly holds: "same" | readonly Check[];
  /** In this mode only, since in the other one it cannot come about. */
  readonly mode?: JournalMode;
  /** Looks at what a person is told instead of at the JSON. */
  readonly isText?: boolean;
}

export const SEED = `CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE notes (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id) ON DELETE CASCADE, text TEXT);
INSERT INTO users VALUES (1, 'ann'), (2, 'bob');
INSERT INTO notes VALUES (1, 1, 'a'), (2, 2, 'b'), (3, NULL, 'c');`;

/** The rows of the seed, untouched. */
export const SEED_ROWS: Check = [
  "SELECT (SELECT group_concat(id || name, ' ') FROM users) || '/' || (SELECT group_concat(id || ifnull(user_id, '-') || text, ' ') FROM notes)",
  "1ann 2bob/11a 22b 3-c",
];

export const TABLES =
  "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'schema_migrations%' AND name NOT LIKE 'sqlite_%' AND name NOT IN ('users', 'notes') ORDER BY name";

export function version(n: number): string {
  return `202601010000${String(n).padStart(2, "0")}`;
}

export function sqlName(n: number): string {
  return `${version(n)}_step_${n}.sql`;
}

export function tsName(n: number): string {
  return `${version(n)}_step_${n}.ts`;
}

/** A file as it stands. */
export function raw(n: number, content: string | Uint8Array): Record<string, string | Uint8Array> {
  return { [sqlName(n)]: content };
}

export function sql(n: number, up: string, down: string | null = null, head = ""): Record<string, string> {
  return { [sqlName(n)]: `${head}-- up\n${up}\n${down === null ? "" : `\n-- down\n${down}\n`}` };
}

/** Makes the table t<n>, and drops it. */
export function table(n: number): Record<string, string> {
  return sql(n, `CREATE TABLE t${n} (id INTEGER PRIMARY KEY);`, `DROP TABLE t${n};`);
}

export function ts(n: number, text: string): Record<string, string> {
  return { [tsName(n)]: text };
}

/** TypeScript whose up makes the table t<n> and then does this. */
export function up(n: number, body: string, head = ""): Record<string, string> {
  return ts(
    n,
    `${head}import type { Database } from "bun:sqlite";\nexport async function up(db: Database) {\n  db.run("CREATE TABLE t${n} (id)");\n${body}\n}\n`,
  );
}

/** Refused before anything is run. */
export function refused(
  name: string,
  code: string,
  files: InputCase["files"],
  more: Partial<InputCase> = {},
): InputCase {
  return { name, files, exit: 3, code, holds: "same", ...more };
}

/** Run, failed, and undone as a whole. */
export function failed(
  name: string,
  code: string,
  files: InputCase["files"],
  more: Partial<InputCase> = {},
): InputCase {
  return { name, files, exit: 4, code, holds: "same", ...more };
}

/** Odd, and right. */
export function good(
  name: string,
  files: InputCase["files"],
  applied: readonly number[],
  holds: readonly Check[],
  more: Partial<InputCase> = {},
): InputCase {
  return { name, files, exit: 0, code: null, applied, holds, ...more };
}
