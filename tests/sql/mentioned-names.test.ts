import { expect, test } from "bun:test";
import { mentionedNames } from "../../src/sql/mentioned-names.ts";

test("names are found in every spelling, in lower case", () => {
  const sql = `DELETE FROM Users WHERE "Odd Name" = 1 AND [third] = \`fourth\` AND x IN (SELECT 1 FROM 'fifth')`;
  const names = mentionedNames(sql);
  for (const name of ["users", "odd name", "third", "fourth", "fifth"]) expect(names).toContain(name);
});

test("comments name nothing", () => {
  expect([...mentionedNames("-- notes\nSELECT 1 /* posts */")]).toEqual(["select"]);
});
