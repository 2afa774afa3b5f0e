import { expect, test } from "bun:test";
import { requireNoDamage } from "../../../src/databases/sqlite/integrity.ts";
import { databaseErrorOf } from "../../support/failures.ts";

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
