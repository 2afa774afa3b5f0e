import { describe, expect, test } from "bun:test";
import { v } from "../support/intent.ts";
import { refused } from "../support/refused.ts";
import { JOURNAL_MODES, SOUND, soundness, standing } from "./journal-modes.ts";
import { applied, FILE, refusedFile } from "./one-file.ts";

const BODY = "CREATE TABLE t2 (id);\nINSERT INTO t2 VALUES (1);\n";

describe.each(JOURNAL_MODES)("the sections of a file, journal mode %s", (mode) => {
  test.each([
    ["only a way down", "-- down\nDROP TABLE t2;\n", "1:1", "-- up"],
    ["only a verify", "-- verify\nSELECT 1;\n", "1:1", "-- up"],
    ["a near miss with a prefix", `-- migrate:up\n${BODY}`, "1:1", "-- up"],
    ["a near miss with a colon", `-- Up:\n${BODY}-- down\nDROP TABLE t2;\n`, "1:1", "-- up"],
    ["a near miss before the way down", `-- upp\n${BODY}-- down\nDROP TABLE t2;\n`, "1:1", "-- up"],
  ])(
    "A8: a file without an up section is refused, and the marker shown: %s",
    async (_, text, place, marker) => {
      const refusal = await refusedFile(mode, text);
      expect(refusal).toMatchObject({ code: "MARKER_INVALID", place: `${FILE}:${place}` });
      expect(refusal.hint).toContain(marker);
    },
  );

  test("A9: without a down section up works, and rollback refuses before anything is touched", async () => {
    using project = await standing(mode);
    project.root.write(FILE, `-- up\n${BODY}`);
    expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
    for (const args of [
      ["rollback"],
      ["rollback", "--steps", "2"],
      ["rollback", "--all", "--yes"],
      ["redo"],
    ]) {
      const refusal = await refused(project, ...args);
      expect(refusal).toMatchObject({
        exitCode: 3,
        code: "DOWN_MISSING",
        state: "unchanged: nothing was run",
      });
      expect(refusal.place).toStartWith(FILE);
    }
    expect(project.applied()).toEqual([1, 2]);
    expect(project.tableNames()).toEqual(["kept", "t1", "t2"]);
    expect(soundness(project)).toEqual(SOUND);
  });

  test.each([
    "-- up",
    "--up",
    "-- UP",
    "--UP",
    "--Up",
    "--  up",
    "--\tup",
    "  -- up",
    "-- up  ",
    "\t--\tuP\t",
  ])("A10: case and blank space of a marker are free: %j", async (marker) => {
    const down = marker.replace(/up/i, "down");
    const { rows } = await applied(mode, `${marker}\n${BODY}${down}\nDROP TABLE t2;\n`);
    expect(rows).toEqual([1]);
  });

  test.each([
    "-- migrate:up",
    "-- +goose Up",
    "-- +migrate Up",
    "-- @up",
    "-- up:",
    "-- up.",
    "-- [up]",
    "-- == up ==",
    "--- up",
    "---- up ----",
    "-- upp",
    "-- ups",
    "-- uq",
    "-- rambler up",
    "-- sql-migrate: up",
    "/* up */",
    "-- UP!",
    "-- up;",
  ])("A10: what was meant as a marker is never taken for a comment: %j", async (marker) => {
    const refusal = await refusedFile(mode, `${marker}\n${BODY}-- down\nDROP TABLE t2;\n`);
    expect(refusal).toMatchObject({ code: "MARKER_INVALID", place: `${FILE}:1:1` });
    expect(refusal.hint).toContain('"-- up"');
  });

  test.each(["-- down;", "-- migrate:down", "-- dwn", "-- downn", "/* down */", "-- +goose Down"])(
    "A10: nor does the way down run on the way up: %j",
    async (marker) => {
      const refusal = await refusedFile(mode, `-- up\n${BODY}${marker}\nDROP TABLE kept;\n`);
      expect(refusal).toMatchObject({ code: "MARKER_INVALID", place: `${FILE}:4:1` });
      expect(refusal.hint).toContain('"-- down"');
    },
  );

  test.each([
    "-- look up the rows",
    "-- Note: down is below",
    "-- set up",
    "-- up and down",
    "-- verified by hand",
  ])("A10: prose is prose: %j", async (comment) => {
    expect((await applied(mode, `${comment}\n-- up\n${comment}\n${BODY}`)).rows).toEqual([1]);
  });

  test.each([
    ["up twice", `-- up\n${BODY}-- up\nDROP TABLE kept;\n`, "4:1"],
    ["down twice", `-- up\n${BODY}-- down\nDROP TABLE t2;\n-- down\nSELECT 1;\n`, "6:1"],
    ["verify twice", `-- up\n${BODY}-- verify\nSELECT 1;\n--verify\nSELECT 1;\n`, "6:1"],
    ["SQL before the first", `CREATE TABLE t3 (id);\n-- up\n${BODY}`, "1:1"],
  ])("A11: sections that contradict each other are refused at their line: %s", async (_, text, place) => {
    expect(await refusedFile(mode, text)).toMatchObject({
      code: "MARKER_INVALID",
      place: `${FILE}:${place}`,
    });
  });

  test("A11: a marker that stands twice is shown with both lines", async () => {
    const { text } = await refusedFile(mode, `-- up\n${BODY}-- up\nDROP TABLE kept;\n`);
    expect(text).toContain(`${FILE}:4:1`);
    expect(text).toMatch(/line 1\b|step_2\.sql:1\b/);
  });

  test("A11: down before up is as good: each section is what its marker says", async () => {
    using project = await standing(mode);
    project.root.write(FILE, `-- down\nDROP TABLE t2;\n-- up\n${BODY}`);
    expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
    expect(project.column("SELECT id FROM t2")).toEqual([1]);
    expect(await project.godwit("rollback", "--db", "app.db")).toMatchObject({ stderr: "", exitCode: 0 });
    expect(project.tableNames()).toEqual(["kept", "t1"]);
    expect(soundness(project)).toEqual(SOUND);
  });

  test.each([
    ["A12", "a string", "INSERT INTO t2 VALUES ('\n-- down\n');", "\n-- down\n"],
    ["A12", "a string with quotes", "INSERT INTO t2 VALUES ('it''s\n-- up\n');", "it's\n-- up\n"],
    ["A14", "a block comment", "/* later\n-- down\n*/ INSERT INTO t2 VALUES (5);", 5],
    ["A14", "a name in double quotes", 'INSERT INTO t2 SELECT 6 AS "\n-- down\n";', 6],
    ["A14", "a name in brackets", "INSERT INTO t2 SELECT 7 AS [\n-- down\n];", 7],
    ["A14", "a name in backticks", "INSERT INTO t2 SELECT 8 AS `\n-- down\n`;", 8],
  ])("%s: a marker inside %s is none", async (_, _where, insert, value) => {
    const text = `-- up\nCREATE TABLE t2 (id);\n${insert}\nINSERT INTO t2 VALUES ('last');\n-- down\nDROP TABLE t2;\n`;
    expect((await applied(mode, text)).rows).toEqual([value, "last"]);
  });

  test("A14: a block comment with no word but a marker is refused, since it may be meant as one", async () => {
    const refusal = await refusedFile(mode, `-- up\n${BODY}/*\n-- down\n*/\nDROP TABLE kept;\n`);
    expect(refusal).toMatchObject({ code: "MARKER_INVALID", place: `${FILE}:4:1` });
  });

  test("A13: a marker inside a trigger's body is none, or is refused where it stands", async () => {
    const trigger = "CREATE TRIGGER a AFTER INSERT ON kept BEGIN\n  SELECT 1;\n-- down\n  SELECT 2;\nEND;\n";
    const text = `-- up\n${BODY}${trigger}INSERT INTO t2 VALUES (2);\n-- down\nDROP TRIGGER a;\nDROP TABLE t2;\n`;
    using project = await standing(mode);
    project.root.write(FILE, text);
    expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
    expect(project.column("SELECT id FROM t2")).toEqual([1, 2]);
    const [sql] = project.column("SELECT sql FROM sqlite_schema WHERE type = 'trigger'");
    expect(sql).toBe(trigger.trim().replace(/;$/, ""));
    expect(project.column("SELECT version FROM schema_migrations")).toEqual([v(1), v(2)]);
    expect(await project.godwit("rollback", "--db", "app.db")).toMatchObject({ stderr: "", exitCode: 0 });
    expect(project.tableNames()).toEqual(["kept", "t1"]);
  });
});
