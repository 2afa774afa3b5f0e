import { describe, expect, test } from "bun:test";
import { Project } from "../support/project.ts";

const SCHEMA = `CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);
  CREATE INDEX users_email ON users (email);
  CREATE TRIGGER users_closed BEFORE DELETE ON users BEGIN SELECT RAISE(ABORT, 'closed'); END;
  CREATE VIEW people AS SELECT id FROM users;
  CREATE TABLE notes (id INTEGER PRIMARY KEY, user_id INTEGER);
  CREATE INDEX notes_user ON notes (user_id);`;

const REBUILD = [
  "DROP VIEW people;",
  "CREATE TABLE users_new (id INTEGER PRIMARY KEY, email TEXT NOT NULL);",
  "INSERT INTO users_new SELECT id, email FROM users;",
  "DROP TABLE users;",
  "ALTER TABLE users_new RENAME TO users;",
];
const AGAIN = [
  "CREATE INDEX users_email ON users (email);",
  "CREATE TRIGGER users_closed BEFORE DELETE ON users BEGIN SELECT RAISE(ABORT, 'closed'); END;",
  "CREATE VIEW people AS SELECT id FROM users;",
];

async function notesOf(up: readonly string[], kind: "sql" | "ts" = "sql"): Promise<string[]> {
  using project = new Project();
  project.exec(SCHEMA);
  if (kind === "sql") project.sql(1, up.join("\n"));
  else
    project.write(
      1,
      `export function up(db) { ${up.map((sql) => `db.run(${JSON.stringify(sql)});`).join(" ")} }`,
      "ts",
    );
  await project.run();
  expect(project.applied()).toEqual([1]);
  return project.notes().map(({ message }) => message);
}

const gone = (what: string) => `the ${what} went with the rebuilt table, and nothing made it again`;

describe.each(["sql", "ts"] as const)("a rebuild in %s", (kind) => {
  test("that forgets them names the index, the trigger and the view", async () => {
    expect(await notesOf(REBUILD, kind)).toEqual([
      gone("index users_email"),
      gone("trigger users_closed"),
      gone("view people"),
    ]);
  });

  test("that makes them again says nothing", async () => {
    expect(await notesOf([...REBUILD, ...AGAIN], kind)).toEqual([]);
  });

  test("names only what is missing", async () => {
    expect(await notesOf([...REBUILD, ...AGAIN.slice(1)], kind)).toEqual([gone("index users_email")]);
  });

  test("in which the old table was renamed first is one as well", async () => {
    const up = [
      "DROP VIEW people;",
      "ALTER TABLE users RENAME TO users_old;",
      "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);",
      "INSERT INTO users SELECT id, email FROM users_old;",
      "DROP TABLE users_old;",
    ];
    expect(await notesOf(up, kind)).toEqual([
      gone("index users_email"),
      gone("trigger users_closed"),
      gone("view people"),
    ]);
  });

  test("a table that goes for good takes its own along without a word", async () => {
    expect(await notesOf(["DROP VIEW people;", "DROP TABLE users;"], kind)).toEqual([]);
  });

  test("what belongs to other tables may go", async () => {
    expect(await notesOf([...REBUILD, ...AGAIN, "DROP INDEX notes_user;"], kind)).toEqual([]);
  });
});

test("an index that the file drops by its name is no surprise", async () => {
  expect(await notesOf(["DROP INDEX IF EXISTS main.users_email;", ...REBUILD, ...AGAIN.slice(1)])).toEqual(
    [],
  );
});
