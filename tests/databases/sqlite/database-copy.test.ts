import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import {
  type CopyProgress,
  copyDatabase,
  copyPages,
  createFrom,
} from "../../../src/databases/sqlite/database-copy.ts";
import { digestOf } from "../../support/digest.ts";
import { runProcess } from "../../support/run-godwit.ts";
import { TempDir } from "../../support/temp-dir.ts";

function make(path: string, mode: string, rows: number): void {
  using db = new Database(path);
  db.run(`PRAGMA journal_mode = ${mode}`);
  db.run("CREATE TABLE t (id INTEGER PRIMARY KEY, x BLOB)");
  db.run(
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO t SELECT i, randomblob(2000) FROM n",
    [rows],
  );
}

function count(path: string): unknown {
  using db = new Database(path, { readonly: true });
  return db.query("SELECT count(*) FROM t").values()[0]?.[0];
}

describe.each(["delete", "wal"])("a copy in mode %s", (mode) => {
  test("holds what is committed, and nothing of a transaction that is not", async () => {
    using folder = new TempDir();
    const [from, to] = [folder.join("a.db"), folder.join("b.db")];
    make(from, mode, 500);
    using writer = new Database(from);
    writer.run("BEGIN IMMEDIATE");
    writer.run("INSERT INTO t (x) VALUES (1)");
    await copyDatabase(from, to);
    writer.run("COMMIT");
    expect([count(to), count(from)]).toEqual([500, 501]);
  });

  test("is of one moment, whoever writes meanwhile, and tells how far it is", async () => {
    using folder = new TempDir();
    const [from, to] = [folder.join("a.db"), folder.join("b.db")];
    make(from, mode, 2000);
    using writer = new Database(from);
    const told: CopyProgress[] = [];
    let written = 0;
    await copyDatabase(from, to, (progress) => {
      told.push(progress);
      try {
        writer.run("INSERT INTO t (x) VALUES (1)");
        written++;
      } catch {
        // In a rollback journal the reader keeps the commit out.
      }
    });
    expect(count(to)).toBe(2000);
    expect(count(from)).toBe(2000 + written);
    expect(told.length).toBeGreaterThan(2);
    expect(told.every(({ doneBytes, totalBytes }) => doneBytes > 0 && doneBytes <= totalBytes)).toBe(true);
  });

  test("begun while a writer commits is refused as busy", async () => {
    using folder = new TempDir();
    const [from, to] = [folder.join("a.db"), folder.join("b.db")];
    make(from, "delete", 10);
    using writer = new Database(from);
    writer.run("BEGIN EXCLUSIVE");
    await expect(copyDatabase(from, to)).rejects.toMatchObject({ kind: "busy" });
  });
});

test("a -wal that a killed process left is read, and stays as it is", async () => {
  using folder = new TempDir();
  const [from, to] = [folder.join("a.db"), folder.join("b.db")];
  const script = `const { Database } = require("bun:sqlite"); const db = new Database(${JSON.stringify(from)});
    db.run("PRAGMA journal_mode = wal"); db.run("CREATE TABLE t (x)"); db.run("INSERT INTO t VALUES (1), (2)"); process.kill(process.pid, "SIGKILL");`;
  await runProcess([process.execPath, "-e", script], { cwd: folder.path }).catch(() => undefined);
  const before = [digestOf(from), digestOf(`${from}-wal`)];
  expect(before[1]).not.toBeNull();
  await copyDatabase(from, to);
  expect(count(to)).toBe(2);
  expect([digestOf(from), digestOf(`${from}-wal`)]).toEqual(before);
});

test.each([
  { made: "a copy", copy: copyDatabase, hasJournal: false },
  { made: "a database that is made from another", copy: createFrom, hasJournal: true },
])("$made has a journal while it is written: $hasJournal", async ({ copy, hasJournal }) => {
  using folder = new TempDir();
  const [from, to] = [folder.join("a.db"), folder.join("b.db")];
  make(from, "delete", 2000);
  const seen: boolean[] = [];
  await copy(from, to, () => seen.push(existsSync(`${to}-journal`)));
  expect([seen.includes(true), existsSync(`${to}-journal`), count(to)]).toEqual([hasJournal, false, 2000]);
});

test("a full disk and a folder that is not there are told as such", async () => {
  using folder = new TempDir();
  make(folder.join("a.db"), "delete", 10);
  await expect(copyDatabase(folder.join("a.db"), folder.join("no/b.db"))).rejects.toMatchObject({
    kind: "io",
  });
  await expect(copyDatabase(folder.join("none.db"), folder.join("b.db"))).rejects.toMatchObject({
    kind: "io",
  });
  expect(existsSync(folder.join("none.db"))).toBe(false);
  await expect(copyDatabase(folder.join("a.db"), "/dev/full")).rejects.toMatchObject({
    name: "DatabaseError",
  });
});

test("a path means itself, whatever it would mean in a URL", async () => {
  using folder = new TempDir();
  const [from, to] = [folder.join("a ?mode=memory#%41 ü.db"), folder.join("b ?#%.db")];
  make(from, "delete", 10);
  await copyDatabase(from, to);
  expect(count(to)).toBe(10);
});

test("a copy that fails leaves nothing open, and nothing behind for the next one", async () => {
  using folder = new TempDir();
  const [from, to] = [folder.join("a.db"), folder.join("b.db")];
  make(from, "delete", 10);
  const open = () => readdirSync("/proc/self/fd").length;
  const fail = async () => {
    writeFileSync(to, "garbage ".repeat(1000));
    await expect(copyPages(from, to)).rejects.toMatchObject({ kind: "not-a-database" });
    rmSync(to);
  };
  await fail();
  const before = open();
  await fail();
  expect(open()).toBe(before);
  await copyDatabase(from, to);
  expect([count(to), open()]).toEqual([10, before]);
});
