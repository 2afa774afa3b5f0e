import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Lexer, type TokenKind } from "../../src/sql/lexer.ts";
import { SAMPLE_STATEMENTS } from "../support/sql-samples.ts";

interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
  readonly unterminated: boolean;
}

function tokensOf(text: string): Token[] {
  const lexer = new Lexer(text);
  const tokens: Token[] = [];
  while (lexer.next()) {
    const { kind, start, end, unterminated } = lexer;
    tokens.push({ kind, start, end, unterminated });
  }
  return tokens;
}

function read(text: string): string[] {
  return tokensOf(text).map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`);
}

describe("the tokens", () => {
  test.each<{ name: string; text: string; tokens: string[] }>([
    {
      name: "words and punctuation",
      text: "a_1$ = (b)",
      tokens: ["word a_1$", "punctuation =", "punctuation (", "word b", "punctuation )"],
    },
    { name: "letters beyond ASCII", text: "größe 表 😀", tokens: ["word größe", "word 表", "word 😀"] },
    {
      name: "a doubled quote stays inside its string",
      text: "'a''b' ''",
      tokens: ["string 'a''b'", "string ''"],
    },
    { name: "a string over lines", text: "'a\n;b'", tokens: ["string 'a\n;b'"] },
    {
      name: "names in double quotes",
      text: '"a""b"."c"',
      tokens: ['name "a""b"', "punctuation .", 'name "c"'],
    },
    { name: "names in backticks", text: "`a``;`", tokens: ["name `a``;`"] },
    {
      name: "names in brackets end at the first",
      text: "[a[b]c]",
      tokens: ["name [a[b]", "word c", "punctuation ]"],
    },
    {
      name: "a comment to the end of the line",
      text: "a --b;\nc",
      tokens: ["word a", "comment --b;", "word c"],
    },
    { name: "a comment to the end of the text", text: "--", tokens: ["comment --"] },
    {
      name: "minus and slash alone",
      text: "1 - -2 / 3",
      tokens: ["number 1", "punctuation -", "punctuation -", "number 2", "punctuation /", "number 3"],
    },
    {
      name: "block comments do not nest",
      text: "/* /* */ */",
      tokens: ["comment /* /* */", "punctuation *", "punctuation /"],
    },
    {
      name: "a star that is both ends closes no comment",
      text: "/*/ x */ y",
      tokens: ["comment /*/ x */", "word y"],
    },
    { name: "blobs", text: "x'00' X'AB' x", tokens: ["blob x'00'", "blob X'AB'", "word x"] },
    { name: "a blob ends at its first quote", text: "x'0''1'", tokens: ["blob x'0'", "string '1'"] },
    {
      name: "numbers",
      text: "1 .5 1.5e-3 2E+10 0xFf 1e5",
      tokens: ["number 1", "number .5", "number 1.5e-3", "number 2E+10", "number 0xFf", "number 1e5"],
    },
    {
      name: "a sign that begins no exponent",
      text: "1e-x 1+2",
      tokens: ["number 1e", "punctuation -", "word x", "number 1", "punctuation +", "number 2"],
    },
    { name: "a dot alone", text: "a.b .", tokens: ["word a", "punctuation .", "word b", "punctuation ."] },
    {
      name: "variables",
      text: "?1 ? :a @b $c #1",
      tokens: ["variable ?1", "variable ?", "variable :a", "variable @b", "variable $c", "variable #1"],
    },
    {
      name: "a variable in Tcl's form holds a quote",
      text: "$a::b(';') ;",
      tokens: ["variable $a::b(';')", "semicolon ;"],
    },
    {
      name: "an open Tcl suffix is no part of the variable",
      text: "$a(b c",
      tokens: ["variable $a", "punctuation (", "word b", "word c"],
    },
    {
      name: "a variable's sign alone",
      text: ": @ $",
      tokens: ["punctuation :", "punctuation @", "punctuation $"],
    },
    { name: "semicolons", text: ";;a;", tokens: ["semicolon ;", "semicolon ;", "word a", "semicolon ;"] },
    {
      name: "signs that SQLite does not know",
      text: "\\ ^ !",
      tokens: ["punctuation \\", "punctuation ^", "punctuation !"],
    },
    { name: "all kinds of space", text: " \t\n\r\f a\u000b", tokens: ["word a", "punctuation \u000b"] },
    {
      name: "a vertical tab after other space is space",
      text: "a \u000b\u000b b",
      tokens: ["word a", "word b"],
    },
    {
      name: "a byte order mark between tokens is space",
      text: "a; \uFEFFb",
      tokens: ["word a", "semicolon ;", "word b"],
    },
    { name: "a byte order mark in a word is a letter", text: "a\uFEFFb", tokens: ["word a\uFEFFb"] },
    { name: "nothing", text: " \n ", tokens: [] },
  ])("$name", ({ text, tokens }) => {
    expect(read(text)).toEqual(tokens);
  });

  test.each([
    { name: "a string", text: "a 'b;", kind: "string" },
    { name: "a string whose last quote is doubled", text: "a 'b''", kind: "string" },
    { name: "a name in double quotes", text: 'a "b', kind: "name" },
    { name: "a name in backticks", text: "a `b", kind: "name" },
    { name: "a name in brackets", text: "a [b", kind: "name" },
    { name: "a block comment", text: "a /* b *", kind: "comment" },
    { name: "a block comment of nothing but its beginning", text: "a /*/", kind: "comment" },
    { name: "a blob", text: "a x'0", kind: "blob" },
  ] as const)("$name that is never closed goes to the end and says so", ({ text, kind }) => {
    expect(tokensOf(text)).toEqual([
      { kind: "word", start: 0, end: 1, unterminated: false },
      { kind, start: 2, end: text.length, unterminated: true },
    ]);
  });

  test("are compared in upper case", () => {
    const lexer = new Lexer("sElect");
    lexer.next();
    expect(lexer.upper()).toBe("SELECT");
  });

  test("end, and go on ending", () => {
    const lexer = new Lexer("a");
    expect([lexer.next(), lexer.next(), lexer.next()]).toEqual([true, false, false]);
    expect(lexer.kind).toBe("end");
  });
});

describe("for any text", () => {
  const scraps = fc.constantFrom(..."'\"`[];-/*$:@#?()x0e. \n\r\t\v\uFEFFä+", "--", "/*", "*/", "END", "::");
  const text = fc.oneof(
    fc.string({ unit: scraps, maxLength: 60 }),
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.constantFrom(...SAMPLE_STATEMENTS),
  );

  test("tokens stand in order, are not empty, and leave out nothing but space", () => {
    fc.assert(
      fc.property(text, (sql) => {
        let at = 0;
        for (const { start, end } of tokensOf(sql)) {
          expect(sql.slice(at, start)).toMatch(/^[ \n\t\f\r\v\uFEFF]*$/);
          expect(end).toBeGreaterThan(start);
          at = end;
        }
        expect(sql.slice(at)).toMatch(/^[ \n\t\f\r\v\uFEFF]*$/);
      }),
      { numRuns: 2000 },
    );
  });

  test("only the last token can be unterminated, and it ends the text", () => {
    fc.assert(
      fc.property(text, (sql) => {
        const tokens = tokensOf(sql);
        expect(tokens.slice(0, -1).filter(({ unterminated }) => unterminated)).toEqual([]);
        const last = tokens.at(-1);
        if (last?.unterminated === true) expect(last.end).toBe(sql.length);
      }),
      { numRuns: 2000 },
    );
  });

  test("text after a line end and a finished token reads as it does alone", () => {
    fc.assert(
      fc.property(text, fc.constantFrom(...SAMPLE_STATEMENTS), (before, statement) => {
        fc.pre(tokensOf(before).at(-1)?.unterminated !== true);
        const joined = read(`${before}\n${statement}`);
        expect(joined.slice(-read(statement).length)).toEqual(read(statement));
      }),
      { numRuns: 1000 },
    );
  });
});
