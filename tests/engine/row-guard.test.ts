import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { MigrationManager } from "../../src/engine/migration-manager.ts";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";

const ON = "-- Foreign keys: on\n";
const REBUILD = `CREATE TABLE parent_new (id INTEGER PRIMARY KEY);
INSERT INTO parent_new SELECT id FROM parent;
DROP TABLE parent;
ALTER TABLE parent_new RENAME TO parent;`;

function family(onDelete: string): Project {
  const project = new Project();
  project.exec(`CREATE TABLE parent (id INTEGER PRIMARY KEY);
    CREATE TABLE child (id INTEGER PRIMARY KEY, pid INTEGER REFERENCES parent ON DELETE ${onDelete});
    CREATE TABLE leaf (cid INTEGER REFERENCES child ON DELETE CASCADE);
    INSERT INTO parent VALUES (1), (2);
    INSERT INTO child VALUES (10, 1), (11, 2);
    INSERT INTO leaf VALUES (10), (11), (11);`);
  return project;
}

const COUNTS = "SELECT count(*) FROM child WHERE pid IS NOT NULL UNION ALL SELECT count(*) FROM leaf";

describe("with `Foreign keys: on`", () => {
  test.each([
    [
      "CASCADE",
      [
        "child: 2 rows deleted by a foreign key's action or a trigger",
        "leaf: 3 rows deleted by a foreign key's action or a trigger",
      ],
    ],
    ["SET NULL", ["child: 2 rows left pointing at nothing by a foreign key's action or a trigger"]],
  ])(
    "a rebuild that takes rows by ON DELETE %s is undone, and says what it would have taken",
    async (action, details) => {
      using project = family(action);
      const file = project.sql(1, REBUILD, null, ON);
      const failure = await failureOf(project.run());
      expect(failure).toMatchObject({
        code: "ROWS_LOST",
        exitCode: 4,
        outcome: "rolled_back",
        details,
        location: { file, line: 1, column: 1 },
      });
      expect(project.column(COUNTS)).toEqual([2, 3]);
      expect(project.applied()).toEqual([]);
    },
  );

  test("tables that a statement changes may lose rows, others not", async () => {
    using project = family("CASCADE");
    project.sql(1, "DELETE FROM child WHERE pid = 1;\nDELETE FROM parent WHERE id = 1;", null, ON);
    const failure = await failureOf(project.run());
    expect(failure.message).toBe(`${v(1)} takes rows from leaf, which it does not change itself`);
    project.sql(
      1,
      "DELETE FROM leaf WHERE cid = 10;\nDELETE FROM CHILD WHERE pid = 1;\nDELETE FROM parent WHERE id = 1;",
      null,
      ON,
    );
    await project.run();
    expect(project.column(COUNTS)).toEqual([1, 2]);
  });

  test("a name in a comment is none", async () => {
    using project = family("CASCADE");
    project.sql(1, "-- child and leaf lose theirs\nDELETE FROM parent; -- child, leaf", null, ON);
    expect((await failureOf(project.run())).code).toBe("ROWS_LOST");
    expect(project.column(COUNTS)).toEqual([2, 3]);
  });

  test("actions that take nothing stop nothing", async () => {
    using project = family("CASCADE ON UPDATE CASCADE");
    project.sql(
      1,
      "UPDATE parent SET id = id + 100;\nINSERT INTO parent VALUES (1);\nDELETE FROM parent WHERE id = 1;",
      null,
      ON,
    );
    await project.run();
    expect(project.column("SELECT pid FROM child ORDER BY id")).toEqual([101, 102]);
  });

  test("code changes a table by the SQL that it runs", async () => {
    using project = family("CASCADE");
    const code = (body: string) => `// Foreign keys: on\nexport function up(db) {\n  ${body}\n}`;
    project.write(1, code('db.run("DELETE FROM parent WHERE id = 1");'), "ts");
    expect(await failureOf(project.run())).toMatchObject({ code: "ROWS_LOST", location: { line: 1 } });
    expect(project.column(COUNTS)).toEqual([2, 3]);
    project.write(
      1,
      code(
        'for (const t of ["leaf", "child"]) db.run("DELETE FROM " + t + " WHERE rowid = -1"); db.run("DELETE FROM parent WHERE id = 1");',
      ),
      "ts",
    );
    await project.run();
    expect(project.column(COUNTS)).toEqual([1, 2]);
  });

  test("nothing of the watch stays on a caller's connection, whatever became of the run", async () => {
    using project = family("CASCADE");
    for (const up of ["DELETE FROM parent;", "SELECT nope;", "SELECT 1;"]) {
      for (const head of [ON, `-- Transaction: off\n${ON}`]) {
        project.exec(
          "DROP TABLE IF EXISTS schema_migrations_incomplete; DROP TABLE IF EXISTS schema_migrations",
        );
        using db = new Database(project.path);
        project.sql(1, up, null, head);
        await new MigrationManager(db, project.folder).migrate().catch(() => {});
        expect(db.query("SELECT name FROM temp.sqlite_schema").values()).toEqual([]);
      }
    }
  });
});

test("a column, an alias or a table that is only read is none that is changed", async () => {
  for (const up of [
    `CREATE TABLE parent_new (id INTEGER PRIMARY KEY, child INTEGER, leaf TEXT);
INSERT INTO parent_new SELECT id, 0, 'child' FROM parent;
DROP TABLE parent;
ALTER TABLE parent_new RENAME TO parent;`,
    "DELETE FROM parent WHERE id IN (SELECT pid FROM child)",
  ]) {
    using project = family("CASCADE");
    project.sql(1, up, null, ON);
    expect((await failureOf(project.run())).code).toBe("ROWS_LOST");
    expect(project.column(COUNTS)).toEqual([2, 3]);
  }
});

test("a table that is dropped without a transaction, while they are enforced, is refused", async () => {
  using project = family("CASCADE");
  for (const [head, up] of [
    ["", `PRAGMA foreign_keys = ON;\n${REBUILD}`],
    ...["2", "+1", "0x1", '"on"', "`yes`", "[true]", "/**/ 1", "1.5"].map((on) => [
      "",
      `PRAGMA foreign_keys = ${on};\n${REBUILD}`,
    ]),
    ["", `EXPLAIN QUERY PLAN PRAGMA main.foreign_keys(1);\n${REBUILD}`],
    [ON, REBUILD],
    ["", `PRAGMA foreign_keys = OFF;\nSELECT 1;\nPRAGMA foreign_keys(1);\nBEGIN;\n${REBUILD}\nCOMMIT;`],
  ] as const) {
    project.sql(1, up, null, `-- Transaction: off\n${head}`);
    expect(await failureOf(project.run())).toMatchObject({ code: "STATEMENT_NOT_ALLOWED", exitCode: 3 });
    expect(project.column(COUNTS)).toEqual([2, 3]);
  }
  for (const [index, off] of ["OFF", "0", "-0", "'no'", "FALSE"].entries()) {
    const up = `PRAGMA foreign_keys = ${off};\nPRAGMA foreign_keys;\n${REBUILD}\nPRAGMA foreign_keys = ON;`;
    project.sql(index + 1, up, null, "-- Transaction: off\n");
    await project.run();
    expect(project.column(COUNTS)).toEqual([2, 3]);
  }
});

test("code without a transaction is watched, wherever the PRAGMA stands", async () => {
  using project = family("CASCADE");
  project.root.write(
    "migrations/lib/enforce.ts",
    'export const enforce = (db) => db.run("PRAGMA foreign_keys = ON");',
  );
  project.write(
    1,
    `// Transaction: off
import { enforce } from "./lib/enforce.ts";
export function up(db) { enforce(db); db.run("DELETE FROM parent"); }`,
    "ts",
  );
  expect(await failureOf(project.run())).toMatchObject({ code: "ROWS_LOST", exitCode: 5 });
});

test("a file that enforces them by itself, without a transaction, is told what it took", async () => {
  using project = family("CASCADE");
  project.sql(
    1,
    "PRAGMA foreign_keys = ON;\nDELETE FROM parent WHERE id = 1;",
    null,
    "-- Transaction: off\n",
  );
  expect(await failureOf(project.run())).toMatchObject({
    code: "ROWS_LOST",
    exitCode: 5,
    outcome: "left_changed",
    location: { line: 3 },
  });
});

test("without the header a rebuild keeps every row of every other table", async () => {
  for (const action of ["CASCADE", "SET NULL"]) {
    using project = family(action);
    project.exec("PRAGMA foreign_keys = ON");
    project.sql(1, REBUILD);
    await project.run();
    expect(project.column(COUNTS)).toEqual([2, 3]);
  }
});
