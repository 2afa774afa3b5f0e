import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { checkBeside, requireNoDamage } from "../../../src/databases/sqlite/integrity.ts";
import { databaseErrorOf } from "../../support/failures.ts";
import { TempDir } from "../../support/temp-dir.ts";

test.each(["delete", "wal"])(
  "another process looks through a database that this one writes to (%s)",
  async (mode) => {
    using folder = new TempDir();
    const path = folder.join("it's a.db");
    using db = new Database(path);
    db.run(`PRAGMA journal_mode = ${mode}`);
    db.run("CREATE TABLE t (x TEXT); CREATE INDEX t_x ON t (x); INSERT INTO t VALUES ('a')");
    db.run("BEGIN IMMEDIATE");
    expect(await checkBeside(path)).toEqual(["ok"]);
    db.run("COMMIT");
  },
);

test("says what is damaged, and nothing where it cannot look", async () => {
  using folder = new TempDir();
  const path = folder.join("a.db");
  {
    using db = new Database(path);
    db.run("CREATE TABLE t (x TEXT); CREATE INDEX t_x ON t (x); INSERT INTO t VALUES ('a')");
  }
  const bytes = Buffer.from(await Bun.file(path).arrayBuffer());
  bytes[3 * 4096 - 2] = 0x62;
  await Bun.write(path, bytes);
  expect((await checkBeside(path))!.join()).toContain("index t_x");
  expect(await checkBeside(folder.write("no.db", "text, and more text\n".repeat(99)))).toBeNull();
});

test("rows that break a constraint and pages that nothing uses are no damage", async () => {
  requireNoDamage(["ok"]);
  requireNoDamage([
    "CHECK constraint failed in t",
    "NULL value in t.x",
    "*** in database main ***\nPage 3: never used",
  ]);
  expect(await databaseErrorOf(async () => requireNoDamage(["row 1 missing from index t_x"]))).toMatchObject({
    kind: "corrupt",
  });
});
