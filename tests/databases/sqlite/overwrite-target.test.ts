import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { OverwriteTarget } from "../../../src/databases/sqlite/overwrite-target.ts";
import { TempDir } from "../../support/temp-dir.ts";

function make(
  path: string,
  { rows, mode = "delete", pageSize = 4096 }: { rows: number; mode?: string; pageSize?: number },
): void {
  using db = new Database(path);
  db.run(`PRAGMA page_size = ${pageSize}`);
  db.run(`PRAGMA journal_mode = ${mode}`);
  db.run("CREATE TABLE t (id INTEGER PRIMARY KEY, x BLOB)");
  db.run(
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO t SELECT i, randomblob(500) FROM n",
    [rows],
  );
}

function count(db: Database): unknown {
  return db.query("SELECT count(*) FROM t").values()[0]?.[0];
}

describe.each(["delete", "wal"])("a database in mode %s", (mode) => {
  test("takes the contents of another over, in the same file, and others see it", async () => {
    using folder = new TempDir();
    const [source, path] = [folder.join("a.db"), folder.join("b.db")];
    make(source, { rows: 300 });
    make(path, { rows: 3, mode });
    using application = new Database(path);
    expect(count(application)).toBe(3);
    const { ino } = statSync(path);
    {
      using target = new OverwriteTarget(path);
      target.lock();
      const told: number[] = [];
      expect(await target.overwriteWith(source, ({ doneBytes }) => told.push(doneBytes))).toBe(true);
      expect(told.length).toBeGreaterThan(1);
    }
    expect(count(application)).toBe(300);
    expect(statSync(path).ino).toBe(ino);
    expect(application.query("PRAGMA journal_mode").values()).toEqual([[mode]]);
    expect(existsSync(`${path}-journal`)).toBe(false);
  });

  test("does not when something was committed since the lock was given up", async () => {
    using folder = new TempDir();
    const [source, other, path] = [folder.join("a.db"), folder.join("c.db"), folder.join("b.db")];
    make(source, { rows: 300 });
    make(other, { rows: 1, pageSize: 8192 });
    make(path, { rows: 3, mode });
    using application = new Database(path);
    using target = new OverwriteTarget(path);
    target.lock();
    // One try in vain gives the lock up: a reader is in the way of a rollback journal, other pages are in that of WAL.
    if (mode === "delete") application.run("BEGIN; SELECT * FROM t");
    await expect(target.overwriteWith(mode === "delete" ? source : other)).rejects.toMatchObject({
      name: "DatabaseError",
    });
    if (mode === "delete") application.run("COMMIT");
    application.run("INSERT INTO t (x) VALUES (1)");
    expect(await target.overwriteWith(source)).toBe(false);
    expect(count(application)).toBe(4);
  });

  test("goes through after a try in vain, where nothing was committed", async () => {
    using folder = new TempDir();
    const [source, path] = [folder.join("a.db"), folder.join("b.db")];
    make(source, { rows: 300 });
    make(path, { rows: 3, mode });
    using application = new Database(path);
    using target = new OverwriteTarget(path);
    target.lock();
    expect(() => application.run("BEGIN IMMEDIATE")).toThrow("locked");
    await expect(target.overwriteWith(folder.join("no.db"))).rejects.toMatchObject({ name: "DatabaseError" });
    expect(await target.overwriteWith(source)).toBe(true);
    expect(count(application)).toBe(300);
  });
});

test("tells how far it is in bytes of the source, whose pages may have another size", async () => {
  using folder = new TempDir();
  const [source, path] = [folder.join("a.db"), folder.join("b.db")];
  make(source, { rows: 300, pageSize: 8192 });
  make(path, { rows: 3 });
  using target = new OverwriteTarget(path);
  target.lock();
  const totals = new Set<number>();
  expect(await target.overwriteWith(source, ({ totalBytes }) => totals.add(totalBytes))).toBe(true);
  expect([...totals]).toEqual([statSync(source).size]);
});
