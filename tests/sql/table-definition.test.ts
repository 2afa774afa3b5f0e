import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { foldSql, normaliseSql, readTableDefinition } from "../../src/sql/table-definition.ts";

describe("a CREATE TABLE taken apart", () => {
  test("into columns, constraints and options", () => {
    const sql = `CREATE TABLE t (
      id INTEGER PRIMARY KEY, -- the key
      "name" TEXT NOT NULL DEFAULT 'a, (b)',
      price DECIMAL(10, 2) CHECK (price > 0 AND price < max(1, 2)),
      CONSTRAINT c UNIQUE (name, price), FOREIGN KEY (id) REFERENCES other (id)
    ) STRICT, WITHOUT ROWID`;
    expect(readTableDefinition(sql)).toEqual({
      columns: [
        { name: "id", definition: "INTEGER PRIMARY KEY" },
        { name: "name", definition: "TEXT NOT NULL DEFAULT 'a, (b)'" },
        { name: "price", definition: "DECIMAL (10, 2) CHECK (price > 0 AND price < max (1, 2))" },
      ],
      constraints: ["CONSTRAINT c UNIQUE (name, price)", "FOREIGN KEY (id) REFERENCES other (id)"],
      options: ["STRICT", "WITHOUT ROWID"],
    });
  });

  test("with columns whose names are keywords or odd", () => {
    const definition = readTableDefinition('CREATE TABLE "a b" ("check" INT, [x y] TEXT, `unique`, plain)');
    expect(definition?.columns.map(({ name }) => name)).toEqual(["check", "x y", "unique", "plain"]);
    expect(definition?.constraints).toEqual([]);
  });

  test.each(["CREATE VIRTUAL TABLE f USING fts5 (a)", "CREATE INDEX i ON t (a)", "SELECT 1"])(
    "not: %s",
    (sql) => expect(readTableDefinition(sql)).toBeNull(),
  );
});

/** A column as different people write it. */
const column = fc.record({
  name: fc
    .stringMatching(/^[a-z][a-z0-9]{0,5}$/)
    .filter((name) => !/^(check|unique|primary|foreign|constraint)$/.test(name)),
  type: fc.constantFrom("INTEGER", "TEXT", "REAL", "BLOB", "NUMERIC (10, 2)"),
  rest: fc.constantFrom("", "NOT NULL", "DEFAULT 'It''s'", "UNIQUE", "CHECK (1 < 2)", "REFERENCES p (id)"),
});
const table = fc.uniqueArray(column, { minLength: 1, selector: ({ name }) => name });

const space = fc.constantFrom(" ", "  ", "\n\t", " /* x */ ", " -- y\n");

function written(
  columns: readonly { name: string; type: string; rest: string }[],
  gap: string,
  quote: string,
): string {
  const parts = columns.map(({ name, type, rest }) => `${quote}${name}${quote}${gap}${type}${gap}${rest}`);
  return `CREATE${gap}TABLE${gap}t${gap}(${gap}${parts.join(`${gap},${gap}`)}${gap})`;
}

describe("two texts of one table", () => {
  test("are the same parts, however they are spaced and quoted", () => {
    fc.assert(
      fc.property(table, space, space, fc.constantFrom("", '"'), (columns, one, other, quote) => {
        expect(readTableDefinition(written(columns, one, ""))).toEqual(
          readTableDefinition(written(columns, other, quote)),
        );
      }),
    );
  });

  test("differ where a string does, and not where a word is in capitals", () => {
    const folded = (sql: string) => foldSql(normaliseSql(sql));
    expect(folded("CREATE INDEX I ON t(A) WHERE b = 'X'")).toBe(
      folded("create index i on \"T\" (a) where B = 'X'"),
    );
    expect(folded("SELECT 'x'")).not.toBe(folded("SELECT 'X'"));
  });
});

describe("a text in one line", () => {
  test("keeps the ends of a trigger's statements, and not its own", () => {
    const trigger = "CREATE TRIGGER tr AFTER DELETE ON t BEGIN\n  DELETE FROM a ;\n  DELETE FROM b;\nEND;";
    expect(normaliseSql(trigger)).toBe(
      "CREATE TRIGGER tr AFTER DELETE ON t BEGIN DELETE FROM a; DELETE FROM b; END",
    );
  });

  test("keeps strings as they are", () => {
    expect(normaliseSql("SELECT 'a , b ( c ) . d ;' , x . y")).toBe("SELECT 'a , b ( c ) . d ;', x.y");
    const [one, other] = ["'a , b'", "'a, b'"].map((text) => normaliseSql(`CREATE VIEW v AS SELECT ${text}`));
    expect(one).not.toBe(other);
  });
});
