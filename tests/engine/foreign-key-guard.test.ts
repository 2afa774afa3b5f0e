import { Database } from "bun:sqlite";
import { describe, expect, spyOn, test } from "bun:test";
import { SqliteConnection } from "../../src/databases/sqlite/sqlite-connection.ts";
import type { RunEvent } from "../../src/engine/events.ts";
import { ForeignKeyGuard, tellOldViolations } from "../../src/engine/foreign-key-guard.ts";
import { MigrationManager } from "../../src/engine/migration-manager.ts";
import type { PreparedStep } from "../../src/engine/prepare.ts";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";

/** Posts of users, one of whom, 99, is not there. */
function posts(kind = ""): Project {
  const project = new Project();
  project.exec(`CREATE TABLE users (id INTEGER PRIMARY KEY);
    CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id REFERENCES users(id)) ${kind};
    INSERT INTO users VALUES (1), (2);
    INSERT INTO posts VALUES (1, 1), (2, 99);`);
  return project;
}

describe("a new violation in place of an old one", () => {
  test.each(["", "WITHOUT ROWID"])("is found, table %s", async (kind) => {
    using project = posts(kind);
    project.sql(1, "DELETE FROM posts WHERE user_id = 99;\nDELETE FROM users WHERE id = 1;");
    const failure = await failureOf(project.run());
    expect(failure.message).toBe(`${v(1)} leaves 1 foreign key pointing nowhere`);
    expect(failure.details[0]).toEndWith(": user_id 1 is in no row of users");
    expect(project.column("SELECT id FROM users")).toEqual([1, 2]);
  });

  test("is found although the migration made LIKE case-sensitive", async () => {
    using project = new Project();
    project.exec("create table p (id integer primary key); create table c (p references p(id))");
    project.sql(1, "INSERT INTO c VALUES (1);");
    using db = new Database(project.path);
    db.run("PRAGMA case_sensitive_like = 1");
    const failure = await failureOf(new MigrationManager(db, project.folder).migrate());
    expect(failure.code).toBe("FOREIGN_KEY_VIOLATION");
  });

  test("is found by a handle that gives integers as bigints, which keeps its foreign keys on", async () => {
    using project = posts();
    project.tables(1);
    project.sql(2, "DELETE FROM users WHERE id = 1;");
    using db = new Database(project.path, { safeIntegers: true });
    db.run("PRAGMA foreign_keys = 1");
    const failure = await failureOf(new MigrationManager(db, project.folder).migrate());
    expect(failure.details).toEqual(["posts row 1: user_id 1 is in no row of users"]);
    expect(db.query("PRAGMA foreign_keys").values()).toEqual([[1n]]);
    expect(project.applied()).toEqual([1]);
  });
});

describe("an old violation stops nothing,", () => {
  test.each([
    ["the table renamed", "ALTER TABLE posts RENAME TO articles;"],
    ["the parent renamed", "ALTER TABLE users RENAME TO people;"],
    ["the column renamed", "ALTER TABLE posts RENAME COLUMN user_id TO author_id;"],
    [
      "all of them renamed",
      "ALTER TABLE posts RENAME COLUMN user_id TO author_id; ALTER TABLE users RENAME TO people; ALTER TABLE posts RENAME TO articles;",
    ],
    [
      "the table rebuilt under another name",
      "CREATE TABLE articles (id INTEGER PRIMARY KEY, by REFERENCES users(id)); INSERT INTO articles SELECT * FROM posts; DROP TABLE posts;",
    ],
  ])("%s", async (_name, sql) => {
    using project = posts();
    project.sql(1, sql);
    await project.run();
    expect(project.applied()).toEqual([1]);
  });

  test("a table renamed that points at itself", async () => {
    using project = new Project();
    project.exec(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, up REFERENCES t(id)); INSERT INTO t VALUES (1, 9);",
    );
    project.sql(1, "ALTER TABLE t RENAME TO tree;");
    await project.run();
    expect(project.applied()).toEqual([1]);
  });

  test("a key renamed that cannot be checked", async () => {
    using project = new Project();
    project.exec("CREATE TABLE p (x); CREATE TABLE c (x REFERENCES p(x)); INSERT INTO c VALUES (1);");
    project.sql(1, "ALTER TABLE p RENAME TO q;");
    project.sql(2, "ALTER TABLE c RENAME TO d;");
    await project.run();
    expect(project.applied()).toEqual([1, 2]);
  });

  test("a key that can be checked at last", async () => {
    using project = new Project();
    project.exec("CREATE TABLE p (x); CREATE TABLE c (x REFERENCES p(x)); INSERT INTO c VALUES (1);");
    project.sql(1, "CREATE UNIQUE INDEX i ON p (x);\nINSERT INTO p VALUES (2);");
    await project.run();
    expect(project.applied()).toEqual([1]);
  });
});

describe("a new violation is found", () => {
  test.each([
    ["in a renamed table", "ALTER TABLE posts RENAME TO articles; INSERT INTO articles VALUES (3, 98);"],
    [
      "of the same value in a renamed table",
      "ALTER TABLE posts RENAME TO articles; INSERT INTO articles VALUES (3, 99);",
    ],
    [
      "in another table, while the old one is mended and renamed",
      "DELETE FROM posts WHERE id = 2; ALTER TABLE posts RENAME TO articles; CREATE TABLE likes (by REFERENCES users(id)); INSERT INTO likes VALUES (99);",
    ],
  ])("%s", async (_name, sql) => {
    using project = posts();
    project.sql(1, sql);
    const failure = await failureOf(project.run());
    expect(failure.message).toBe(`${v(1)} leaves 1 foreign key pointing nowhere`);
  });
});

test("the first keys of a database are checked in the script that declares them", async () => {
  using project = new Project();
  project.sql(
    1,
    "CREATE TABLE parent (id INTEGER PRIMARY KEY);\nCREATE TABLE child (p REFERENCES parent);\nINSERT INTO child VALUES (1);",
  );
  expect((await failureOf(project.run())).details).toEqual(["child row 1: p 1 is in no row of parent"]);
});

describe("keys that code declares are checked,", () => {
  const rows = "INSERT INTO child VALUES (1)";

  function code(project: Project, body: string): void {
    project.write(1, `export function up(db) { ${body} }`, "ts");
  }

  test.each([
    ["by a script", `db.run("CREATE TABLE child (p REFERENCES parent)"); db.run("${rows}");`],
    ["by a statement", `db.prepare("CREATE TABLE child (p REFERENCES parent)").run(); db.run("${rows}");`],
    ["by a kept statement", `db.query("create table child (p references parent)").run(); db.run("${rows}");`],
    [
      "by another column",
      `db.run("CREATE TABLE child (x); ALTER TABLE child ADD p REFERENCES parent"); db.run("INSERT INTO child VALUES (1, 1)");`,
    ],
  ])("%s", async (_name, body) => {
    using project = new Project();
    project.exec("CREATE TABLE parent (id INTEGER PRIMARY KEY)");
    code(project, body);
    expect((await failureOf(project.run())).details).toEqual(["child row 1: p 1 is in no row of parent"]);
  });

  test.each(["up", "down"])("also by another connection, where no lock keeps it out: %s", async (name) => {
    using project = new Project();
    project.exec("CREATE TABLE parent (id INTEGER PRIMARY KEY)");
    const body = `const { Database } = require("bun:sqlite"); const own = new Database(db.filename);
      own.run("CREATE TABLE child (p REFERENCES parent)"); own.run("${rows}"); own.close();`;
    const other = name === "up" ? "down" : "up";
    project.write(
      1,
      `// Transaction: off\nexport function ${name}(db) { ${body} }\nexport function ${other}(db) { db.run("SELECT 1"); }`,
      "ts",
    );
    if (name === "down") await project.run();
    const failure = await failureOf(name === "up" ? project.run() : project.run({ kind: "rollback" }));
    expect(failure.code).toBe("FOREIGN_KEY_VIOLATION");
  });

  test("also of SQL, by another connection while no lock keeps it out", async () => {
    using project = new Project();
    project.exec("CREATE TABLE parent (id INTEGER PRIMARY KEY); INSERT INTO parent VALUES (1)");
    project.sql(1, "SELECT 1;\nDELETE FROM parent;", null, "-- Transaction: off\n");
    using other = new Database(project.path);
    const run = SqliteConnection.prototype.run;
    using _run = spyOn(SqliteConnection.prototype, "run").mockImplementation(function (
      this: SqliteConnection,
      sql,
    ) {
      if (sql.startsWith("DELETE")) other.run(`CREATE TABLE child (p REFERENCES parent); ${rows}`);
      return run.call(this, sql);
    });
    expect((await failureOf(project.run())).details).toEqual(["child row 1: p 1 is in no row of parent"]);
  });

  test("also by a handle that it shares with the application", async () => {
    using project = new Project();
    using db = new Database(project.path);
    db.run("CREATE TABLE parent (id INTEGER PRIMARY KEY)");
    Object.assign(globalThis, { shared: db });
    code(project, `globalThis.shared.run("CREATE TABLE child (p REFERENCES parent)"); db.run("${rows}");`);
    const failure = await failureOf(new MigrationManager(db, project.folder).migrate());
    expect(failure.code).toBe("FOREIGN_KEY_VIOLATION");
  });

  test("and where it declares none, the schema is read once for the whole run", async () => {
    using project = new Project();
    const links = spyOn(SqliteConnection.prototype, "foreignKeyLinks");
    for (const n of [1, 2, 3])
      project.write(n, `export const up = (db) => db.run("CREATE TABLE t${n} (x)");`, "ts");
    await project.run();
    expect(links).toHaveBeenCalledTimes(1);
    links.mockRestore();
  });
});

describe("a mismatch is laid to the migration that makes it", () => {
  test.each([
    ["a parent made after its child", "CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT);"],
    ["a view made in its place", "CREATE VIEW parent AS SELECT 1 AS name;"],
  ])("%s", async (_name, sql) => {
    using project = new Project();
    project.sql(1, "CREATE TABLE child (pid TEXT REFERENCES parent(name));\nCREATE TABLE other (x);");
    project.sql(2, sql);
    project.sql(3, "INSERT INTO other VALUES (1);");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      message: `${v(2)} leaves 1 foreign key pointing nowhere`,
      details: ['child: foreign key mismatch - "child" referencing "parent"'],
    });
    expect(project.applied()).toEqual([1]);
  });

  test("also with the child and rows before it, in the same transaction", async () => {
    using project = new Project();
    project.exec("CREATE TABLE zz (x)");
    project.sql(1, "INSERT INTO zz VALUES (1);");
    project.sql(2, "CREATE TABLE Child (pid TEXT REFERENCES PARENT(name));");
    project.sql(3, "CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT);");
    expect((await failureOf(project.run())).message).toStartWith(v(3));
  });

  test("and a parent that matches is none", async () => {
    using project = new Project();
    project.sql(1, "CREATE TABLE child (pid TEXT REFERENCES parent(name));");
    project.sql(2, "CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT UNIQUE);");
    project.sql(3, "CREATE TABLE IF NOT EXISTS parent (id);");
    await project.run();
    expect(project.applied()).toEqual([1, 2, 3]);
  });
});

describe("what was broken before is told", () => {
  const step = { impact: null, migration: { version: v(1), file: "1.sql" } } as unknown as PreparedStep;

  async function notesOf(sql: string, times = 1): Promise<RunEvent[]> {
    using db = new Database(":memory:");
    db.run(`PRAGMA foreign_keys = OFF; ${sql}`);
    const events: RunEvent[] = [];
    const onOld = tellOldViolations((event) => events.push(event));
    for (let n = 0; n < times; n++) {
      const guard = new ForeignKeyGuard(SqliteConnection.over(db), onOld);
      await guard.begin(step);
      await guard.end(step, true);
    }
    return events;
  }

  test("once, with its rows, however many transactions there are", async () => {
    const sql = `CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p); CREATE TABLE loose (x);
      CREATE TABLE d (x REFERENCES loose(x)); INSERT INTO c VALUES (1);`;
    expect(await notesOf(sql, 2)).toEqual([
      {
        kind: "note",
        file: "1.sql",
        line: null,
        message:
          '2 foreign keys pointed nowhere before: d: foreign key mismatch - "d" referencing "loose"; c row 1: p 1 is in no row of p',
      },
    ]);
  });

  test("not at all where all is sound", async () => {
    expect(
      await notesOf("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p);"),
    ).toEqual([]);
  });
});
