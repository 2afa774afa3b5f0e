import { describe, expect, test } from "bun:test";
import { readFileSync, renameSync, symlinkSync } from "node:fs";
import { checksum } from "../../src/base/checksum.ts";
import { v } from "../support/intent.ts";
import { refused } from "../support/refused.ts";
import { GODWIT, runProcess } from "../support/run-godwit.ts";
import { HAS_STRACE } from "../support/strace.ts";
import { JOURNAL_MODES, SOUND, soundness, standing } from "./journal-modes.ts";
import { FILE } from "./one-file.ts";

const UP = "CREATE TABLE t2 (id);\nINSERT INTO t2 VALUES (1);";
const FIRST = `-- up\n${UP}\n`;
const OTHER = FIRST.replace("(1)", "(2)");

/** Code that does something to the folder once the run has begun. */
function meddling(line: string): string {
  return `import { execSync } from "node:child_process";\nexport function up(db) { execSync(${JSON.stringify(line)}); db.run("CREATE TABLE done (id)"); }\n`;
}

describe.each(JOURNAL_MODES)("files against the history, journal mode %s", (mode) => {
  test("A30: an older file that comes later is refused, never skipped, and applied when it is allowed", async () => {
    using project = await standing(mode);
    project.tables(4);
    await project.migrate();
    project.tables(2);
    const refusal = await refused(project);
    expect(refusal).toMatchObject({ exitCode: 3, code: "OUT_OF_ORDER", state: "unchanged: nothing was run" });
    expect(refusal.text).toContain(FILE);
    expect(refusal.hint).toContain("--allow-out-of-order");
    expect((await project.status("--check")).exitCode).toBe(1);
    project.tables(5);
    expect((await refused(project)).code).toBe("OUT_OF_ORDER");
    expect((await project.migrate("--allow-out-of-order")).exitCode).toBe(0);
    expect(project.applied()).toEqual([1, 2, 4, 5]);
    expect(project.column("SELECT version FROM schema_migrations ORDER BY id")).toEqual([1, 4, 2, 5].map(v));
    expect(soundness(project)).toEqual(SOUND);
  });

  test("A41: one byte of an applied file stops the run until it is allowed or accepted", async () => {
    using project = await standing(mode);
    project.root.write(FILE, FIRST);
    await project.migrate();
    const [recorded] = project.column("SELECT checksum FROM schema_migrations WHERE version = ?", v(2));
    expect(recorded).toBe(checksum(UP));
    project.root.write(FILE, OTHER);
    project.tables(3);
    const refusal = await refused(project);
    expect(refusal).toMatchObject({ exitCode: 3, code: "MIGRATION_CHANGED", place: FILE });
    expect(refusal.hint).toMatch(/mark|--allow-changed/);
    expect((await project.migrate("--allow-changed")).exitCode).toBe(0);
    expect(project.applied()).toEqual([1, 2, 3]);
    expect(project.column("SELECT id FROM t2")).toEqual([1]);
    expect((await project.status("--check")).exitCode).toBe(1);
    expect((await project.godwit("mark", v(2), "--applied", "--db", "app.db")).exitCode).toBe(0);
    expect((await project.status("--check")).exitCode).toBe(0);
    expect(soundness(project)).toEqual(SOUND);
  });

  test("A41: what changes nothing is no change: line ends, a byte order mark, the way down, a comment above", async () => {
    using project = await standing(mode);
    project.root.write(FILE, FIRST);
    await project.migrate();
    for (const text of [
      FIRST.replaceAll("\n", "\r\n"),
      `\uFEFF${FIRST}`,
      `-- Description: other words\n${FIRST}\n-- down\nDROP TABLE t2;\n`,
      `${FIRST}\n\n`,
    ]) {
      project.root.write(FILE, text);
      expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
      expect((await project.status("--check")).exitCode).toBe(0);
    }
  });

  test("A42: a file that is rewritten while the run goes on runs as it was read and hashed", async () => {
    using project = await standing(mode);
    project.write(
      2,
      meddling(
        `printf -- '${OTHER.replaceAll("\n", "\\n")}' > migrations/${v(3)}_step_3.sql; echo 'throw 1' > migrations/${v(4)}_step_4.ts`,
      ),
      "ts",
    );
    project.write(3, FIRST);
    const code = 'export function up(db) { db.run("INSERT INTO t2 VALUES (4)"); }\n';
    project.write(4, code, "ts");
    expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
    expect(readFileSync(project.file(3), "utf8")).toBe(OTHER);
    expect(project.column("SELECT id FROM t2")).toEqual([1, 4]);
    expect(
      project.column("SELECT checksum FROM schema_migrations WHERE version >= ? ORDER BY version", v(3)),
    ).toEqual([checksum(UP), checksum(code)]);
    const { stdout } = await project.status();
    expect(stdout.match(/^changed /gm)).toHaveLength(2);
  });

  test("A43: a file that is deleted while the run goes on runs as it was read", async () => {
    using project = await standing(mode);
    project.write(2, meddling(`rm migrations/${v(3)}_* migrations/${v(4)}_*`), "ts");
    project.write(3, FIRST);
    project.write(4, 'export function up(db) { db.run("INSERT INTO t2 VALUES (4)"); }\n', "ts");
    expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
    expect(project.applied()).toEqual([1, 2, 3, 4]);
    expect(project.column("SELECT id FROM t2")).toEqual([1, 4]);
    expect(soundness(project)).toEqual(SOUND);
  });

  test("E22: a linked folder that is led elsewhere while the run goes on runs as it was read", async () => {
    using project = await standing(mode);
    project.write(2, meddling("ln -sfn evil migrations"), "ts");
    project.write(3, FIRST);
    project.write(4, 'export function up(db) { db.run("INSERT INTO t2 VALUES (4)"); }\n', "ts");
    renameSync(project.folder, project.root.join("good"));
    symlinkSync("good", project.folder);
    for (const n of [1, 2, 3, 4])
      project.root.write(`evil/${v(n)}_step_${n}.sql`, "-- up\nDROP TABLE kept;\n");
    expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
    expect(project.column("SELECT id FROM t2")).toEqual([1, 4]);
    expect(project.column("SELECT checksum FROM schema_migrations WHERE version = ?", v(3))).toEqual([
      checksum(UP),
    ]);
    expect(soundness(project)).toEqual(SOUND);
  });
});

test.skipIf(!HAS_STRACE)(
  "A42: each file of a plan is opened once, so that there is no second reading to differ from the first",
  async () => {
    using project = await standing();
    project.tables(2);
    project.write(3, 'export function up(db) { db.run("CREATE TABLE t3 (id)"); }\n', "ts");
    const traced = await runProcess(
      ["strace", "-f", "-o", "trace", "-e", "trace=open,openat", GODWIT, "migrate", "--db", "app.db"],
      { cwd: project.cwd },
    );
    expect(traced.exitCode).toBe(0);
    const trace = readFileSync(project.root.join("trace"), "utf8");
    for (const file of [project.file(2), project.file(3, "ts")])
      expect(
        trace.split("\n").filter((line) => line.includes(file) && !line.includes("O_PATH")),
      ).toHaveLength(1);
  },
);
