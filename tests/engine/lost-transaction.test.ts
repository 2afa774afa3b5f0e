import { describe, expect, test } from "bun:test";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { pastHandle } from "../support/past-handle.ts";
import { Project } from "../support/project.ts";

const ENDED = "ended the transaction it ran in";

describe("a statement that rolls everything back", () => {
  test("is given a transaction of its own where the file names it", async () => {
    using project = new Project();
    project.tables(1);
    const file = project.sql(
      2,
      "CREATE TABLE u (id INTEGER PRIMARY KEY);\nINSERT INTO u VALUES (1);\nINSERT OR ROLLBACK INTO u VALUES (1);",
    );
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "MIGRATION_FAILED",
      message: "UNIQUE constraint failed: u.id",
      outcome: "rolled_back",
      state: `rolled back: the database is at ${v(1)} (1 earlier migration of this run stays done)`,
    });
    expect(failure.location).toMatchObject({ file, line: 4 });
    expect(project.told("migration-applied")).toEqual(["migration-applied 1"]);
    expect(project.tableNames()).toEqual(["t1"]);
  });

  test("takes the earlier ones of its group along where an old trigger does it, and says so", async () => {
    using project = new Project();
    project.exec(`CREATE TABLE guarded (id INTEGER);
      CREATE TRIGGER no_rows BEFORE INSERT ON guarded BEGIN SELECT RAISE(ROLLBACK, 'closed'); END;`);
    project.tables(1, 2);
    const file = project.sql(3, "INSERT INTO guarded VALUES (1);");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "MIGRATION_FAILED",
      exitCode: 4,
      message: "closed",
      outcome: "rolled_back",
      state: "rolled back: no migration is applied (2 earlier migrations of this run are undone again)",
    });
    expect(failure.location).toMatchObject({ file, line: 2 });
    expect(project.told("migration-applied")).toEqual([]);
    expect(project.applied()).toEqual([]);
    expect(project.tableNames()).toEqual(["guarded"]);
  });

  test("leaves what was committed before it", async () => {
    using project = new Project();
    project.exec(`CREATE TABLE guarded (id INTEGER);
      CREATE TRIGGER no_rows BEFORE INSERT ON guarded BEGIN SELECT RAISE(ROLLBACK, 'closed'); END;`);
    project.tables(1, 2);
    project.sql(3, "INSERT INTO guarded VALUES (1);");
    const failure = await failureOf(project.run({ kind: "migrate" }, { commit: "each" }));
    expect(failure.state).toBe(
      `rolled back: the database is at ${v(2)} (2 earlier migrations of this run stay done)`,
    );
    expect(project.applied()).toEqual([1, 2]);
  });

  test("lets a migration pass whose OR ROLLBACK meets no conflict", async () => {
    using project = new Project();
    project.tables(1, 3);
    project.sql(2, "INSERT OR ROLLBACK INTO t1 VALUES (1);");
    await project.run();
    expect(project.applied()).toEqual([1, 2, 3]);
    expect(project.told("migration-started", "migration-applied")).toEqual([
      "migration-started 1",
      "migration-applied 1",
      "migration-started 2",
      "migration-applied 2",
      "migration-started 3",
      "migration-applied 3",
    ]);
  });
});

/** The handle that code is given refuses all this; what is behind it does not. */
function code(...statements: readonly string[]): string {
  return pastHandle(statements.map((sql) => `real.run(${JSON.stringify(sql)});`).join("\n  "));
}

describe.each(["DELETE", "WAL"])("code that ends the transaction, journal mode %s", (mode) => {
  function prepared(): Project {
    const project = new Project();
    project.exec(`PRAGMA journal_mode = ${mode}`);
    project.tables(1);
    return project;
  }

  test("by COMMIT leaves what it did, keeps what came before, and says left changed", async () => {
    using project = prepared();
    const file = project.write(2, code("CREATE TABLE u (id)", "COMMIT"), "ts");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "TRANSACTION_LOST",
      exitCode: 5,
      message: `${v(2)} ${ENDED}`,
      outcome: "left_changed",
      state: `left changed: what was committed stays, and the database is at ${v(1)} (1 earlier migration of this run stays done)`,
      hint: "take the COMMIT or ROLLBACK out of its code: each migration already is one transaction",
    });
    expect(failure.location?.file).toBe(file);
    expect(project.told("migration-applied")).toEqual(["migration-applied 1"]);
    expect(project.applied()).toEqual([1]);
    expect(project.tableNames()).toEqual(["t1", "u"]);
  });

  test("by COMMIT and a new BEGIN is found out all the same", async () => {
    using project = prepared();
    project.write(2, code("CREATE TABLE u (id)", "COMMIT", "BEGIN", "CREATE TABLE w (id)"), "ts");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({ code: "TRANSACTION_LOST", exitCode: 5, outcome: "left_changed" });
    expect(project.applied()).toEqual([1]);
    expect(project.tableNames()).toEqual(["t1", "u"]);
    expect(project.told("migration-applied")).toEqual(["migration-applied 1"]);
  });

  test("by ROLLBACK takes what came before along, and leaves nothing changed", async () => {
    using project = prepared();
    project.write(2, code("CREATE TABLE u (id)", "ROLLBACK"), "ts");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "TRANSACTION_LOST",
      exitCode: 4,
      message: `${v(2)} ${ENDED}`,
      outcome: "rolled_back",
      state: "rolled back: no migration is applied (1 earlier migration of this run is undone again)",
    });
    expect(project.told("migration-applied")).toEqual([]);
    expect(project.applied()).toEqual([]);
    expect(project.tableNames()).toEqual([]);
  });

  test("by ROLLBACK and writes after it says left changed", async () => {
    using project = prepared();
    project.write(2, code("ROLLBACK", "CREATE TABLE u (id)"), "ts");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "TRANSACTION_LOST",
      exitCode: 5,
      outcome: "left_changed",
      state:
        "left changed: what was committed stays, and no migration is applied (1 earlier migration of this run is undone again)",
    });
    expect(project.tableNames()).toEqual(["u"]);
  });

  test("by ROLLBACK and a new BEGIN leaves nothing, also not the record", async () => {
    using project = prepared();
    project.write(2, code("ROLLBACK", "BEGIN", "CREATE TABLE u (id)"), "ts");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({ code: "TRANSACTION_LOST", exitCode: 4, outcome: "rolled_back" });
    expect(project.applied()).toEqual([]);
    expect(project.tableNames()).toEqual([]);
  });

  test("by COMMIT and then fails tells the failure and left changed", async () => {
    using project = prepared();
    project.write(2, code("CREATE TABLE u (id)", "COMMIT", "SELECT nope"), "ts");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "MIGRATION_FAILED",
      message: "no such column: nope",
      outcome: "left_changed",
      exitCode: 5,
    });
    expect(failure.location).toMatchObject({ line: 10 });
    expect(project.applied()).toEqual([1]);
  });

  test("only for a moment, with BEGIN and COMMIT of its own, is refused by SQLite", async () => {
    using project = prepared();
    project.write(2, code("BEGIN", "CREATE TABLE u (id)", "COMMIT"), "ts");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "MIGRATION_FAILED",
      message: "cannot start a transaction within a transaction",
      outcome: "rolled_back",
    });
    expect(project.applied()).toEqual([1]);
  });

  test("with savepoints of its own goes through", async () => {
    using project = prepared();
    project.write(
      2,
      code("SAVEPOINT s", "CREATE TABLE u (id)", "ROLLBACK TO s", "CREATE TABLE w (id)", "RELEASE s"),
      "ts",
    );
    await project.run();
    expect(project.applied()).toEqual([1, 2]);
    expect(project.tableNames()).toEqual(["t1", "w"]);
  });
});
