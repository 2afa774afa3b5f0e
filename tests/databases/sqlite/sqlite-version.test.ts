import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { sqliteVersion } from "../../../src/databases/sqlite/sqlite-version.ts";

test("the version that is shown is that of the SQLite which answers", async () => {
  using db = new Database(":memory:");
  expect(await sqliteVersion()).toBe(String(db.query("SELECT sqlite_version()").values()[0]![0]));
});
