import { describe, expect, test } from "bun:test";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";

describe("the third of five migrations fails", () => {
  test("two stay applied, the place is named, and the next run ends the job", async () => {
    using project = new CliProject();
    project.tables(1, 2, 4, 5);
    project.sql(3, "CREATE TABLE t3 (id);\nINSERT INTO t1 VALUES (1);\nUPDATE t3 SET id = nope;");
    const failed = await project.migrate();
    expect(failed.exitCode).toBe(4);
    expect(failed.stdout).toContain(`applied      ${v(1)}  Step 1`);
    expect(failed.stdout).toContain(`applied      ${v(2)}  Step 2`);
    expect(failed.stdout).not.toContain(v(3));
    expect(failed.stderr).toBe(
      "error[MIGRATION_FAILED] no such column: nope\n" +
        `  migrations/${v(3)}_step_3.sql:4:20\n` +
        "    4 | UPDATE t3 SET id = nope;\n" +
        "      |                    ^\n" +
        `  rolled back: the database is at ${v(2)} (2 earlier migrations of this run stay done)\n` +
        `  hint: mend migrations/${v(3)}_step_3.sql and run again\n`,
    );
    expect(project.applied()).toEqual([1, 2]);
    expect(project.tableNames()).toEqual(["t1", "t2"]);
    expect(project.column("SELECT count(*) FROM t1")).toEqual([0]);

    project.tables(3);
    const mended = await project.migrate();
    expect(mended).toMatchObject({ stderr: "", exitCode: 0 });
    expect(mended.stdout).toContain("3 migrations applied");
    expect(project.applied()).toEqual([1, 2, 3, 4, 5]);
    expect((await project.status("--check")).exitCode).toBe(0);
  });

  test("the same on the way down", async () => {
    using project = new CliProject();
    project.tables(1, 2, 4, 5);
    project.sql(3, "CREATE TABLE t3 (id);", "DROP TABLE t3;\nDROP TABLE nowhere;");
    await project.migrate();
    const failed = await project.godwit("rollback", "--all", "--yes", "--db", "app.db");
    expect(failed.exitCode).toBe(4);
    expect(failed.stderr).toContain(`\n  migrations/${v(3)}_step_3.sql:6:1\n`);
    expect(project.applied()).toEqual([1, 2, 3]);
    expect(project.tableNames()).toEqual(["t1", "t2", "t3"]);
    project.tables(3);
    expect((await project.godwit("rollback", "--all", "--yes", "--db", "app.db")).exitCode).toBe(0);
    expect(project.tableNames()).toEqual([]);
  });
});
