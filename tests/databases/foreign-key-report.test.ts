import { describe, expect, test } from "bun:test";
import {
  describeViolation,
  type ForeignKeyReport,
  type ForeignKeyViolation,
  NO_VIOLATIONS,
  newViolations,
} from "../../src/databases/foreign-key-report.ts";

function violation(more: Partial<ForeignKeyViolation> = {}): ForeignKeyViolation {
  return { table: "child", parent: "parent", columns: ["parent_id"], values: ["17"], rowid: "4", ...more };
}

function report(
  violations: readonly ForeignKeyViolation[],
  errors: readonly string[] = [],
): ForeignKeyReport {
  return { violations, errors };
}

interface Row {
  readonly name: string;
  readonly before: ForeignKeyReport;
  readonly after: ForeignKeyReport;
  readonly found: ForeignKeyReport;
}

const OTHER = violation({ values: ["18"] });
const MISMATCH = 'child: foreign key mismatch - "child" referencing "parent"';

const ROWS: readonly Row[] = [
  {
    name: "nothing before, nothing after",
    before: NO_VIOLATIONS,
    after: NO_VIOLATIONS,
    found: NO_VIOLATIONS,
  },
  {
    name: "an old one stays old",
    before: report([violation()]),
    after: report([violation()]),
    found: NO_VIOLATIONS,
  },
  {
    name: "a mended one is no news",
    before: report([violation()]),
    after: NO_VIOLATIONS,
    found: NO_VIOLATIONS,
  },
  {
    name: "a new one is found",
    before: NO_VIOLATIONS,
    after: report([violation()]),
    found: report([violation()]),
  },
  {
    name: "a new one beside an old one is found alone",
    before: report([violation()]),
    after: report([OTHER, violation()]),
    found: report([OTHER]),
  },
  {
    name: "a rebuilt table numbers its rows anew",
    before: report([violation({ rowid: "4" })]),
    after: report([violation({ rowid: "1" })]),
    found: NO_VIOLATIONS,
  },
  {
    name: "the case of a table's name does not count",
    before: report([violation({ table: "Child", parent: "PARENT" })]),
    after: report([violation()]),
    found: NO_VIOLATIONS,
  },
  {
    name: "the same value twice counts twice",
    before: report([violation()]),
    after: report([violation({ rowid: "4" }), violation({ rowid: "5" })]),
    found: report([violation({ rowid: "5" })]),
  },
  {
    name: "another parent is another violation",
    before: report([violation()]),
    after: report([violation({ parent: "owner" })]),
    found: report([violation({ parent: "owner" })]),
  },
  {
    name: "another column is another violation",
    before: report([violation()]),
    after: report([violation({ columns: ["owner_id"] })]),
    found: report([violation({ columns: ["owner_id"] })]),
  },
  {
    name: "an old error of the check stays old",
    before: report([], [MISMATCH]),
    after: report([], [MISMATCH]),
    found: NO_VIOLATIONS,
  },
  {
    name: "a new error of the check is found",
    before: report([], [MISMATCH]),
    after: report([], [MISMATCH, "other: no such column"]),
    found: report([], ["other: no such column"]),
  },
];

describe("newViolations", () => {
  test.each(ROWS)("$name", ({ before, after, found }) => {
    expect(newViolations(before, after)).toEqual(found);
  });
});

describe("describeViolation", () => {
  test("names the row, the column with its value, and the parent", () => {
    expect(describeViolation(violation())).toBe("child row 4: parent_id 17 is in no row of parent");
  });

  test("names every column of a composite key", () => {
    expect(describeViolation(violation({ columns: ["a", "b"], values: ["1", "'x'"] }))).toBe(
      "child row 4: a 1, b 'x' is in no row of parent",
    );
  });

  test("does without values where the table has no rowid", () => {
    expect(describeViolation(violation({ rowid: null, values: [] }))).toBe(
      "child a row: parent_id is in no row of parent",
    );
  });
});
