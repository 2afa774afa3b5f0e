import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { MigrationManager } from "../../src/engine/migration-manager.ts";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";

/** Told each statement before it is run; what it returns is run in its place. */
type Meddling = (sql: string, run: (sql: string) => void) => string;

/** A server's own handle, which something else in the server uses as well. The first of three migrations makes the history, so that the second is bare. */
async function meddled(project: Project, meddle: Meddling): Promise<unknown> {
  for (const number of [1, 2, 3])
    project.sql(number, `CREATE TABLE t${number} (id); CREATE INDEX i${number} ON t${number} (id);`);
  const db = new Database(project.path);
  const run = (sql: string) => void Database.prototype.run.call(db, sql);
  Object.assign(db, { run: (sql: string) => run(meddle(sql, run)) });
  const manager = new MigrationManager(db, project.folder, {
    onEvent: (event) => project.events.push(event),
  });
  try {
    return await failureOf(manager.migrate());
  } finally {
    db.close();
  }
}

test("a transaction that ends after the statements takes the record along", async () => {
  using project = new Project();
  const failure = await meddled(project, (sql) =>
    sql.startsWith("CREATE INDEX i2") ? `${sql}; ROLLBACK` : sql,
  );
  expect(failure).toMatchObject({ code: "TRANSACTION_LOST", outcome: "rolled_back" });
  expect(project.tableNames()).toEqual([]);
  expect(project.told("migration-applied")).toEqual([]);
});

test("a transaction that ends before the step is kept is told, and nothing of it is", async () => {
  using project = new Project();
  let isSecond = false;
  const failure = await meddled(project, (sql, run) => {
    if (isSecond && sql.startsWith("RELEASE")) run("ROLLBACK");
    isSecond = sql.startsWith("CREATE INDEX i2");
    return sql;
  });
  expect(failure).toMatchObject({ code: "TRANSACTION_LOST", outcome: "rolled_back" });
  expect(project.tableNames()).toEqual([]);
  expect(project.told("migration-applied")).toEqual([]);
});

test("without its savepoint a step is not run, and what came before it stays", async () => {
  using project = new Project();
  let savepoints = 0;
  const failure = await meddled(project, (sql) =>
    sql.startsWith("SAVEPOINT") && ++savepoints === 2 ? "SELECT 1 FROM nowhere" : sql,
  );
  expect(failure).toMatchObject({ code: "DATABASE_FAILED", message: expect.stringContaining("nowhere") });
  expect(project.tableNames()).toEqual(["t1"]);
  expect(project.applied()).toEqual([1]);
});

test("a step that is undone is none of what a COMMIT is asked for", async () => {
  using project = new Project();
  project.exec(
    `CREATE TABLE schema_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, version TEXT UNIQUE NOT NULL CHECK (version <> '${v(2)}'),
     description TEXT NOT NULL, applied_at TIMESTAMP, execution_time_ms INTEGER, checksum TEXT)`,
  );
  const failure = await meddled(project, (sql, run) => {
    const isOfRun = project.told("migration-started").length > 0;
    if (sql !== "COMMIT" || !isOfRun) return sql;
    // It fails although it is done, as where a disk gives no answer any more.
    run(sql);
    return "SELECT 1 FROM nowhere";
  });
  expect(failure).toMatchObject({ code: "HISTORY_INVALID" });
  expect(project.applied()).toEqual([1]);
  expect(project.told("migration-applied")).toEqual(["migration-applied 1"]);
});
