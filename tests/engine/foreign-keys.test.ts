import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { MigrationManager } from "../../src/engine/migration-manager.ts";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";

const ON = "-- Foreign keys: on\n";

const REBUILD = `CREATE TABLE parent_new (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO parent_new (id) SELECT id FROM parent;
DROP TABLE parent;
ALTER TABLE parent_new RENAME TO parent;`;

function family(action: string): Project {
  const project = new Project();
  project.exec(`CREATE TABLE parent (id INTEGER PRIMARY KEY);
    CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent(id) ${action});
    INSERT INTO parent VALUES (1), (2);
    INSERT INTO child VALUES (1, 1), (2, 1), (3, 2);`);
  return project;
}

const CHILDREN = [
  { id: 1, parent_id: 1 },
  { id: 2, parent_id: 1 },
  { id: 3, parent_id: 2 },
];

const ACTIONS = ["CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"];

describe("rebuilding a parent table keeps the rows of its children", () => {
  test.each(ACTIONS)("with ON DELETE %s", async (action) => {
    using project = family(`ON DELETE ${action}`);
    project.sql(1, REBUILD);
    await project.run();
    expect(project.query("SELECT * FROM child")).toEqual(CHILDREN);
    expect(project.column("SELECT name FROM pragma_table_info('parent')")).toEqual(["id", "name"]);
  });

  test("with a deferred key, in code, and while the handle enforces them", async () => {
    using project = family("ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED");
    project.write(1, `export function up(db) { db.run(${JSON.stringify(REBUILD)}); }`, "ts");
    using db = new Database(project.path);
    db.run("PRAGMA foreign_keys = 1");
    await new MigrationManager(db, project.folder).migrate();
    expect(project.query("SELECT * FROM child")).toEqual(CHILDREN);
  });

  test("although the file switches foreign keys itself, which is left out with a note", async () => {
    using project = family("ON DELETE CASCADE");
    project.sql(1, `PRAGMA foreign_keys = ON;\n${REBUILD}\nPRAGMA main.foreign_keys=ON;`);
    await project.run();
    expect(project.query("SELECT * FROM child")).toEqual(CHILDREN);
    const why = "godwit switches foreign keys itself, and checks them after each migration";
    expect(project.notes()).toEqual([
      { line: 2, message: `left out PRAGMA foreign_keys = ON; ${why}` },
      { line: 7, message: `left out PRAGMA main.foreign_keys=ON; ${why}` },
    ]);
  });
});

test("what was broken before is told once for a run, and stops nothing", async () => {
  using project = family("");
  project.exec("PRAGMA foreign_keys = 0; INSERT INTO child VALUES (4, 99)");
  project.sql(1, "UPDATE parent SET id = id;");
  project.sql(2, "ALTER TABLE child RENAME TO kid;");
  const file = project.file(1);
  await project.run({ kind: "migrate" }, { commit: "each" });
  expect(project.applied()).toEqual([1, 2]);
  expect(project.events.filter(({ kind }) => kind === "note")).toEqual([
    {
      kind: "note",
      file,
      line: null,
      message: "1 foreign key pointed nowhere before: child row 4: parent_id 99 is in no row of parent",
    },
  ]);
});

describe("a new violation", () => {
  test("is refused with its rows, and rolled back", async () => {
    using project = family("");
    const file = project.sql(1, "DELETE FROM parent WHERE id = 1;");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "FOREIGN_KEY_VIOLATION",
      exitCode: 4,
      message: `${v(1)} leaves 2 foreign keys pointing nowhere`,
      details: [
        "child row 1: parent_id 1 is in no row of parent",
        "child row 2: parent_id 1 is in no row of parent",
      ],
      outcome: "rolled_back",
    });
    expect(failure.location?.file).toBe(file);
    expect(project.column("SELECT id FROM parent")).toEqual([1, 2]);
    expect(project.applied()).toEqual([]);
  });

  test("is shown row by row, however many there are", async () => {
    using project = family("");
    project.sql(
      1,
      "WITH RECURSIVE c(x) AS (SELECT 10 UNION ALL SELECT x + 1 FROM c WHERE x < 21) INSERT INTO child SELECT x, x FROM c;",
    );
    const failure = await failureOf(project.run());
    expect(failure.message).toBe(`${v(1)} leaves 12 foreign keys pointing nowhere`);
    expect(failure.details).toHaveLength(12);
  });

  test("in a table without rowids is found too", async () => {
    using project = new Project();
    project.exec(`CREATE TABLE p (id TEXT PRIMARY KEY);
      CREATE TABLE c (id TEXT PRIMARY KEY REFERENCES p(id)) WITHOUT ROWID;`);
    project.sql(1, "INSERT INTO c VALUES ('x');");
    const failure = await failureOf(project.run());
    expect(failure.message).toBe(`${v(1)} leaves 1 foreign key pointing nowhere`);
    expect(failure.details).toEqual(["a row of c: id 'x' is in no row of p"]);
  });

  test("left by code is found too", async () => {
    using project = family("");
    project.write(1, "export function up(db) { db.run('DELETE FROM parent'); }", "ts");
    expect((await failureOf(project.run())).code).toBe("FOREIGN_KEY_VIOLATION");
    expect(project.column("SELECT count(*) FROM parent")).toEqual([2]);
  });

  test("left by the way down is found too", async () => {
    using project = family("");
    project.sql(1, "INSERT INTO parent VALUES (3);", "DELETE FROM parent;");
    await project.run();
    expect((await failureOf(project.run({ kind: "rollback" }))).code).toBe("FOREIGN_KEY_VIOLATION");
    expect(project.applied()).toEqual([1]);
  });

  test("is laid to the migration that makes it, not to one after it in the same transaction", async () => {
    using project = family("");
    project.sql(1, "INSERT INTO parent VALUES (3);");
    project.sql(2, "DELETE FROM parent WHERE id = 2;");
    const failure = await failureOf(project.run());
    expect(failure.message).toBe(`${v(2)} leaves 1 foreign key pointing nowhere`);
    expect(project.applied()).toEqual([1]);
  });
});

describe("what was broken before", () => {
  test("stops nothing", async () => {
    using project = family("");
    project.exec("INSERT INTO child VALUES (4, 99), (5, 99)");
    project.sql(1, `${REBUILD}\nUPDATE child SET id = id + 100;`);
    await project.run();
    expect(project.column("SELECT id FROM child WHERE parent_id = 99")).toEqual([104, 105]);
  });

  test("does not hide what is new beside it", async () => {
    using project = family("");
    project.exec("INSERT INTO child VALUES (4, 99)");
    project.sql(1, "INSERT INTO child VALUES (5, 98), (6, 99);");
    const failure = await failureOf(project.run());
    expect(failure.details).toEqual([
      "child row 5: parent_id 98 is in no row of parent",
      "child row 6: parent_id 99 is in no row of parent",
    ]);
  });

  test("may be a key whose parent is not unique", async () => {
    using project = family("");
    project.exec("CREATE TABLE p (x); CREATE TABLE c (x REFERENCES p(x)); INSERT INTO c VALUES (1)");
    project.sql(1, "INSERT INTO parent VALUES (9);");
    await project.run();
    expect(project.applied()).toEqual([1]);
    project.sql(2, "DELETE FROM parent WHERE id = 2;");
    expect((await failureOf(project.run())).details).toEqual([
      "child row 3: parent_id 2 is in no row of parent",
    ]);
  });
});

describe("a new key that cannot be checked", () => {
  test("is refused where the migration makes it", async () => {
    using project = new Project();
    project.exec("CREATE TABLE p (x)");
    project.sql(1, "CREATE TABLE c (x REFERENCES p(x));");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "FOREIGN_KEY_VIOLATION",
      message: `${v(1)} leaves 1 foreign key pointing nowhere`,
      details: ['c: foreign key mismatch - "c" referencing "p"'],
    });
    expect(project.tableNames()).toEqual(["p"]);
  });
});

describe("`Foreign keys: on`", () => {
  test("enforces them: actions run", async () => {
    using project = family("ON DELETE CASCADE");
    project.sql(1, "DELETE FROM parent WHERE id = 1;\nDELETE FROM child WHERE id < 0;", null, ON);
    await project.run();
    expect(project.column("SELECT id FROM child")).toEqual([3]);
  });

  test("enforces them: a violation fails at its statement", async () => {
    using project = family("");
    project.sql(1, "INSERT INTO child VALUES (4, 1);\nINSERT INTO child VALUES (5, 99);", null, ON);
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({ code: "MIGRATION_FAILED", message: "FOREIGN KEY constraint failed" });
    expect(failure.location).toMatchObject({ line: 4, column: 1 });
    expect(project.column("SELECT count(*) FROM child")).toEqual([3]);
  });

  test("names the file where a deferred key makes COMMIT fail", async () => {
    using project = family("DEFERRABLE INITIALLY DEFERRED");
    project.sql(1, "CREATE TABLE other (id);");
    project.sql(2, REBUILD, null, ON);
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "FOREIGN_KEY_VIOLATION",
      message: `${v(2)} breaks a deferred foreign key`,
      outcome: "rolled_back",
      state: `rolled back: the database is at ${v(1)} (1 earlier migration of this run stays done)`,
    });
    expect(failure.location?.file).toContain(v(2));
    expect(project.told("migration-failed")).toEqual(["migration-failed 2"]);
    expect(project.query("SELECT * FROM child")).toEqual(CHILDREN);
  });

  test("holds for that file only, first, last or in between", async () => {
    using project = family("ON DELETE CASCADE");
    project.sql(1, "DELETE FROM parent WHERE id = 1;\nDELETE FROM child WHERE id < 0;", null, ON);
    project.sql(2, REBUILD);
    project.sql(3, "INSERT INTO parent (id) VALUES (4);\nINSERT INTO child VALUES (9, 4);");
    project.sql(4, "DELETE FROM parent WHERE id = 4;\nDELETE FROM child WHERE id < 0;", null, ON);
    await project.run();
    expect(project.column("SELECT id FROM child")).toEqual([3]);
    expect(project.told("migration-started", "migration-applied")).toEqual([
      "migration-started 1",
      "migration-applied 1",
      "migration-started 2",
      "migration-started 3",
      "migration-applied 2",
      "migration-applied 3",
      "migration-started 4",
      "migration-applied 4",
    ]);
  });
});

describe.each([0, 1])("a handle whose foreign keys are %i", (setting) => {
  test.each([
    ["goes through", "CREATE TABLE t (id);", ""],
    ["fails", "SELECT nope;", ""],
    ["goes through with them on", "CREATE TABLE t (id);", ON],
    ["fails with them on", "SELECT nope;", ON],
    ["goes through without a transaction", "CREATE TABLE t (id);", "-- Transaction: off\n"],
  ])("has them as before after a run that %s", async (_name, up, head) => {
    using project = new Project();
    project.sql(1, up, null, head);
    using db = new Database(project.path);
    db.run(`PRAGMA foreign_keys = ${setting}`);
    db.run("PRAGMA busy_timeout = 123");
    await new MigrationManager(db, project.folder).migrate().catch(() => {});
    expect(db.query("PRAGMA foreign_keys").values()).toEqual([[setting]]);
    expect(db.query("PRAGMA busy_timeout").values()).toEqual([[123]]);
  });
});
