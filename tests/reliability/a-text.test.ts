import { describe, expect, test } from "bun:test";
import { refused } from "../support/refused.ts";
import { JOURNAL_MODES, SOUND, soundness, standing } from "./journal-modes.ts";
import { applied, FILE, PLAIN, refusedFile } from "./one-file.ts";

function bytes(...parts: readonly (string | number)[]): Uint8Array {
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.of(part))));
}

function utf16(text: string, bigEndian = false): Uint8Array {
  const encoded = Buffer.from(text, "utf16le");
  return bigEndian ? encoded.swap16() : encoded;
}

describe.each(JOURNAL_MODES)("the text of a file, journal mode %s", (mode) => {
  test("A1: a byte order mark changes nothing, and a marker behind it counts", async () => {
    for (const text of [PLAIN, "CREATE TABLE t2 (id);\n", `-- Transaction: off\n${PLAIN}`]) {
      const plain = await applied(mode, text);
      expect(await applied(mode, bytes(0xef, 0xbb, 0xbf, text))).toEqual(plain);
    }
  });

  test("A2: line ends are free: CRLF, a lone CR and a mix are one and the same migration", async () => {
    const plain = await applied(mode, PLAIN);
    for (const end of ["\r\n", "\r"]) expect(await applied(mode, PLAIN.replaceAll("\n", end))).toEqual(plain);
    let line = 0;
    const mixed = PLAIN.replace(/\n/g, () => ["\r\n", "\r", "\n"][line++ % 3]!);
    expect(await applied(mode, mixed)).toEqual(plain);
  });

  test.each([
    ["little-endian with a mark", bytes(0xff, 0xfe, ...utf16(PLAIN))],
    ["big-endian with a mark", bytes(0xfe, 0xff, ...utf16(PLAIN, true))],
    ["little-endian", utf16(PLAIN)],
    ["big-endian", utf16(PLAIN, true)],
    ["little-endian, not in English", utf16(`-- Description: Größe\n${PLAIN}`)],
  ] as const)("A3: UTF-16 is refused by its name: %s", async (_, text) => {
    const refusal = await refusedFile(mode, text);
    expect(refusal).toMatchObject({ code: "MIGRATION_UNREADABLE", hint: "save the file as UTF-8" });
    expect(refusal.message).toContain("UTF-16");
  });

  test.each([
    ["Latin-1", bytes("-- up\nSELECT 'caf", 0xe9, "';\n"), "2:12"],
    ["a broken sequence", bytes("-- up\nSELECT 1;\n\n-- ", 0xc3, 0x28, "\n"), "4:4"],
    ["an overlong one", bytes("-- up\nSELECT '", 0xc0, 0xaf, "';\n"), "2:9"],
    ["a surrogate", bytes("-- up\nSELECT '", 0xed, 0xa0, 0x80, "';\n"), "2:9"],
    ["the end cut off", bytes("-- up\nSELECT 1;\n-- ", 0xe2, 0x82), "3:4"],
    ["behind U+FFFD itself", bytes("-- up\nSELECT '\uFFFD';\nSELECT '", 0xff, "';\n"), "3:9"],
  ] as const)("A4: bytes that are no UTF-8 are refused where they stand: %s", async (_, text, place) => {
    expect(await refusedFile(mode, text)).toMatchObject({
      code: "MIGRATION_UNREADABLE",
      place: `${FILE}:${place}`,
      hint: "save the file as UTF-8",
    });
  });

  test.each([
    ["at the start", bytes(0, PLAIN), "1:1"],
    ["in a statement", bytes("-- up\nCREATE TABLE t2 (id)", 0, ";\nINSERT INTO t2 VALUES (1);\n"), "2:21"],
    ["in a string", bytes("-- up\nCREATE TABLE t2 (id);\nINSERT INTO t2 VALUES ('a", 0, "b');\n"), "3:26"],
    ["in a comment", bytes("-- up\n-- a", 0, "\nCREATE TABLE t2 (id);\n"), "2:5"],
    ["in the down section", bytes("-- up\nCREATE TABLE t2 (id);\n-- down\nDROP ", 0, "TABLE t2;\n"), "4:6"],
    ["at the end", bytes(PLAIN, 0), "6:1"],
  ] as const)("A5: a NUL is refused where it stands: %s", async (_, text, place) => {
    const refusal = await refusedFile(mode, text);
    expect(refusal).toMatchObject({ code: "MIGRATION_UNREADABLE", place: `${FILE}:${place}` });
    expect(refusal.message).toContain("NUL");
  });

  test("A6: an empty file is refused, and the run ends its work once the file is written", async () => {
    using project = await standing(mode);
    project.tables(2, 3);
    project.root.write(FILE, "");
    const refusal = await refused(project);
    expect(refusal).toMatchObject({
      exitCode: 3,
      code: "SECTION_EMPTY",
      state: "unchanged: nothing was run",
    });
    expect(refusal.place).toStartWith(FILE);
    expect(project.applied()).toEqual([1]);
    project.root.write(FILE, PLAIN);
    expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
    expect(project.applied()).toEqual([1, 2, 3]);
    expect(soundness(project)).toEqual(SOUND);
  });

  test.each([
    ["blank lines", "\n \t\n\n"],
    ["comments", "-- nothing yet\n/* later */\n"],
    ["semicolons", ";;;\n ; \n"],
    ["a marker with nothing under it", "-- up\n\n-- down\nDROP TABLE t2;\n"],
    ["a byte order mark", "\uFEFF"],
    ["all of them", "-- up\n-- todo\n;; /* ; */ ;\n"],
  ])("A7: a file that does nothing is refused: %s", async (_, text) => {
    const refusal = await refusedFile(mode, text);
    expect(refusal.code).toBe("SECTION_EMPTY");
  });

  test.each([
    ["before the first statement", "-- up\n/* why\nCREATE TABLE t2 (id);\n", "2:1", "block comment"],
    ["between two", "-- up\nCREATE TABLE t2 (id);\n /* why\nSELECT 1;\n", "3:2", "block comment"],
    ["at the end", "-- up\nCREATE TABLE t2 (id);\n-- down\nDROP TABLE t2; /*", "4:16", "block comment"],
    ["in a statement", "-- up\nCREATE TABLE t2 (id /* why);\n", "2:21", "block comment"],
  ])("A15: a block comment that never ends is refused: %s", async (_, text, place, what) => {
    const refusal = await refusedFile(mode, text);
    expect(refusal).toMatchObject({ code: "SQL_UNTERMINATED", place: `${FILE}:${place}` });
    expect(refusal.message).toContain(what);
  });

  test.each([
    ["string", "-- up\nCREATE TABLE t2 (id);\nINSERT INTO t2 VALUES ('its);\n-- down\n", "3:24"],
    ["blob", "-- up\nSELECT x'00;\n", "2:8"],
    ["quoted name", '-- up\nCREATE TABLE "t2 (id);\n', "2:14"],
    ["quoted name", "-- up\nCREATE TABLE [t2 (id);\n", "2:14"],
    ["quoted name", "-- up\nCREATE TABLE `t2 (id);\n", "2:14"],
    ["trigger", "-- up\nCREATE TRIGGER a AFTER INSERT ON kept BEGIN SELECT 1;\n", "2:1"],
  ])("A16: a %s that never ends is refused where it begins: %j", async (what, text, place) => {
    const refusal = await refusedFile(mode, text);
    expect(refusal).toMatchObject({ code: "SQL_UNTERMINATED", place: `${FILE}:${place}` });
    expect(refusal.message).toContain(what);
  });

  test.each([
    ["of two", "-- up\nCREATE TABLE t2 (id);\nINSERT INTO t2 VALUES (1)"],
    [
      "before the next section",
      "-- up\nCREATE TABLE t2 (id);\nINSERT INTO t2 VALUES (1);\n-- down\nDROP TABLE t2",
    ],
    ["without a line end in the whole file", "CREATE TABLE t2 (id); INSERT INTO t2 VALUES (1)"],
  ])("A21: the last statement needs no semicolon: %s", async (_, text) => {
    expect((await applied(mode, text)).rows).toEqual([1]);
  });

  test.each([
    [
      "a comment is the last line",
      "-- up\nCREATE TABLE t2 (id); INSERT INTO t2 VALUES (1);\n-- the end",
      [1],
    ],
    [
      "SQL in a comment does not run",
      "-- up\nCREATE TABLE t2 (id);\n-- x\n-- INSERT INTO t2 VALUES (2);",
      [],
    ],
    ["SQL behind a comment runs", "-- up\nCREATE TABLE t2 (id); -- x\nINSERT INTO t2 VALUES (3) -- y", [3]],
    [
      "a comment inside a statement",
      "-- up\nCREATE TABLE t2 (id -- x\n); /* y */ INSERT INTO t2 VALUES (4)",
      [4],
    ],
  ])("A22: what a line comment hides does not run, the rest does: %s", async (_, text, rows) => {
    expect((await applied(mode, text)).rows).toEqual(rows);
  });

  test.each([
    ["-- up\nCREATE TABLE t2 (id);\n.mode csv\n", "3:1"],
    [".read other.sql\n", "1:1"],
    ["-- up\n  .import data.csv t2\nSELECT 1;\n", "2:3"],
  ])("A24: a command of the sqlite3 shell is refused as such: %j", async (text, place) => {
    const refusal = await refusedFile(mode, text);
    expect(refusal).toMatchObject({ code: "STATEMENT_NOT_ALLOWED", place: `${FILE}:${place}` });
    expect(refusal.message).toContain("sqlite3 shell");
  });

  test("A24: the same in a section that is not run yet is refused when it is to run", async () => {
    using project = await standing(mode);
    project.root.write(FILE, "-- up\nCREATE TABLE t2 (id);\n-- down\n.quit\n");
    expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
    expect(await refused(project, "rollback")).toMatchObject({
      exitCode: 3,
      code: "STATEMENT_NOT_ALLOWED",
      place: `${FILE}:4:1`,
    });
    expect(project.applied()).toEqual([1, 2]);
  });
});
