import { describe, expect, test } from "bun:test";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";

/** As the older Python runner makes it. */
const OLD_TABLE = `CREATE TABLE schema_migrations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version TEXT UNIQUE NOT NULL,
    description TEXT NOT NULL,
    applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    execution_time_ms INTEGER
);`;

function takenOver(): Project {
  const project = new Project();
  project.tables(1, 2);
  project.exec(`${OLD_TABLE}
    CREATE TABLE t1 (id INTEGER PRIMARY KEY);
    INSERT INTO schema_migrations (version, description, applied_at, execution_time_ms)
      VALUES ('${v(1)}', 'From Python', '2026-01-31T08:15:30.123456', 12);`);
  return project;
}

const columns = "SELECT name FROM pragma_table_info('schema_migrations')";

describe("the older runner's table", () => {
  test("is read as it stands, and not changed by that", async () => {
    using project = takenOver();
    const before = await Bun.file(project.path).bytes();
    expect(await project.manager().getStatus()).toMatchObject([
      { version: v(1), state: "applied", appliedAt: "2026-01-31T08:15:30Z", executionTimeMs: 12 },
      { version: v(2), state: "pending", appliedAt: null, executionTimeMs: null },
    ]);
    expect(await Bun.file(project.path).bytes()).toEqual(before);
  });

  test("gets the one column it lacks at the first write, and keeps its rows", async () => {
    using project = takenOver();
    await project.run();
    expect(project.column(columns)).toEqual([
      "id",
      "version",
      "description",
      "applied_at",
      "execution_time_ms",
      "checksum",
    ]);
    expect(
      project.query(
        "SELECT id, version, description, applied_at, checksum FROM schema_migrations WHERE id = 1",
      ),
    ).toEqual([
      {
        id: 1,
        version: v(1),
        description: "From Python",
        applied_at: "2026-01-31T08:15:30.123456",
        checksum: null,
      },
    ]);
    expect(project.applied()).toEqual([1, 2]);
    expect((await project.run()).done).toEqual([]);
  });

  test("still takes the older runner's own statements afterwards", async () => {
    using project = takenOver();
    await project.run();
    project.exec(
      `INSERT INTO schema_migrations (version, description, execution_time_ms) VALUES ('${v(3)}', 'Old way', 5)`,
    );
    project.exec(`DELETE FROM schema_migrations WHERE version = '${v(2)}'`);
    project.tables(3);
    expect((await project.manager().getStatus()).map(({ state }) => state)).toEqual([
      "applied",
      "out_of_order",
      "applied",
    ]);
  });

  test("does not get the column where the run fails", async () => {
    using project = takenOver();
    project.sql(2, "SELECT nope;");
    await failureOf(project.run());
    expect(project.column(columns)).not.toContain("checksum");
  });

  test("may have lost its files: that blocks nothing", async () => {
    using project = takenOver();
    project.remove(1);
    expect((await project.run()).done.map(({ version }) => version)).toEqual([v(2)]);
    expect((await project.manager().getStatus()).map(({ state }) => state)).toEqual(["missing", "applied"]);
  });

  test("is rolled back without getting in the way", async () => {
    using project = takenOver();
    await project.run({ kind: "rollback" });
    expect(project.applied()).toEqual([]);
    expect(project.tableNames()).toEqual([]);
  });

  test("may carry columns of somebody else's, as long as they can stay empty", async () => {
    using project = takenOver();
    project.exec("ALTER TABLE schema_migrations ADD COLUMN applied_by TEXT");
    await project.run();
    expect(project.applied()).toEqual([1, 2]);
  });
});
