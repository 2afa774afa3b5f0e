import { expect, test } from "bun:test";
import { CliProject } from "../support/cli-project.ts";
import { errorIn } from "../support/expect-refused.ts";
import { JOURNAL_MODES } from "./journal-modes.ts";

/** The steps of https://sqlite.org/lang_altertable.html#otheralter on the table `parent`. */
const REBUILD = `
CREATE TABLE parent_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, boss INTEGER REFERENCES parent_new (id) ON DELETE CASCADE);
INSERT INTO parent_new (id, name, boss) SELECT id, name, boss FROM parent;
DROP TABLE parent;
ALTER TABLE parent_new RENAME TO parent;`;

const PARENT = `
CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT, boss INTEGER REFERENCES parent (id) ON DELETE CASCADE);
INSERT INTO parent VALUES (1, 'a', NULL), (2, 'b', 1), (3, 'c', 2);`;

const ACTIONS = ["CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"];
const LOSING = ["CASCADE", "SET NULL", "SET DEFAULT"];

function childOf(action: string, isDeferred = false): string {
  return `CREATE TABLE child (id INTEGER PRIMARY KEY,
      pid INTEGER DEFAULT NULL REFERENCES parent (id) ON DELETE ${action} ${isDeferred ? "DEFERRABLE INITIALLY DEFERRED" : ""});
    INSERT INTO child VALUES (1, 1), (2, 2), (3, 3), (4, 3), (5, NULL);
    CREATE TABLE grandchild (cid INTEGER REFERENCES child (id) ON DELETE CASCADE);
    INSERT INTO grandchild VALUES (1), (3), (4);`;
}

interface Tables {
  readonly parent: unknown[];
  readonly child: unknown[];
  readonly grandchild: unknown[];
}

function rowsOf(project: CliProject): Tables {
  return {
    parent: project.column("SELECT id || ' ' || name || ' ' || coalesce(boss, '-') FROM parent ORDER BY id"),
    child: project.column("SELECT id || ' ' || coalesce(pid, '-') FROM child ORDER BY id"),
    grandchild: project.column("SELECT cid FROM grandchild ORDER BY cid"),
  };
}

test.each(JOURNAL_MODES)("C26: old violations are no reason to stop, and new ones are (%s)", async (mode) => {
  using project = new CliProject();
  project.exec(
    `PRAGMA journal_mode = ${mode}; ${PARENT}${childOf("CASCADE")} INSERT INTO child VALUES (9, 99)`,
  );
  project.tables(1);
  const first = await project.migrate();
  expect(first.exitCode).toBe(0);
  project.sql(2, "DELETE FROM parent WHERE id = 3;\nDELETE FROM parent WHERE id = 2;");
  const before = rowsOf(project);
  const failed = await project.migrate("--json");
  expect(failed.exitCode).toBe(4);
  expect(errorIn(failed)).toMatchObject({ code: "FOREIGN_KEY_VIOLATION", outcome: "rolled_back" });
  expect(rowsOf(project)).toEqual(before);
  expect(project.applied()).toEqual([1]);
});

test("C26: a key that points at nothing that is unique, and a parent that is not there, stop nothing", async () => {
  using project = new CliProject();
  project.exec(
    `CREATE TABLE loose (code TEXT); INSERT INTO loose VALUES ('a');
     CREATE TABLE mismatched (code TEXT REFERENCES loose (code)); INSERT INTO mismatched VALUES ('a');
     CREATE TABLE orphan (id REFERENCES nowhere (id)); INSERT INTO orphan VALUES (1);
     ${PARENT}${childOf("CASCADE")}`,
  );
  const before = rowsOf(project);
  project.sql(1, REBUILD);
  expect((await project.migrate()).exitCode).toBe(0);
  expect(rowsOf(project)).toEqual(before);
});

for (const mode of JOURNAL_MODES) {
  for (const action of ACTIONS) {
    for (const isDeferred of [false, true]) {
      const key = `${action}${isDeferred ? ", deferred" : ""}, ${mode}`;

      test(`C27: a rebuild loses no row of another table (${key})`, async () => {
        using project = new CliProject();
        project.exec(`PRAGMA journal_mode = ${mode}; ${PARENT}${childOf(action, isDeferred)}`);
        const before = rowsOf(project);
        project.sql(1, REBUILD, "ALTER TABLE parent ADD COLUMN more;");
        expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
        expect(rowsOf(project)).toEqual(before);
        expect(project.column("PRAGMA foreign_key_check")).toEqual([]);
        expect(project.column("SELECT \"table\" FROM pragma_foreign_key_list('child')")).toEqual(["parent"]);
      });

      test(`C27: with foreign keys on it is refused, and no row is lost (${key})`, async () => {
        using project = new CliProject();
        project.exec(`PRAGMA journal_mode = ${mode}; ${PARENT}${childOf(action, isDeferred)}`);
        const before = rowsOf(project);
        project.sql(1, REBUILD, null, "-- Foreign keys: on\n");
        const failed = await project.migrate("--json");
        expect(failed.exitCode).toBe(4);
        const { code, outcome, hint } = errorIn(failed);
        expect(["rolled_back", "unchanged"]).toContain(outcome);
        expect(hint).toBeString();
        if (LOSING.includes(action)) expect(code).toBe("ROWS_LOST");
        else expect(["MIGRATION_FAILED", "FOREIGN_KEY_VIOLATION"]).toContain(code);
        expect(rowsOf(project)).toEqual(before);
        expect(project.applied()).toEqual([]);
      });
    }
  }
}

test.each(["PRAGMA foreign_keys = OFF;", "PRAGMA foreign_keys = ON;", "PRAGMA defer_foreign_keys = ON;"])(
  "C27: %s in the file changes nothing of that",
  async (pragma) => {
    using project = new CliProject();
    project.exec(`${PARENT}${childOf("CASCADE")}`);
    const before = rowsOf(project);
    project.sql(1, `${pragma}${REBUILD}`);
    expect((await project.migrate()).exitCode).toBe(0);
    expect(rowsOf(project)).toEqual(before);
  },
);

test("C27: tables that point at each other in a ring keep their rows", async () => {
  using project = new CliProject();
  project.exec(
    `CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT, boss INTEGER REFERENCES child (id) ON DELETE CASCADE);
     CREATE TABLE child (id INTEGER PRIMARY KEY, pid INTEGER REFERENCES parent (id) ON DELETE CASCADE);
     CREATE TABLE grandchild (cid INTEGER REFERENCES child (id) ON DELETE SET NULL);
     INSERT INTO parent VALUES (1, 'a', 2), (2, 'b', 1);
     INSERT INTO child VALUES (1, 1), (2, 2);
     INSERT INTO grandchild VALUES (1), (2);`,
  );
  const before = rowsOf(project);
  project.sql(1, REBUILD.replace("REFERENCES parent_new (id)", "REFERENCES child (id)"));
  expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
  expect(rowsOf(project)).toEqual(before);
});

test("C27: the same from TypeScript, and on the way down", async () => {
  using project = new CliProject();
  project.exec(`${PARENT}${childOf("CASCADE")}`);
  const before = rowsOf(project);
  const body = `(db) { db.run(\`${REBUILD}\`); }`;
  project.write(1, `export function up${body}\nexport function down${body}\n`, "ts");
  expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
  expect(rowsOf(project)).toEqual(before);
  expect((await project.godwit("redo", "--db", "app.db")).exitCode).toBe(0);
  expect((await project.godwit("rollback", "--db", "app.db")).exitCode).toBe(0);
  expect(rowsOf(project)).toEqual(before);
});

const OBJECTS = `
CREATE INDEX parent_name ON parent (name);
CREATE TRIGGER parent_log AFTER INSERT ON parent BEGIN SELECT 1; END;`;

test("C28: what a rebuild drops and nothing makes again is named", async () => {
  using project = new CliProject();
  project.exec(`${PARENT}${OBJECTS}`);
  project.sql(1, REBUILD);
  const { stdout, stderr, exitCode } = await project.migrate();
  expect(exitCode).toBe(0);
  for (const name of ["parent_name", "parent_log"]) expect(stdout + stderr).toContain(name);
});

test("C28: what the file drops by its name is meant, and not told", async () => {
  using project = new CliProject();
  project.exec(`${PARENT}${OBJECTS} CREATE VIEW names AS SELECT name FROM parent;`);
  project.sql(1, "DROP VIEW names; DROP INDEX parent_name; DROP TRIGGER parent_log;");
  const { stdout, stderr, exitCode } = await project.migrate();
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  expect(stdout).not.toMatch(/names|parent_/);
});

test("C28: what is made again is not", async () => {
  using project = new CliProject();
  project.exec(`${PARENT}${OBJECTS}`);
  project.sql(1, `${REBUILD}${OBJECTS}`);
  const { stdout, stderr, exitCode } = await project.migrate();
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  expect(stdout).not.toContain("parent_");
});
