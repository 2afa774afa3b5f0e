import { describe, expect, test } from "bun:test";
import { type FailureDetails, GodwitError } from "../../src/base/failure.ts";
import { showFailure } from "../../src/cli/show-failure.ts";
import { createStyle } from "../../src/cli/style.ts";

const PLAIN = createStyle(false, Number.POSITIVE_INFINITY);

function shown(more: FailureDetails, message = "no such column: nope"): string {
  return `\n${showFailure(new GodwitError("MIGRATION_FAILED", message, more), PLAIN).join("\n")}\n`;
}

describe("a failure as a person reads it", () => {
  test("code, place with its line and a caret, details, state and hint", () => {
    const location = { file: "migrations/x.sql", line: 3, column: 8, excerpt: "select nope from t;" };
    const more = { location, details: ["a detail"], state: "rolled back: all of it", hint: "mend it" };
    expect(shown(more)).toMatchInlineSnapshot(`
      "
      error[MIGRATION_FAILED] no such column: nope
        migrations/x.sql:3:8
          3 | select nope from t;
            |        ^
          a detail
        rolled back: all of it
        hint: mend it
      "
    `);
  });

  test("a place without a line, without a column, and no place", () => {
    expect(shown({ location: { file: "f.sql", line: null, column: null } })).toMatchInlineSnapshot(`
      "
      error[MIGRATION_FAILED] no such column: nope
        f.sql
        unchanged: nothing was run
      "
    `);
    expect(
      shown({ location: { file: "f.sql", line: 2, column: null, excerpt: "x" } }),
    ).toMatchInlineSnapshot(`
      "
      error[MIGRATION_FAILED] no such column: nope
        f.sql:2
          2 | x
        unchanged: nothing was run
      "
    `);
    expect(shown({ location: { file: "f.sql", line: 2, column: 1, excerpt: "  " } })).toMatchInlineSnapshot(`
      "
      error[MIGRATION_FAILED] no such column: nope
        f.sql:2:1
        unchanged: nothing was run
      "
    `);
    expect(shown({})).toMatchInlineSnapshot(`
      "
      error[MIGRATION_FAILED] no such column: nope
        unchanged: nothing was run
      "
    `);
  });

  test("the caret stands under wide characters and tabs where they end", () => {
    const excerpt = "\tSELECT '日本', nope;";
    const column = [...excerpt].indexOf("n") + 1;
    const [, , line, caret] = showFailure(
      new GodwitError("MIGRATION_FAILED", "x", { location: { file: "f", line: 1, column, excerpt } }),
      PLAIN,
    );
    expect(Bun.stringWidth(caret!.slice(0, caret!.indexOf("^")))).toBe(
      Bun.stringWidth(line!.slice(0, line!.indexOf("nope"))),
    );
  });

  test("a long line is shown around its place", () => {
    const excerpt = `${"a, ".repeat(100)}nope${", b".repeat(100)}`;
    const [, , line, caret] = showFailure(
      new GodwitError("MIGRATION_FAILED", "x", {
        location: { file: "f", line: 1, column: 301, excerpt },
      }),
      PLAIN,
    );
    expect(line!.length).toBeLessThan(120);
    expect(line!.slice(caret!.indexOf("^"))).toStartWith("nope");
  });

  test("control characters of files and databases do not reach the terminal", () => {
    const nasty = "a\u001b[2Jb\u202ec";
    const location = { file: nasty, line: 1, column: 2, excerpt: nasty };
    const text = shown({ location, details: [nasty], hint: nasty }, nasty);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
    expect(text).not.toMatch(/[\u001b\u202e]/);
    expect(text).toContain("a\\u001b[2Jb\\u202ec");
  });

  test("a refusal says that nothing was run, a usage error does not", () => {
    const text = (error: GodwitError) => showFailure(error, PLAIN).join("\n");
    expect(text(new GodwitError("OUT_OF_ORDER", "x"))).toContain("\n  unchanged: nothing was run");
    expect(text(new GodwitError("DATABASE_BUSY", "x"))).toContain("\n  unchanged: nothing was run");
    expect(text(new GodwitError("UNKNOWN_FLAG", "x"))).toBe("error[UNKNOWN_FLAG] x");
  });

  test("colours mark the code, the caret and the hint", () => {
    const location = { file: "f", line: 1, column: 1, excerpt: "x" };
    const error = new GodwitError("MIGRATION_FAILED", "m", { location, hint: "h", state: "s" });
    const coloured = showFailure(error, createStyle(true, 80)).join("\n");
    expect(coloured).toContain("\u001b[31merror[MIGRATION_FAILED]\u001b[39m");
    expect(Bun.stripANSI(coloured)).toBe(showFailure(error, PLAIN).join("\n"));
  });
});
