import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { quoteIdentifier, unquoteIdentifier } from "../../src/sql/identifier.ts";

describe("a quoted name", () => {
  test.each([
    { name: "plain", quoted: '"plain"' },
    { name: "select", quoted: '"select"' },
    { name: 'a"b', quoted: '"a""b"' },
    { name: "", quoted: '""' },
    { name: "x; DROP TABLE y", quoted: '"x; DROP TABLE y"' },
  ])("of $name is $quoted", ({ name, quoted }) => {
    expect(quoteIdentifier(name)).toBe(quoted);
  });

  test("names a table of just that name in SQLite, whatever the name", () => {
    using db = new Database(":memory:");
    const name = fc.string({
      unit: fc.constantFrom("a", '"', "'", "`", "[", "]", ";", " ", "\n", "ä"),
      minLength: 1,
    });
    fc.assert(
      fc.property(name, (table) => {
        db.run(`CREATE TABLE ${quoteIdentifier(table)} (x)`);
        expect(db.query("SELECT name FROM sqlite_schema").all()).toEqual([{ name: table }]);
        db.run(`DROP TABLE ${quoteIdentifier(table)}`);
      }),
    );
  });

  test("is unquoted to the name", () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(unquoteIdentifier(quoteIdentifier(name))).toBe(name);
      }),
    );
  });
});

describe("the name that a token stands for", () => {
  test.each([
    { token: "word", name: "word", what: "a word" },
    { token: '"a""b"', name: 'a"b', what: "double quotes" },
    { token: "`a``b`", name: "a`b", what: "backticks" },
    { token: "'a''b'", name: "a'b", what: "a string" },
    { token: "[a]", name: "a", what: "brackets" },
    { token: '[a""b]', name: 'a""b', what: "quotes inside brackets" },
    { token: "[a[b]", name: "a[b", what: "a bracket inside brackets" },
  ])("$what", ({ token, name }) => {
    expect(unquoteIdentifier(token)).toBe(name);
  });
});
