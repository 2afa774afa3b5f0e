import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { requireSqlite, sqliteVersion } from "../../../src/databases/sqlite/sqlite-version.ts";
import { failureOf } from "../../support/failures.ts";

test("the version that is shown is that of the SQLite which answers", async () => {
  using db = new Database(":memory:");
  expect(await sqliteVersion()).toBe(String(db.query("SELECT sqlite_version()").values()[0]![0]));
});

test.each(["3.36.0", "3.8.11.1", "3.9.2"])("%s is refused, with what it lacks", async (version) => {
  const failure = await failureOf(requireSqlite(version));
  expect(failure).toMatchObject({ code: "DATABASE_FAILED", outcome: "unchanged" });
  expect(failure.message).toBe(
    `the SQLite of this system is ${version}, and has no PRAGMA table_list: that came with 3.37.0`,
  );
});

test.each(["3.37.0", "3.43.2", "3.54.1", null])("%s is taken", async (version) => {
  await requireSqlite(version);
});
