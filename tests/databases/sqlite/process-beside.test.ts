import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { closeSync, openSync, statSync, writeSync } from "node:fs";
import { checkBeside, readAhead } from "../../../src/databases/sqlite/process-beside.ts";
import { TempDir } from "../../support/temp-dir.ts";

/** Larger than what this process looks through itself. */
function makeLarge(path: string, mode = "delete"): void {
  using db = new Database(path);
  db.run(`PRAGMA journal_mode = ${mode}`);
  db.run("CREATE TABLE t (x TEXT); CREATE INDEX t_x ON t (x); INSERT INTO t VALUES ('a')");
  db.run("CREATE TABLE large AS SELECT zeroblob(70000000) AS x");
}

test.each(["delete", "wal"])("a database that this one writes to is looked through (%s)", async (mode) => {
  using folder = new TempDir();
  const path = folder.join("it's a.db");
  makeLarge(path, mode);
  using db = new Database(path);
  db.run("BEGIN IMMEDIATE");
  db.run("INSERT INTO t VALUES ('b')");
  await readAhead(path);
  expect(await checkBeside(path)).toEqual(["ok"]);
  using other = new Database(path);
  expect(() => other.run("BEGIN IMMEDIATE")).toThrow("locked");
  db.run("COMMIT");
});

test("says what is damaged, and nothing where it cannot look", async () => {
  using folder = new TempDir();
  const path = folder.join("a.db");
  makeLarge(path);
  const file = openSync(path, "r+");
  writeSync(file, "b", 3 * 4096 - 2);
  closeSync(file);
  expect((await checkBeside(path))!.join()).toContain("index t_x");
  const text = folder.write("no.db", "text, and more text\n".repeat(4_000_000));
  expect(statSync(text).size).toBeGreaterThan(70_000_000);
  expect(await checkBeside(text)).toBeNull();
  await readAhead(text);
});

test("what is small, or not there, is left to this process", async () => {
  using folder = new TempDir();
  const path = folder.join("a.db");
  await readAhead(path);
  expect(await checkBeside(path)).toBeNull();
  new Database(path).run("CREATE TABLE t (x)");
  expect(await checkBeside(path)).toBeNull();
});
