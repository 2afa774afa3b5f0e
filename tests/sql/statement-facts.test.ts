import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { plainStatements } from "../../src/sql/plain-statements.ts";
import { everyHead, firstOdd, mayRollBack, someHead } from "../../src/sql/statement-facts.ts";
import { statementsOf } from "../support/statements.ts";

const PIECES = [
  "INSERT INTO t (a) VALUES (1);",
  "insert into t (a) values (2);",
  "DELETE FROM t;",
  "PRAGMA page_size;",
  "BEGIN;",
  ".tables;",
  '"a";',
  "DROP TABLE t;",
];

describe("what is known of many statements", () => {
  test("is what going through them tells", () => {
    const some = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(some, fc.constantFrom(1, 999, 1000, 1001), (pieces, times) => {
        const text = `${"INSERT INTO t (a) VALUES (0);\n".repeat(times)}${pieces.join("\n")}`;
        const statements = plainStatements(text, 0, text.length)!;
        const alone = [...statements];
        for (const verb of ["INSERT", "PRAGMA", "BEGIN", "DROP", "DELETE", undefined]) {
          const is = ([first]: readonly string[]) => first === verb;
          expect(everyHead(statements, is)).toBe(alone.every(({ words }) => is(words)));
          expect(someHead(statements, is)).toBe(alone.some(({ words }) => is(words)));
        }
        expect(firstOdd(statements)).toBe(alone.find(({ words }) => words.length === 0));
        expect(mayRollBack(statements)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test("is asked of each where they were read token by token", () => {
    const text = `${"INSERT INTO t VALUES (0);\n".repeat(1000)}INSERT OR ROLLBACK INTO t VALUES (:a);`;
    const statements = statementsOf(text);
    expect(mayRollBack(statements)).toBe(true);
    expect(firstOdd(statements)).toBe(statements.at(-1));
    expect(mayRollBack(statements.slice(0, -1))).toBe(false);
    expect(firstOdd(statements.slice(0, -1))).toBeUndefined();
  });
});
