import { expect, test } from "bun:test";
import { CliProject } from "../support/cli-project.ts";
import { expectRefused } from "../support/expect-refused.ts";
import { v } from "../support/intent.ts";
import { JOURNAL_MODES } from "./journal-modes.ts";

const ALL = [["migrate"], ["status"], ["rollback"], ["redo"], ["mark", v(1), "--applied"]];

/** Each tool's own statement, with a row of its kind. */
const TOOLS: Readonly<Record<string, { schema: string; names: RegExp }>> = {
  dbmate: {
    schema: `CREATE TABLE IF NOT EXISTS "schema_migrations" (version varchar(128) primary key);
             INSERT INTO schema_migrations VALUES ('20260101000001')`,
    names: /dbmate/,
  },
  "golang-migrate": {
    schema: `CREATE TABLE IF NOT EXISTS schema_migrations (version uint64,dirty bool);
             CREATE UNIQUE INDEX IF NOT EXISTS version_unique ON schema_migrations (version);
             INSERT INTO schema_migrations VALUES (3, 0)`,
    names: /golang-migrate/,
  },
  Rails: {
    schema: `CREATE TABLE IF NOT EXISTS "schema_migrations" ("version" varchar NOT NULL PRIMARY KEY);
             INSERT INTO schema_migrations VALUES ('20260101000001')`,
    names: /Rails/,
  },
  Ecto: {
    schema: `CREATE TABLE IF NOT EXISTS "schema_migrations" ("version" INTEGER PRIMARY KEY, "inserted_at" TEXT);
             INSERT INTO schema_migrations VALUES (20260101000001, '2026-01-01T00:00:00')`,
    names: /Ecto/,
  },
  "a tool that nobody knows": {
    schema:
      "CREATE TABLE schema_migrations (hash TEXT, batch INTEGER); INSERT INTO schema_migrations VALUES ('a', 1)",
    names: /its columns are not the history's/,
  },
};

for (const mode of JOURNAL_MODES) {
  test.each(Object.keys(TOOLS))(
    `C21: the table of %s is refused and stays as it is (${mode})`,
    async (tool) => {
      using project = new CliProject();
      project.tables(1);
      const { schema, names } = TOOLS[tool]!;
      project.exec(`PRAGMA journal_mode = ${mode}; ${schema}`);
      for (const args of ALL) {
        await expectRefused(project, [...args, "--db", "app.db"], {
          exitCode: 3,
          code: "HISTORY_FOREIGN",
          message: names,
          hint: "--table",
        });
      }
      expect((await project.migrate("--table", "godwit")).exitCode).toBe(0);
      expect(project.column("SELECT count(*) FROM schema_migrations")).toEqual([1]);
      expect(project.column("SELECT version FROM godwit")).toEqual([v(1)]);
    },
  );
}

const OURS =
  "version TEXT UNIQUE NOT NULL, description TEXT NOT NULL, applied_at, execution_time_ms, checksum";
const TABLE = `CREATE TABLE schema_migrations (${OURS})`;

const NO_TABLES: Readonly<Record<string, string>> = {
  "is a view":
    "CREATE TABLE real_one (version, description, applied_at, execution_time_ms, checksum); CREATE VIEW schema_migrations AS SELECT * FROM real_one",
  "is a view that can be written": `CREATE TABLE real_one (${OURS}); CREATE VIEW schema_migrations AS SELECT * FROM real_one;
     CREATE TRIGGER w INSTEAD OF INSERT ON schema_migrations BEGIN INSERT INTO real_one VALUES (new.version, new.description, 1, 1, NULL); END`,
  "is a virtual table":
    "CREATE VIRTUAL TABLE schema_migrations USING fts5(version, description, applied_at, execution_time_ms, checksum)",
  "has a trigger that empties it": `${TABLE};
     CREATE TRIGGER w AFTER INSERT ON schema_migrations BEGIN DELETE FROM schema_migrations; END`,
  "has a trigger that refuses": `${TABLE};
     CREATE TRIGGER w BEFORE INSERT ON schema_migrations BEGIN SELECT RAISE(IGNORE); END`,
};

test.each(Object.keys(NO_TABLES))("C22: a history that %s is refused", async (what) => {
  using project = new CliProject();
  project.tables(1);
  project.exec(NO_TABLES[what]!);
  for (const args of ALL) {
    await expectRefused(project, [...args, "--db", "app.db"], {
      exitCode: 3,
      code: "HISTORY_FOREIGN",
      hint: "--table",
    });
  }
});

const COLUMNS: Readonly<Record<string, string>> = {
  "lacks a column": "CREATE TABLE schema_migrations (version TEXT, description TEXT, applied_at)",
  "has a column under another name":
    "CREATE TABLE schema_migrations (ver TEXT, description TEXT, applied_at, execution_time_ms, checksum)",
  "has a column more that must be filled": `CREATE TABLE schema_migrations (${OURS}, batch INTEGER NOT NULL)`,
};

test.each(Object.keys(COLUMNS))("C23: a history that %s is refused", async (what) => {
  using project = new CliProject();
  project.tables(1);
  project.exec(COLUMNS[what]!);
  for (const args of ALL) {
    const error = await expectRefused(project, [...args, "--db", "app.db"], {
      exitCode: 3,
      code: "HISTORY_FOREIGN",
      hint: "--table",
    });
    expect(error.message).toContain("columns");
  }
});

const LOOSE =
  "CREATE TABLE schema_migrations (version, description, applied_at, execution_time_ms, checksum);\n" +
  "INSERT INTO schema_migrations (version, description) VALUES ";

/** A row of the history, and the words that lead to it. */
const ROWS: Readonly<Record<string, { rows: string; names: RegExp }>> = {
  "no version": { rows: `('${v(1)}', 'good'), (NULL, 'the bad one')`, names: /the bad one|row 2/ },
  "a version that is a blob": {
    rows: `('${v(1)}', 'good'), (x'00ff', 'the bad one')`,
    names: /the bad one|row 2/,
  },
  "a version that is there twice": {
    rows: `('${v(1)}', 'one'), ('${v(1)}', 'two')`,
    names: new RegExp(v(1)),
  },
};

test.each(Object.keys(ROWS))("C23: a row with %s is refused and named", async (what) => {
  using project = new CliProject();
  project.tables(1);
  const { rows, names } = ROWS[what]!;
  project.exec(LOOSE + rows);
  for (const args of ALL) {
    const error = await expectRefused(project, [...args, "--db", "app.db"], {
      exitCode: 3,
      code: "HISTORY_INVALID",
      hint: "mend the row",
    });
    expect(error.message).toMatch(names);
  }
});

// Rows that a person has written are honoured, so what is only shown may be anything.
test("C23: odd values in what is only shown stop nothing", async () => {
  using project = new CliProject();
  project.tables(1, 2);
  project.exec(
    `CREATE TABLE schema_migrations (version INTEGER, description BLOB, applied_at, execution_time_ms, checksum TEXT, note TEXT);
     INSERT INTO schema_migrations VALUES (${v(1)}, NULL, 'yesterday', 'long', NULL, 'by hand')`,
  );
  expect(await project.status()).toMatchObject({ stderr: "", exitCode: 0 });
  expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
  expect(project.tableNames()).toEqual(["t2"]);
  expect(project.column("SELECT note FROM schema_migrations")).toEqual(["by hand", null]);
  expect((await project.status("--check")).exitCode).toBe(0);
});
