import { describe, expect, test } from "bun:test";
import { CliProject } from "../support/cli-project.ts";
import { failureOf } from "../support/failures.ts";
import { Project } from "../support/project.ts";

const ATOMIC = { isAtomic: true };

describe("a run that is all or nothing", () => {
  test("commits everything once, however long it takes", async () => {
    using project = new Project();
    project.tables(1, 2, 3);
    project.onEvent = () => void project.clock.advance(1000);
    await project.run({ kind: "migrate" }, {}, ATOMIC);
    expect(project.applied()).toEqual([1, 2, 3]);
    // Told after the one commit, all together.
    expect(project.told("migration-started", "migration-applied").slice(0, 3)).toEqual([
      "migration-started 1",
      "migration-started 2",
      "migration-started 3",
    ]);
  });

  test("applies nothing where the last one fails, and says so", async () => {
    using project = new Project();
    project.tables(1, 2);
    project.sql(3, "SELECT nope;");
    const failure = await failureOf(() => project.run({ kind: "migrate" }, {}, ATOMIC));
    expect(failure).toMatchObject({ code: "MIGRATION_FAILED", outcome: "rolled_back", exitCode: 4 });
    expect(failure.state).toBe(
      "rolled back: no migration is applied (2 earlier migrations of this run are undone again)",
    );
    expect(project.applied()).toEqual([]);
    expect(project.tableNames()).toEqual([]);
  });

  test("also where one of them may roll the whole transaction back", async () => {
    using project = new Project();
    project.tables(1);
    project.sql(2, "INSERT OR ROLLBACK INTO t1 VALUES (1), (1);");
    await failureOf(() => project.run({ kind: "migrate" }, {}, ATOMIC));
    expect(project.applied()).toEqual([]);
    expect(project.tableNames()).toEqual([]);
  });

  test.each(["Transaction: off", "Foreign keys: on"])("refuses %s before anything runs", async (header) => {
    using project = new Project();
    project.tables(1);
    project.sql(2, "CREATE TABLE t2 (id);", null, `-- ${header}\n`);
    const failure = await failureOf(() => project.run({ kind: "migrate" }, {}, ATOMIC));
    expect(failure).toMatchObject({ code: "NOT_ATOMIC", exitCode: 3, location: { file: project.file(2) } });
    expect(failure.message).toContain(header);
    expect(project.exists()).toBe(false);
  });

  test("takes them where they are not among the pending", async () => {
    using project = new Project();
    project.sql(1, "CREATE TABLE t1 (id);", null, "-- Foreign keys: on\n");
    await project.run();
    project.tables(2);
    await project.run({ kind: "migrate" }, {}, ATOMIC);
    expect(project.applied()).toEqual([1, 2]);
  });

  test("through the library and the executable", async () => {
    using project = new CliProject();
    project.tables(1);
    project.sql(2, "SELECT nope;");
    await failureOf(() => project.manager().migrate({ atomic: true }));
    expect(project.applied()).toEqual([]);
    expect((await project.migrate("--atomic")).exitCode).toBe(4);
    expect(project.applied()).toEqual([]);
    expect((await project.migrate("--atomic", "--commit", "each")).exitCode).toBe(2);
  });
});
