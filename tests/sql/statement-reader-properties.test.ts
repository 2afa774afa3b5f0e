import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { SAMPLE_SCHEMA, SAMPLE_STATEMENTS } from "../support/sql-samples.ts";
import { itemsOf, statementsOf, textsOf } from "../support/statements.ts";

describe("for scripts joined from good statements", () => {
  const separator = fc.constantFrom(
    "",
    " ",
    "\n",
    "\r\n",
    "\n-- up\n",
    " /* ; */ ",
    "\n;\n",
    "-- it's\n",
    "\n\uFEFF",
  );
  const script = fc
    .array(fc.tuple(fc.constantFrom(...SAMPLE_STATEMENTS), separator), { minLength: 1, maxLength: 12 })
    .map((parts) => {
      let sql = "";
      const spans: { start: number; end: number }[] = [];
      for (const [statement, after] of parts) {
        const comment = /^\/\* head \*\/ /.exec(statement)?.[0].length ?? 0;
        spans.push({ start: sql.length + comment, end: sql.length + statement.length });
        sql += statement + after;
      }
      return { sql, spans };
    });

  test("each is found where it stands", () => {
    fc.assert(
      fc.property(script, ({ sql, spans }) => {
        expect(statementsOf(sql).map(({ start, end }) => ({ start, end }))).toEqual(spans);
      }),
      { numRuns: 500 },
    );
  });

  test("a last semicolon is not needed", () => {
    fc.assert(
      fc.property(script, ({ sql, spans }) => {
        const cut = sql.slice(0, spans.at(-1)!.end - 1);
        expect(statementsOf(cut)).toHaveLength(spans.length);
      }),
    );
  });

  test("each that is found is accepted alone by SQLite", () => {
    using db = new Database(":memory:");
    db.run(SAMPLE_SCHEMA);
    fc.assert(
      fc.property(script, ({ sql }) => {
        for (const text of textsOf(sql)) expect(() => db.prepare(text).finalize()).not.toThrow();
      }),
      { numRuns: 100 },
    );
  });

  test("running them one by one does what running the script does", () => {
    const scripts = fc
      .shuffledSubarray([...SAMPLE_STATEMENTS], { minLength: 1 })
      .map((parts) => parts.join("\n"));
    fc.assert(
      fc.property(scripts, (sql) => {
        using whole = new Database(":memory:");
        using single = new Database(":memory:");
        whole.run(SAMPLE_SCHEMA + sql);
        single.run(SAMPLE_SCHEMA);
        for (const text of textsOf(sql)) single.run(text);
        const dump = "SELECT type, name, sql FROM sqlite_schema ORDER BY name";
        expect(single.query(dump).all()).toEqual(whole.query(dump).all());
        expect(single.query("SELECT * FROM t").all()).toEqual(whole.query("SELECT * FROM t").all());
      }),
      { numRuns: 40 },
    );
  });
});

describe("for any text", () => {
  const scraps = fc.constantFrom(
    "CREATE ",
    "TRIGGER ",
    "END",
    ";",
    "BEGIN ",
    "CASE ",
    "'",
    '"',
    "/*",
    "*/",
    "--",
    "\n",
    " a ",
    "(",
    "x'",
    "\0",
    "\v",
  );
  const anything = fc.oneof(
    fc.string({ unit: scraps, maxLength: 60 }),
    fc.string({ unit: "binary", maxLength: 60 }),
  );

  test("reading ends, with items in order that do not overlap", () => {
    fc.assert(
      fc.property(anything, (sql) => {
        let at = 0;
        for (const item of itemsOf(sql)) {
          const place =
            item.kind === "statement" ? item.statement : item.kind === "comment" ? item : item.unterminated;
          expect(place.start).toBeGreaterThanOrEqual(at);
          if ("end" in place) expect(place.end).toBeGreaterThan(place.start);
          at = "end" in place ? place.end : sql.length;
        }
        expect(at).toBeLessThanOrEqual(sql.length);
      }),
      { numRuns: 2000 },
    );
  });

  test("a statement read alone is the same statement", () => {
    fc.assert(
      fc.property(anything, (sql) => {
        for (const { start, end, words } of statementsOf(sql)) {
          const text = sql.slice(start, end);
          expect(statementsOf(text)).toMatchObject([{ start: 0, end: text.length, words: [...words] }]);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
