import { expect, test } from "bun:test";
import { copyFileSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { expectRefused } from "../support/expect-refused.ts";
import { v } from "../support/intent.ts";
import { documentOf } from "../support/run-godwit.ts";
import { JOURNAL_MODES } from "./journal-modes.ts";

async function appliedProject(mode: string, ...numbers: number[]): Promise<CliProject> {
  const project = new CliProject();
  project.exec(`PRAGMA journal_mode = ${mode}`);
  project.tables(...numbers);
  expect((await project.migrate()).exitCode).toBe(0);
  return project;
}

async function statesOf(project: CliProject): Promise<unknown[]> {
  const { migrations } = documentOf(await project.status("--json"));
  return (migrations as { state: string }[]).map(({ state }) => state);
}

test.each(JOURNAL_MODES)(
  "C24: a row without its file is missing: up refuses unless told, down refuses (%s)",
  async (mode) => {
    using project = await appliedProject(mode, 1, 2, 3);
    project.remove(3);
    project.tables(4);
    expect(await statesOf(project)).toEqual(["applied", "applied", "missing", "pending"]);
    expect((await project.status("--check")).exitCode).toBe(1);
    const refused = { exitCode: 3, code: "MIGRATION_MISSING", message: v(3), hint: "put the file back" };
    await expectRefused(project, ["migrate", "--db", "app.db"], refused);
    await expectRefused(project, ["rollback", "--db", "app.db"], { ...refused, hint: /./ });
    await expectRefused(project, ["redo", "--db", "app.db"], { ...refused, hint: /./ });
    expect((await project.migrate("--allow-missing")).exitCode).toBe(0);
    expect(project.applied()).toEqual([1, 2, 3, 4]);
  },
);

test.each(JOURNAL_MODES)("C25: a database that is ahead of the folder is refused (%s)", async (mode) => {
  using project = await appliedProject(mode, 1, 2, 3);
  project.remove(2);
  project.remove(3);
  await expectRefused(project, ["migrate", "--db", "app.db"], {
    exitCode: 3,
    code: "MIGRATION_MISSING",
    message: v(2),
  });
  await expectRefused(project, ["rollback", "--db", "app.db"], {
    exitCode: 3,
    code: "MIGRATION_MISSING",
    message: v(3),
  });
  expect(await statesOf(project)).toEqual(["applied", "missing", "missing"]);
});

test.each(JOURNAL_MODES)(
  "C38: over an older copy put back, exactly the rest is pending (%s)",
  async (mode) => {
    using project = await appliedProject(mode, 1, 2);
    project.exec("INSERT INTO t1 VALUES (11)");
    const copy = project.root.join("copy.db");
    copyFileSync(project.path, copy);
    project.tables(3, 4);
    project.exec("INSERT INTO t2 VALUES (22)");
    await project.migrate();
    expect(project.applied()).toEqual([1, 2, 3, 4]);
    copyFileSync(copy, project.path);
    expect(await statesOf(project)).toEqual(["applied", "applied", "pending", "pending"]);
    expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
    expect(project.tableNames()).toEqual(["t1", "t2", "t3", "t4"]);
    expect(project.column("SELECT id FROM t1 UNION ALL SELECT id FROM t2")).toEqual([11]);
  },
);

test("C38: a copy from before a file was changed shows both states", async () => {
  using project = await appliedProject("delete", 1, 2);
  const copy = project.root.join("copy.db");
  copyFileSync(project.path, copy);
  project.tables(3);
  await project.migrate();
  copyFileSync(copy, project.path);
  project.sql(2, "CREATE TABLE t2 (id, more);");
  expect(await statesOf(project)).toEqual(["applied", "changed", "pending"]);
  await expectRefused(project, ["migrate", "--db", "app.db"], {
    exitCode: 3,
    code: "MIGRATION_CHANGED",
    message: v(2),
  });
});
