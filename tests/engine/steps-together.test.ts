import { describe, expect, test } from "bun:test";
import type { MigrationManager } from "../../src/engine/migration-manager.ts";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { type Meddling, meddled } from "../support/meddled.ts";
import { Project } from "../support/project.ts";

/** A history that takes no record of one migration. */
function historyWithout(number: number): string {
  return `CREATE TABLE schema_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, version TEXT UNIQUE NOT NULL CHECK (version <> '${v(number)}'),
    description TEXT NOT NULL, applied_at TIMESTAMP, execution_time_ms INTEGER, checksum TEXT)`;
}

/** The statements of a run that are not godwit's for its own sake. */
async function statementsOf(
  project: Project,
  act: (manager: MigrationManager) => Promise<unknown> = (manager) => manager.migrate(),
): Promise<string[]> {
  const statements: string[] = [];
  const keep: Meddling = (sql) => {
    const isTold = /^(?:SAVEPOINT|RELEASE|ROLLBACK TO|CREATE TABLE t|DROP TABLE t|INSERT|COMMIT)/.test(sql);
    if (isTold && project.told("migration-started").length > 0) statements.push(sql.split(" ", 3).join(" "));
    return sql;
  };
  await meddled(project, keep, act);
  return statements.map((sql) => sql.replace(/"?godwit_\w+"?/, "step").replace(/;$/, ""));
}

describe("steps that only make tables", () => {
  test("share one savepoint, after the first, which makes the history", async () => {
    using project = new Project();
    project.tables(1, 2, 3, 4);
    expect(await statementsOf(project)).toEqual([
      ...["SAVEPOINT step", "CREATE TABLE t1", "RELEASE step"],
      ...["SAVEPOINT step", "CREATE TABLE t2", "CREATE TABLE t3", "CREATE TABLE t4", "RELEASE step"],
      "COMMIT",
    ]);
    expect(project.applied()).toEqual([1, 2, 3, 4]);
  });

  test("are told of one by one, and applied in their order", async () => {
    using project = new Project();
    project.tables(1, 2, 3);
    await project.run();
    expect(project.told("migration-started", "migration-applied")).toEqual([
      ...["migration-started 1", "migration-started 2", "migration-started 3"],
      ...["migration-applied 1", "migration-applied 2", "migration-applied 3"],
    ]);
  });

  test.each([
    { name: "a row", sql: "CREATE TABLE t3 (id); INSERT INTO t3 VALUES (1);" },
    { name: "rows of another table", sql: "CREATE TABLE t3 AS SELECT 1 AS id;" },
    { name: "a key", sql: "CREATE TABLE t3 (id REFERENCES t1 (id));" },
    { name: "an index", sql: "CREATE INDEX t3 ON t1 (id);" },
    { name: "a word of the history", sql: "CREATE TABLE t3 (schema_migrations);" },
    { name: "a query to verify", sql: "CREATE TABLE t3 (id);\n-- verify\nSELECT 1 WHERE 0;" },
    { name: "what is left out", sql: "BEGIN; CREATE TABLE t3 (id); COMMIT;" },
    { name: "what may roll back", sql: "CREATE TABLE t3 (id UNIQUE ON CONFLICT ROLLBACK);" },
    { name: "no transaction", sql: "CREATE TABLE t3 (id);", head: "-- Transaction: off\n" },
  ])("are not those with $name", async ({ sql, head = "" }) => {
    using project = new Project();
    project.tables(1, 2, 4, 5);
    project.write(3, `${head}-- up\n${sql}\n`, "sql");
    const statements = await statementsOf(project);
    expect(statements.filter((statement) => statement === "SAVEPOINT step")).toHaveLength(4);
    expect(project.applied()).toEqual([1, 2, 3, 4, 5]);
  });

  test("nor any where each is committed by itself", async () => {
    using project = new Project();
    project.tables(1, 2, 3);
    await project.run(undefined, { commit: "each" });
    expect(project.told("migration-started", "migration-applied")).toEqual([
      ...["migration-started 1", "migration-applied 1", "migration-started 2", "migration-applied 2"],
      ...["migration-started 3", "migration-applied 3"],
    ]);
  });
});

describe("where one of them fails", () => {
  test("those before it stay, and each is told of once", async () => {
    using project = new Project();
    project.tables(1, 2, 3, 5);
    project.sql(4, "CREATE TABLE t2 (id);");
    expect(await failureOf(project.run())).toMatchObject({
      code: "MIGRATION_FAILED",
      message: "table t2 already exists",
      outcome: "rolled_back",
    });
    expect(project.applied()).toEqual([1, 2, 3]);
    expect(project.tableNames()).toEqual(["t1", "t2", "t3"]);
    expect(project.told("migration-started", "migration-applied", "migration-failed")).toEqual([
      ...["migration-started 1", "migration-started 2", "migration-started 3", "migration-started 4"],
      ...["migration-applied 1", "migration-applied 2", "migration-applied 3", "migration-failed 4"],
    ]);
  });

  test("a run that is atomic leaves none", async () => {
    using project = new Project();
    project.tables(1, 2, 3);
    project.sql(4, "CREATE TABLE t2 (id);");
    expect((await failureOf(project.run(undefined, {}, { isAtomic: true }))).code).toBe("MIGRATION_FAILED");
    expect(project.applied()).toEqual([]);
    expect(project.tableNames()).toEqual([]);
  });

  test("a record that is refused is its own migration's failure", async () => {
    using project = new Project();
    project.exec(historyWithout(3));
    project.tables(1, 2, 3, 4);
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "HISTORY_INVALID",
      location: { file: expect.stringContaining(v(3)) },
    });
    expect(project.applied()).toEqual([1, 2]);
    expect(project.tableNames()).toEqual(["t1", "t2"]);
  });

  test("a transaction that it ends takes all of it along", async () => {
    using project = new Project();
    project.tables(1, 2, 3, 4);
    const ending: Meddling = (sql) => (sql.startsWith("CREATE TABLE t3") ? `${sql}; ROLLBACK` : sql);
    const failure = await meddled(project, ending, (manager) => failureOf(manager.migrate()));
    expect(failure).toMatchObject({ code: "TRANSACTION_LOST", outcome: "rolled_back" });
    expect(failure.location?.file).toContain(v(3));
    expect(project.tableNames()).toEqual([]);
    expect(project.told("migration-applied", "migration-failed")).toEqual(["migration-failed 3"]);
  });

  test("so does one that ends before they are kept", async () => {
    using project = new Project();
    project.tables(1, 2, 3);
    let isLast = false;
    const ending: Meddling = (sql, run) => {
      if (isLast && sql.startsWith("RELEASE")) run("ROLLBACK");
      isLast = sql.startsWith("CREATE TABLE t3");
      return sql;
    };
    const failure = await meddled(project, ending, (manager) => failureOf(manager.migrate()));
    expect(failure).toMatchObject({ code: "TRANSACTION_LOST", outcome: "rolled_back" });
    expect(failure.location?.file).toContain(v(3));
    expect(project.tableNames()).toEqual([]);
    expect(project.told("migration-applied")).toEqual([]);
  });

  test("what was undone is none of what a COMMIT is asked for", async () => {
    using project = new Project();
    project.exec(historyWithout(2));
    project.tables(1, 2, 3);
    // It fails although it is done, as where a disk gives no answer any more.
    const silent: Meddling = (sql, run) => {
      if (sql !== "COMMIT" || project.told("migration-started").length === 0) return sql;
      run(sql);
      return "SELECT 1 FROM nowhere";
    };
    const failure = await meddled(project, silent, (manager) => failureOf(manager.migrate()));
    expect(failure.code).toBe("HISTORY_INVALID");
    expect(project.applied()).toEqual([1]);
    expect(project.told("migration-applied")).toEqual(["migration-applied 1"]);
  });

  test("without a savepoint none is run, and what came before stays", async () => {
    using project = new Project();
    project.tables(1, 2, 3);
    let savepoints = 0;
    const without: Meddling = (sql) =>
      sql.startsWith("SAVEPOINT") && ++savepoints === 2 ? "SELECT 1 FROM nowhere" : sql;
    const failure = await meddled(project, without, (manager) => failureOf(manager.migrate()));
    expect(failure).toMatchObject({ code: "DATABASE_FAILED", message: expect.stringContaining("nowhere") });
    expect(project.tableNames()).toEqual(["t1"]);
    expect(project.applied()).toEqual([1]);
  });
});

test("where one fails, each is run twice at most", async () => {
  using project = new Project();
  const numbers = Array.from({ length: 60 }, (_, index) => index + 1);
  for (const n of numbers) project.sql(n, n === 41 ? "CREATE TABLE t7 (id);" : `CREATE TABLE t${n} (id);`);
  let created = 0;
  const counting: Meddling = (sql) => {
    if (sql.startsWith("CREATE TABLE t")) created++;
    return sql;
  };
  const failure = await meddled(project, counting, (manager) => failureOf(manager.migrate()));
  expect(failure.code).toBe("MIGRATION_FAILED");
  expect(created).toBe(1 + 40 + 40);
  expect(project.applied()).toEqual(numbers.slice(0, 40));
});

test("after a failure and a new plan each that runs is told of", async () => {
  using project = new Project();
  project.tables(1, 2, 3, 5, 6);
  project.sql(4, "CREATE TABLE t1 (id);");
  let second = 0;
  let isCommitted = false;
  const meddle: Meddling = (sql) => {
    // Alone it takes longer than a group may.
    if (sql.startsWith("CREATE TABLE t2") && ++second === 2) Bun.sleepSync(300);
    if (isCommitted && sql.startsWith("BEGIN")) {
      isCommitted = false;
      for (const version of [v(3), v(4)])
        project.exec(
          `INSERT INTO schema_migrations (version, description) VALUES ('${version}', 'by another')`,
        );
    }
    isCommitted ||= sql === "COMMIT" && second === 2;
    return sql;
  };
  await meddled(project, meddle, (manager) => manager.migrate());
  expect(project.told("migration-started").slice(-2)).toEqual(["migration-started 5", "migration-started 6"]);
  expect(project.tableNames()).toEqual(["t1", "t2", "t5", "t6"]);
});

test("each is told with its number and how many there are", async () => {
  using project = new Project();
  project.tables(1, 2, 3);
  await project.run();
  const started = project.events.flatMap((event) =>
    event.kind === "migration-started" ? [[event.index, event.total]] : [],
  );
  expect(started).toEqual([
    [1, 3],
    [2, 3],
    [3, 3],
  ]);
});

test("those whose file has changed are dropped one by one, which is told of each", async () => {
  using project = new Project();
  project.tables(1, 2, 3);
  await project.run();
  for (const n of [1, 2, 3]) project.sql(n, `CREATE TABLE t${n} (id, more);`, `DROP TABLE t${n};`);
  project.events.length = 0;
  await project.run({ kind: "rollback", all: true });
  const notes = project.events.filter((event) => event.kind === "note");
  expect(notes.map(({ message }) => message)).toEqual(
    Array.from({ length: 3 }, () => "changed since it was applied; its present down is used"),
  );
});

test("tables are dropped together, after the first, which looks for foreign keys", async () => {
  using project = new Project();
  project.tables(1, 2, 3, 4);
  await project.run();
  project.events.length = 0;
  const statements = await statementsOf(project, (manager) => manager.rollback({ all: true }));
  expect(statements).toEqual([
    ...["SAVEPOINT step", "DROP TABLE t4", "RELEASE step"],
    ...["SAVEPOINT step", "DROP TABLE t3", "DROP TABLE t2", "DROP TABLE t1", "RELEASE step"],
    "COMMIT",
  ]);
  expect(project.applied()).toEqual([]);
  expect(project.tableNames()).toEqual([]);
});
