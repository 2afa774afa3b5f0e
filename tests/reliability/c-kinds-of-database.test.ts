import { expect, test } from "bun:test";
import { closeSync, fstatSync, openSync, readSync, statSync, truncateSync, writeSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { JOURNAL_MODES } from "./journal-modes.ts";

const KINDS = `
CREATE TABLE no_rowid (a TEXT, b TEXT, n INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE strict_one (id INTEGER PRIMARY KEY, n INT NOT NULL, x ANY) STRICT;
CREATE VIRTUAL TABLE words USING fts5(body);
CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1);
CREATE TABLE made (id INTEGER PRIMARY KEY, n INTEGER, twice INTEGER AS (n * 2) STORED, half INTEGER AS (n / 2) VIRTUAL);
CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
CREATE INDEX counted_name ON counted (name);
INSERT INTO no_rowid VALUES ('a', 'b', 1), ('a', 'c', 2);
INSERT INTO strict_one VALUES (1, 5, x'00'), (2, 6, 'text');
INSERT INTO words VALUES ('the godwit flies'), ('and rests');
INSERT INTO boxes VALUES (1, 0, 1), (2, 5, 9);
INSERT INTO made (id, n) VALUES (1, 10), (2, 20);
INSERT INTO counted VALUES (1, 'a'), (7, 'b');
ANALYZE;`;

const CONTENT = `
SELECT 'no_rowid ' || group_concat(a || b || n) FROM no_rowid
UNION ALL SELECT 'strict ' || group_concat(typeof(x) || n) FROM strict_one
UNION ALL SELECT 'fts ' || group_concat(body) FROM words WHERE words MATCH 'godwit'
UNION ALL SELECT 'rtree ' || group_concat(id) FROM boxes WHERE x0 > 3
UNION ALL SELECT 'made ' || group_concat(twice || ' ' || half) FROM made
UNION ALL SELECT 'counted ' || group_concat(id || name) FROM counted
UNION ALL SELECT 'sequence ' || group_concat(name || seq) FROM sqlite_sequence WHERE name = 'counted'
UNION ALL SELECT 'stat ' || count(*) FROM sqlite_stat1 WHERE tbl = 'counted'`;

test.each(JOURNAL_MODES)(
  "C29: every kind of table keeps its content beside a migration (%s)",
  async (mode) => {
    using project = new CliProject();
    project.exec(`PRAGMA journal_mode = ${mode}; ${KINDS}`);
    const before = project.column(CONTENT);
    expect(before).toHaveLength(8);
    project.tables(1, 2);
    for (const args of [
      ["migrate"],
      ["redo"],
      ["rollback", "--all", "--yes"],
      ["migrate"],
      ["status", "--check"],
    ]) {
      const { stderr, exitCode } = await project.godwit(...args, "--db", "app.db");
      expect({ args, stderr, exitCode }).toEqual({ args, stderr: "", exitCode: 0 });
      expect(project.column(CONTENT)).toEqual(before);
    }
    expect(project.column("PRAGMA integrity_check")).toEqual(["ok"]);
  },
);

test("C29: each of them is rebuilt, filled and searched by a migration", async () => {
  using project = new CliProject();
  project.sql(1, KINDS);
  // The counter goes with the table and starts again at the highest id, as the README says.
  project.sql(
    2,
    `CREATE TABLE no_rowid_2 (a TEXT, b TEXT, n INTEGER NOT NULL, PRIMARY KEY (b, a)) WITHOUT ROWID;
     INSERT INTO no_rowid_2 SELECT a, b, n FROM no_rowid; DROP TABLE no_rowid; ALTER TABLE no_rowid_2 RENAME TO no_rowid;
     CREATE TABLE made_2 (id INTEGER PRIMARY KEY, n INTEGER, twice INTEGER AS (n * 2) STORED, half INTEGER AS (n / 2) VIRTUAL) STRICT;
     INSERT INTO made_2 (id, n) SELECT id, n FROM made; DROP TABLE made; ALTER TABLE made_2 RENAME TO made;
     CREATE TABLE counted_2 (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL);
     INSERT INTO counted_2 SELECT id, name FROM counted; DROP TABLE counted; ALTER TABLE counted_2 RENAME TO counted;
     CREATE INDEX counted_name ON counted (name);
     INSERT INTO words (words) VALUES ('rebuild');
     ANALYZE;`,
  );
  expect(await project.migrate("--steps", "1")).toMatchObject({ stderr: "", exitCode: 0 });
  const before = project.column(CONTENT).map(sorted);
  expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
  expect(project.column(CONTENT).map(sorted)).toEqual(before);
  project.exec("INSERT INTO counted (name) VALUES ('c')");
  expect(project.column("SELECT max(id) FROM counted")).toEqual([8]);
  expect(project.column("PRAGMA integrity_check")).toEqual(["ok"]);
});

/** The row order of a table without rowid is that of its key, which the migration turns round. */
function sorted(line: unknown): string {
  return String(line).split(/[ ,]/).sort().join(" ");
}

const PAGE_SIZES = [512, 1024, 4096, 16_384, 65_536];
const ENCODINGS = ["UTF-8", "UTF-16le", "UTF-16be"];
const VACUUMS = ["NONE", "FULL", "INCREMENTAL"];
const FORMATS = PAGE_SIZES.map((size, index) => ({
  size,
  encoding: ENCODINGS[index % 3]!,
  vacuum: VACUUMS[(index + 1) % 3]!,
  mode: JOURNAL_MODES[index % 2]!,
}));

test.each([...FORMATS, { size: 4096, encoding: "UTF-16le", vacuum: "FULL", mode: "wal" }])(
  "C35: every command works with pages of $size, $encoding, auto_vacuum $vacuum, $mode",
  async ({ size, encoding, vacuum, mode }) => {
    using project = new CliProject();
    project.exec(
      `PRAGMA page_size = ${size}; PRAGMA encoding = '${encoding}'; PRAGMA auto_vacuum = ${vacuum};
       CREATE TABLE present (name); INSERT INTO present VALUES ('ä€😀'); PRAGMA journal_mode = ${mode};`,
    );
    project.sql(
      1,
      "INSERT INTO present VALUES ('ß€🐦'), (hex(zeroblob(9000)));",
      "DELETE FROM present WHERE rowid > 1;",
    );
    project.tables(2);
    const commands = [["migrate"], ["status", "--check"], ["redo", "--steps", "2"], ["rollback"]];
    const marks = [
      ["mark", v(2), "--applied"],
      ["mark", v(2), "--pending"],
    ];
    for (const args of [...commands, ...marks, ["migrate"]]) {
      const { stderr, exitCode } = await project.godwit(...args, "--db", "app.db");
      expect({ args, stderr, exitCode }).toEqual({ args, stderr: "", exitCode: 0 });
    }
    expect(project.column("SELECT name FROM present LIMIT 2")).toEqual(["ä€😀", "ß€🐦"]);
    const format = ["page_size", "encoding", "auto_vacuum", "journal_mode", "integrity_check"].map(
      (name) => project.column(`PRAGMA ${name}`)[0],
    );
    expect(format).toEqual([size, encoding, VACUUMS.indexOf(vacuum), mode, "ok"]);
  },
);

const PAGE = 65_536;
/** The page at 1 GiB, which holds the locks and is never used: https://sqlite.org/fileformat2.html#the_lock_byte_page */
const LOCK_PAGE = 2 ** 30 / PAGE + 1;

/** Says in the header that the database reaches to the lock page, and makes the file so long: a hole, which costs no disk. */
function stretch(path: string): void {
  truncateSync(path, (LOCK_PAGE - 1) * PAGE);
  const file = openSync(path, "r+");
  const header = Buffer.alloc(100);
  readSync(file, header, 0, 100, 0);
  header.writeUInt32BE(LOCK_PAGE - 1, 28);
  // The size counts only where this is the change counter.
  header.copy(header, 92, 24, 28);
  writeSync(file, header, 0, 100, 0);
  expect(fstatSync(file).blocks * 512).toBeLessThan(10_000_000);
  closeSync(file);
}

test.each(JOURNAL_MODES)("C36: a database grows over the page that holds the locks (%s)", async (mode) => {
  using project = new CliProject();
  project.exec(`PRAGMA page_size = ${PAGE}; CREATE TABLE present (id); INSERT INTO present VALUES (1)`);
  stretch(project.path);
  project.exec(`PRAGMA journal_mode = ${mode}`);
  const fill = "INSERT INTO t1 (x) VALUES (randomblob(200000)), (randomblob(200000));";
  project.sql(1, `CREATE TABLE t1 (id INTEGER PRIMARY KEY, x);\n${fill}`, "DROP TABLE t1;");
  for (const args of [["migrate"], ["redo", "--no-backup"], ["status", "--check"]]) {
    const { stderr, exitCode } = await project.godwit(...args, "--db", "app.db");
    expect({ args, stderr, exitCode }).toEqual({ args, stderr: "", exitCode: 0 });
  }
  expect(statSync(project.path).size).toBeGreaterThan(LOCK_PAGE * PAGE);
  for (const table of ["t1", "present", "schema_migrations"])
    expect(project.column(`PRAGMA integrity_check(${table})`)).toEqual(["ok"]);
  expect(project.column("SELECT length(x) FROM t1")).toEqual([200_000, 200_000]);
});
