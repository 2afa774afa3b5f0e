import { describe, expect, test } from "bun:test";
import {
  describeMismatch,
  describeViolation,
  type ForeignKeyMismatch,
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
  mismatches: readonly ForeignKeyMismatch[] = [],
  tables: Readonly<Record<string, readonly string[]>> = TABLES,
): ForeignKeyReport {
  return { violations, mismatches, tables: new Map(Object.entries(tables)) };
}

const TABLES = { child: ["id", "parent_id"], parent: ["id"], owner: ["id"] };

interface Row {
  readonly name: string;
  readonly before: ForeignKeyReport;
  readonly after: ForeignKeyReport;
  readonly found: ForeignKeyReport;
}

const OTHER = violation({ values: ["18"] });
const MISMATCH: ForeignKeyMismatch = {
  table: "child",
  parent: "parent",
  message: 'foreign key mismatch - "child" referencing "parent"',
};
const OTHER_MISMATCH: ForeignKeyMismatch = { ...MISMATCH, table: "other" };

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
    name: "an old mismatch stays old",
    before: report([], [MISMATCH]),
    after: report([], [MISMATCH]),
    found: NO_VIOLATIONS,
  },
  {
    name: "a new mismatch is found",
    before: report([], [MISMATCH]),
    after: report([], [MISMATCH, OTHER_MISMATCH]),
    found: report([], [OTHER_MISMATCH]),
  },
];

describe("newViolations", () => {
  test.each(ROWS)("$name", ({ before, after, found }) => {
    const { violations, mismatches } = newViolations(before, after);
    expect({ violations, mismatches }).toEqual({
      violations: [...found.violations],
      mismatches: [...found.mismatches],
    });
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

  test("does without the row where the table has no rowid", () => {
    expect(describeViolation(violation({ rowid: null }))).toBe(
      "a row of child: parent_id 17 is in no row of parent",
    );
  });

  test("says of a mismatch what the database says", () => {
    expect(describeMismatch(MISMATCH)).toBe('child: foreign key mismatch - "child" referencing "parent"');
  });
});

interface Renaming {
  readonly name: string;
  readonly tables: Readonly<Record<string, readonly string[]>>;
  readonly after: readonly ForeignKeyViolation[];
  /** How many of `after`, from the last, are new. */
  readonly found: number;
}

const COLUMNS = ["id", "parent_id"];
const PARENT = { parent: ["id"], owner: ["id"] };

const RENAMINGS: readonly Renaming[] = [
  {
    name: "a renamed table",
    tables: { kid: COLUMNS, ...PARENT },
    after: [violation({ table: "kid" })],
    found: 0,
  },
  {
    name: "a renamed parent",
    tables: { child: COLUMNS, elder: ["id"], owner: ["id"] },
    after: [violation({ parent: "elder" })],
    found: 0,
  },
  {
    name: "a renamed column",
    tables: { child: ["id", "elder_id"], ...PARENT },
    after: [violation({ columns: ["elder_id"] })],
    found: 0,
  },
  {
    name: "a table, its parent and its column, all renamed",
    tables: { kid: ["id", "elder_id"], elder: ["id"], owner: ["id"] },
    after: [violation({ table: "kid", parent: "elder", columns: ["elder_id"] })],
    found: 0,
  },
  {
    name: "another value in a renamed table",
    tables: { kid: COLUMNS, ...PARENT },
    after: [violation({ table: "kid", values: ["18"] })],
    found: 1,
  },
  {
    name: "the same value once more in a renamed table",
    tables: { kid: COLUMNS, ...PARENT },
    after: [violation({ table: "kid" }), violation({ table: "kid", rowid: "5" })],
    found: 1,
  },
  {
    name: "the same value in a table that was there before",
    tables: { owner: COLUMNS, parent: ["id"] },
    after: [violation({ table: "owner" })],
    found: 1,
  },
  {
    name: "the same value in a new table, while the old one stays",
    tables: { child: COLUMNS, kid: COLUMNS, ...PARENT },
    after: [violation({ table: "kid" })],
    found: 1,
  },
  {
    name: "the same value in a new table of other columns, beside the renamed one",
    tables: { kid: COLUMNS, likes: ["parent_id"], ...PARENT },
    after: [violation({ table: "likes" })],
    found: 1,
  },
  {
    name: "the same value in a new column, while the old one stays",
    tables: { child: [...COLUMNS, "elder_id"], ...PARENT },
    after: [violation({ columns: ["elder_id"] })],
    found: 1,
  },
];

describe("under other names,", () => {
  const before = report([violation()]);

  test.each(RENAMINGS)("$name: $found new", ({ tables, after, found }) => {
    const { violations } = newViolations(before, report(after, [], tables));
    expect(violations).toEqual(after.slice(after.length - found));
  });

  test("an old mismatch stays old", () => {
    const tables = { kid: COLUMNS, elder: ["id"], owner: ["id"] };
    const after = report([], [{ ...MISMATCH, table: "kid", parent: "elder" }], tables);
    expect(newViolations(report([], [MISMATCH]), after).mismatches).toEqual([]);
  });

  test("what pointed at no table stays old when it is made to point at one", () => {
    const none = report([violation({ parent: "none" })]);
    expect(newViolations(none, before).violations).toEqual([]);
  });

  test("many old ones are matched in the time it takes to read them", () => {
    const many = Array.from({ length: 50_000 }, (_, index) => violation({ values: [String(index % 7)] }));
    const after = many.map((old) => ({ ...old, table: "kid" }));
    const found = newViolations(report(many), report(after, [], { kid: COLUMNS, ...PARENT }));
    expect(found.violations).toEqual([]);
  });
});
