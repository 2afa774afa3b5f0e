import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { refused } from "../support/refused.ts";
import { GODWIT, startProcess } from "../support/run-godwit.ts";
import { JOURNAL_MODES, SOUND, soundness, standing } from "./journal-modes.ts";
import { applied, FILE, refusedFile } from "./one-file.ts";

// On a machine that is shared, five seconds are not many.
setDefaultTimeout(60_000);

const T2 = "CREATE TABLE t2 (id);\n";
const INSERT = "INSERT INTO t2 VALUES (1);\n";

/** The second migration fails and is rolled back; what it says. Mended, the run ends its work. */
async function failsThenMends(project: CliProject, up: string) {
  project.root.write(FILE, `-- up\n${up}`);
  const failed = await project.migrate();
  expect(failed.exitCode).toBe(4);
  expect(project.applied()).toEqual([1]);
  expect(project.tableNames()).toEqual(["kept", "t1"]);
  expect(soundness(project)).toEqual(SOUND);
  project.root.write(FILE, `-- up\n${T2}`);
  expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
  expect(project.applied()).toEqual([1, 2]);
  return failed.stderr;
}

/** Holds a run at its place. */
const ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n;";

/** Starts a run and kills it once it stands at the statement behind the first `done`. */
async function killOnceAt(project: CliProject, done: number): Promise<void> {
  const child = startProcess([GODWIT, "migrate", "--db", "app.db"], { cwd: project.cwd });
  const isAt = `SELECT (SELECT count(*) FROM t1) = ${done} AND EXISTS (SELECT 1 FROM schema_migrations_incomplete WHERE statement = ${done + 1})`;
  for (let left = 500; left > 0 && !asked(project, isAt); left--) await Bun.sleep(20);
  child.kill("SIGKILL");
  await child.exited;
  expect(child.signalCode).toBe("SIGKILL");
}

/** False also while the table is not there, or is being written. */
function asked(project: CliProject, condition: string): boolean {
  try {
    return project.column(condition)[0] === 1;
  } catch {
    return false;
  }
}

describe.each(JOURNAL_MODES)("the statements of a file, journal mode %s", (mode) => {
  test.each([
    ["BEGIN", `BEGIN;\n${T2}`, "2:1"],
    ["COMMIT", `${T2}COMMIT;\n${INSERT}`, "3:1"],
    ["END", `${T2}end transaction;\n${INSERT}`, "3:1"],
    ["ROLLBACK", `${T2}ROLLBACK;\n${INSERT}`, "3:1"],
    ["SAVEPOINT", `${T2}SAVEPOINT s;\n${INSERT}`, "3:1"],
    ["RELEASE", `${T2}RELEASE s;\n`, "3:1"],
    ["ROLLBACK TO", `${T2}ROLLBACK TO s;\n`, "3:1"],
    ["COMMIT and BEGIN", `${T2}COMMIT;BEGIN;\n${INSERT}`, "3:1"],
    ["ROLLBACK and BEGIN", `${T2}rollback; begin;\n${INSERT}`, "3:1"],
    ["one behind a comment", `${T2}/* ; */ -- x\n COMMIT;\n`, "4:2"],
    ["two frames", `BEGIN;\n${T2}COMMIT;\nBEGIN;\n${INSERT}COMMIT;\n`, "4:1"],
    ["an EXPLAIN of none of them, then one", `EXPLAIN SELECT 1;\n${T2}END;\n`, "4:1"],
  ])("A17: what would end or split the transaction is refused at its line: %s", async (_, up, place) => {
    expect(await refusedFile(mode, `-- up\n${up}`)).toMatchObject({
      code: "STATEMENT_NOT_ALLOWED",
      place: `${FILE}:${place}`,
    });
  });

  test.each([
    [
      "a trigger's BEGIN and END",
      `${T2}CREATE TRIGGER a AFTER INSERT ON kept BEGIN SELECT 1; END;\n${INSERT}`,
    ],
    ["one frame around all of it", `BEGIN;\n${T2}${INSERT}COMMIT;\n`],
    ["names that are such words", `${T2}INSERT INTO t2 SELECT 1 AS "commit";\n`],
    ["CASE … END", `${T2}INSERT INTO t2 SELECT CASE WHEN 1 THEN 1 END;\n`],
  ])("A17: what only looks like it passes: %s", async (_, up) => {
    using project = await standing(mode);
    project.root.write(FILE, `-- up\n${up}`);
    expect((await project.migrate()).exitCode).toBe(0);
    expect(project.applied()).toEqual([1, 2]);
    expect(project.column("SELECT id FROM t2")).toEqual([1]);
    expect(soundness(project)).toEqual(SOUND);
  });

  test("A17: with Transaction: off, a file has a transaction of its own", async () => {
    const text = `-- Transaction: off\n-- up\nBEGIN;\n${T2}${INSERT}COMMIT;\n`;
    expect((await applied(mode, text)).rows).toEqual([1]);
  });

  test.each([
    [
      "INSERT OR ROLLBACK",
      `${T2}CREATE UNIQUE INDEX i ON t2 (id);\n${INSERT}INSERT OR ROLLBACK INTO t2 VALUES (1);\n`,
      "5:1",
      "UNIQUE constraint failed: t2.id",
    ],
    [
      "UPDATE OR ROLLBACK",
      `${T2}UPDATE OR ROLLBACK kept SET word = NULL;\n`,
      "3:1",
      "NOT NULL constraint failed: kept.word",
    ],
    [
      "RAISE(ROLLBACK)",
      `${T2}CREATE TRIGGER a BEFORE INSERT ON t2 BEGIN SELECT RAISE(ROLLBACK, 'not here'); END;\n${INSERT}`,
      "4:1",
      "not here",
    ],
    [
      "ON CONFLICT ROLLBACK",
      `CREATE TABLE t2 (id UNIQUE ON CONFLICT ROLLBACK);\n${INSERT}${INSERT}`,
      "4:1",
      "UNIQUE constraint failed: t2.id",
    ],
  ])("A18: %s shows its own error and nothing hides it", async (_, up, place, message) => {
    using project = await standing(mode);
    const stderr = await failsThenMends(project, up);
    expect(stderr).toStartWith(`error[MIGRATION_FAILED] ${message}\n  ${FILE}:${place}\n`);
    expect(stderr).not.toContain("no transaction is active");
    expect(stderr.match(/^error\[/gm)).toHaveLength(1);
  });

  test("A18: what an older trigger throws away is pending again, and said to be", async () => {
    using project = await standing(mode);
    project.exec("CREATE TRIGGER old BEFORE INSERT ON kept BEGIN SELECT RAISE(ROLLBACK, 'closed'); END;");
    project.tables(2);
    project.sql(3, "INSERT INTO kept (word) VALUES ('four');");
    const failed = await project.migrate();
    expect(failed).toMatchObject({ exitCode: 4 });
    expect(failed.stderr).toContain("closed");
    const told = project.applied();
    expect(failed.stdout.match(/^applied /gm) ?? []).toHaveLength(told.length - 1);
    expect(soundness(project)).toEqual(SOUND);
    project.exec("DROP TRIGGER old;");
    expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
    expect(project.applied()).toEqual([1, 2, 3]);
  });

  test.each([
    ["VACUUM", "VACUUM;"],
    ["VACUUM INTO", "VACUUM INTO 'copy.db';"],
    ["PRAGMA journal_mode", "PRAGMA journal_mode = WAL;"],
    ["PRAGMA journal_mode of a schema", "PRAGMA main.journal_mode(DELETE);"],
    ["ATTACH", "ATTACH 'other.db' AS other;"],
    ["DETACH", "DETACH other;"],
  ])("A19: %s is refused with the header that allows it", async (_, statement) => {
    const refusal = await refusedFile(mode, `-- up\n${T2}${statement}\n`);
    expect(refusal).toMatchObject({ code: "STATEMENT_NOT_ALLOWED", place: `${FILE}:3:1` });
    expect(refusal.hint).toContain("Transaction: off");
  });

  test("A19: PRAGMA foreign_keys has no effect and a note says so", async () => {
    using project = await standing(mode);
    project.root.write(FILE, `-- up\nPRAGMA foreign_keys = ON;\n${T2}${INSERT}`);
    const { stderr, exitCode } = await project.migrate();
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`${FILE}:2`);
    expect(stderr).toContain("foreign keys");
    expect(project.column("SELECT id FROM t2")).toEqual([1]);
  });

  test("A19: PRAGMA synchronous, which SQLite refuses inside a transaction, fails at its line", async () => {
    using project = await standing(mode);
    const stderr = await failsThenMends(project, `${T2}PRAGMA synchronous = OFF;\n`);
    expect(stderr).toContain(`\n  ${FILE}:3:1\n`);
  });

  test("A20: a file without a transaction that fails in the middle is incomplete until a person decides", async () => {
    using project = await standing(mode);
    project.root.write(
      FILE,
      `-- Transaction: off\n-- up\n${T2}${INSERT}INSERT INTO nowhere VALUES (1);\nSELECT 1;\n`,
    );
    project.tables(3);
    const failed = await project.migrate();
    expect(failed.exitCode).toBe(5);
    expect(failed.stderr).toContain(`\n  ${FILE}:5:1\n`);
    expect(failed.stderr).toContain("\n  left changed: 2 of 4 statements ran and stay\n  hint: ");
    expect(project.applied()).toEqual([1]);
    expect(project.column("SELECT id FROM t2")).toEqual([1]);
    for (const args of [["migrate"], ["rollback"], ["redo"]]) {
      expect(await refused(project, ...args)).toMatchObject({ exitCode: 3, code: "MIGRATION_INCOMPLETE" });
    }
    const { exitCode } = await project.status("--check");
    expect(exitCode).toBe(1);
    expect((await project.godwit("mark", v(2), "--applied", "--db", "app.db")).exitCode).toBe(0);
    expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
    expect(project.applied()).toEqual([1, 2, 3]);
    expect(soundness(project)).toEqual(SOUND);
  });

  test.each([0, 1, 2, 3])(
    "A20: killed after %i statements without a transaction, the next run refuses",
    async (done) => {
      using project = await standing(mode);
      const up = [1, 2, 3].map((id) => `INSERT INTO t1 VALUES (${id});`);
      up.splice(done, 0, ENDLESS);
      project.root.write(FILE, `-- Transaction: off\n-- up\n${up.join("\n")}\n`);
      await killOnceAt(project, done);
      expect(project.column("SELECT id FROM t1")).toEqual([1, 2, 3].slice(0, done));
      expect(project.applied()).toEqual([1]);
      const refusal = await refused(project);
      expect(refusal).toMatchObject({ exitCode: 3, code: "MIGRATION_INCOMPLETE" });
      expect(refusal.hint).toContain("mark");
      expect((await project.godwit("mark", v(2), "--pending", "--db", "app.db")).exitCode).toBe(0);
      project.root.write(FILE, `-- up\n${T2}`);
      expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
      expect(soundness(project)).toEqual(SOUND);
    },
  );

  test.each([
    ["several statements", "SELECT 1; SELECT 2; SELECT 3;"],
    [
      "CASE … END",
      "UPDATE kept SET word = CASE WHEN 1 THEN word ELSE CASE id WHEN 1 THEN 'x' END END WHERE 0;",
    ],
    ["END as a string and a name", 'SELECT \'END;\' AS [end], "begin" FROM (SELECT 1 AS "begin");'],
    ["comments with semicolons", "SELECT 1; -- END;\n /* END; */ SELECT 2;"],
    ["nested CASE and WHEN", "SELECT CASE WHEN (SELECT CASE 1 WHEN 1 THEN 2 END) THEN 1 END;"],
  ])("A23: a trigger runs whole: %s", async (_, body) => {
    using project = await standing(mode);
    const trigger = `CREATE TRIGGER a AFTER INSERT ON kept WHEN CASE WHEN 1 THEN 1 END BEGIN ${body} END`;
    project.root.write(FILE, `-- up\n${T2}${trigger};${INSERT}`);
    expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
    expect(project.column("SELECT sql FROM sqlite_schema WHERE type = 'trigger'")).toEqual([trigger]);
    expect(project.column("SELECT id FROM t2")).toEqual([1]);
  });
});
