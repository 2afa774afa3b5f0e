import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readCodeFile } from "../../src/migrations/code-file.ts";
import { readSqlFile } from "../../src/migrations/sql-file.ts";
import { documentOf } from "../support/run-godwit.ts";
import { SOUND, soundness, standing } from "./journal-modes.ts";
import { FILE } from "./one-file.ts";

// On a machine that is shared, five seconds are not many.
setDefaultTimeout(60_000);

describe("inputs that are small to write and large to work on", () => {
  test.each([
    ["nested brackets", `SELECT ${"(".repeat(100_000)}1${")".repeat(100_000)};`],
    ["nested CASE", `SELECT ${"CASE WHEN 1 THEN ".repeat(20_000)}1${" END".repeat(20_000)};`],
    ["nested queries", `SELECT ${"(SELECT ".repeat(20_000)}1${")".repeat(20_000)};`],
    ["an expression of 100,000 terms", `SELECT 1${" + 1".repeat(100_000)};`],
    [
      "a table of 100,000 columns",
      `CREATE TABLE wide (${Array.from({ length: 100_000 }, (_, n) => `c${n}`).join(", ")});`,
    ],
    [
      "an IN of 100,000 functions",
      `SELECT 1 IN (${"abs(1), ".repeat(100_000)}1) FROM (SELECT ${"1, ".repeat(10_000)}1);`,
    ],
    [
      "2,000 joined tables",
      `SELECT 1 FROM ${Array.from({ length: 2000 }, (_, n) => `kept AS k${n}`).join(", ")};`,
    ],
    ["a blob of 2 GB", "SELECT zeroblob(2000000000);"],
    ["a string of 2 GB", "INSERT INTO kept (word) VALUES (printf('%.2000000000c', 'x'));"],
  ])("E23: %s: an error that is bounded, at its place, and a database as it was", async (_, statement) => {
    using project = await standing();
    project.root.write(FILE, `-- up\nCREATE TABLE t2 (id);\n${statement}\n`);
    const { stdout, stderr, exitCode } = await project.migrate();
    expect(exitCode).toBe(4);
    expect(stderr).toContain(`\n  ${FILE}:3:`);
    expect(stderr).toContain("hint: ");
    expect(stdout.length + stderr.length).toBeLessThan(2000);
    expect(project.applied()).toEqual([1]);
    expect(project.tableNames()).toEqual(["kept", "t1"]);
    expect(soundness(project)).toEqual(SOUND);
  });

  test("E23: a million statements run, each of them", async () => {
    using project = await standing();
    project.root.write(FILE, `-- up\n${"INSERT INTO t1 DEFAULT VALUES;".repeat(1_000_000)}\n`);
    expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
    expect(project.column("SELECT count(*) FROM t1")).toEqual([1_000_000]);
  });

  test("E23: a million semicolons, and comments, are nothing", async () => {
    using project = await standing();
    project.root.write(
      FILE,
      `-- up\n${";".repeat(1_000_000)}${"/**/".repeat(250_000)}\nCREATE TABLE t2 (id);\n`,
    );
    expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
    expect(project.tableNames()).toEqual(["kept", "t1", "t2"]);
  });

  test("E23: what a failure lists is bounded, however much is wrong", async () => {
    using project = await standing();
    project.sql(
      2,
      "SELECT 1;\n-- verify\nWITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) SELECT i, printf('%.10000c', 'x') AS x FROM n LIMIT 5000;",
    );
    const { stdout, stderr, exitCode } = await project.migrate();
    expect(exitCode).toBe(4);
    expect(stderr).toContain("5000 rows");
    expect(stdout.length + stderr.length).toBeLessThan(5000);
    const { error } = documentOf(await project.migrate("--json")) as { error: { details: string[] } };
    expect(JSON.stringify(error).length).toBeLessThan(5000);
  });
});

/** Of the processor, not of the wall, and the least of three: what else runs on the machine only adds to it. */
function milliseconds(work: () => void): number {
  const times = Array.from({ length: 3 }, () => {
    const start = process.cpuUsage();
    work();
    return process.cpuUsage(start).user / 1000;
  });
  return Math.min(...times);
}

const PATTERNS = [
  ["-- - - -", "-- - - -"],
  ["dashes", "-"],
  ["a comment of blanks", "--  \t "],
  ["lines of comments", "-- x\n"],
  ["markers that are none", "-- u p\n"],
  ["prefixes", "-- migrate: "],
  ["headers", "-- Requires: \n"],
  ["header blanks", "-- a - _ "],
  ["colons", "-- a:"],
  ["quotes", "''"],
  ["open comments", "/* "],
  ["stars", "/***"],
  ["semicolons", ";"],
  ["blank lines", " \n"],
  ["words", "a "],
  ["trigger words", "CREATE TRIGGER a BEGIN "],
  ["ends", "END "],
  ["pragmas", "PRAGMA a;"],
] as const;

describe("E24: time grows with the size and no faster", () => {
  const SIZE = 250_000;

  function isLinear(read: (text: string) => unknown, pattern: string, frame: (text: string) => string): void {
    const text = (size: number) => frame(pattern.repeat(size / pattern.length));
    const work = (size: number) => () => {
      try {
        read(text(size));
      } catch {
        // A refusal takes its time as well.
      }
    };
    const small = milliseconds(work(SIZE));
    const large = milliseconds(work(4 * SIZE));
    // What takes next to no time is all warming up.
    expect(large).toBeLessThan(12 * Math.max(small, 5));
  }

  test.each(PATTERNS)("E24: 1 MB of %s, in SQL", (_, pattern) => {
    isLinear(
      (text) => readSqlFile("a.sql", text),
      pattern,
      (text) => text,
    );
    isLinear(
      (text) => readSqlFile("a.sql", text),
      pattern,
      (text) => `-- up\nSELECT 1;\n${text}`,
    );
    isLinear(
      (text) => readSqlFile("a.sql", text),
      pattern,
      (text) => `-- ${text}\n-- up\nSELECT 1;\n`,
    );
  });

  test.each(PATTERNS)("E24: 1 MB of %s, in code", (_, pattern) => {
    isLinear(
      (text) => readCodeFile("a.ts", text),
      pattern,
      (text) => `/*\n${text}\n*/\nexport function up() {}\n`,
    );
    isLinear(
      (text) => readCodeFile("a.ts", text),
      pattern,
      (text) => `// ${text}\nexport function up() {}\n`,
    );
  });

  test("E24: the whole executable on such a file", async () => {
    using project = await standing();
    project.root.write(FILE, `-- up\n${"-- - - -".repeat(125_000)}\nCREATE TABLE t2 (id);\n`);
    expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
    expect(project.tableNames()).toEqual(["kept", "t1", "t2"]);
  });
});
