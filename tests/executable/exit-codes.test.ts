import { describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { pastHandle } from "../support/past-handle.ts";
import { documentOf } from "../support/run-godwit.ts";

describe("0 and 1: status --check", () => {
  test("0 when all is applied and sound", async () => {
    using project = new CliProject();
    project.tables(1);
    await project.migrate();
    expect((await project.status("--check")).exitCode).toBe(0);
    expect((await project.status("--check", "--json")).exitCode).toBe(0);
  });

  test("1 where something is pending, changed, missing, out of order or incomplete", async () => {
    const situations: Record<string, (project: CliProject) => unknown> = {
      pending: (project) => project.tables(4),
      changed: (project) => project.sql(3, "CREATE TABLE t3 (id, more);"),
      missing: (project) => project.remove(3),
      out_of_order: (project) => project.tables(2),
      incomplete: async (project) => {
        project.sql(4, "CREATE TABLE t4 (id);\nSELECT nope;", null, "-- Transaction: off\n");
        await project.migrate();
      },
    };
    for (const [state, arrange] of Object.entries(situations)) {
      using project = new CliProject();
      project.tables(1, 3);
      await project.migrate();
      await arrange(project);
      const ended = await project.status("--check", "--json");
      expect({ state, exitCode: ended.exitCode }).toEqual({ state, exitCode: 1 });
      expect(documentOf(ended)).toMatchObject({ summary: { [state]: 1 } });
      expect(await project.status()).toMatchObject({ exitCode: 0, stderr: "" });
    }
  });

  test("1 where the database is not there, and a row without checksum and file does not count", async () => {
    using project = new CliProject();
    project.tables(1);
    expect((await project.status("--check")).exitCode).toBe(1);
    await project.migrate();
    project.exec(`INSERT INTO schema_migrations (version, description) VALUES ('${v(0)}', 'older runner')`);
    expect((await project.status("--check")).exitCode).toBe(0);
  });
});

describe("the exit code of a failure", () => {
  test("2: the command line or the settings are wrong", async () => {
    using project = new CliProject();
    expect((await project.godwit("migrate", "--nope")).exitCode).toBe(2);
    expect((await project.godwit()).exitCode).toBe(2);
    expect((await project.godwit("migrate", "--db", "postgres://host/app")).exitCode).toBe(2);
    expect((await project.godwit("rollback", "--all", "--db", "app.db")).exitCode).toBe(2);
  });

  test("3: refused, and nothing was run", async () => {
    using project = new CliProject();
    project.tables(1, 3);
    expect((await project.migrate()).exitCode).toBe(0);
    project.tables(2);
    const refused = await project.migrate();
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toStartWith("error[OUT_OF_ORDER] ");
    expect(project.applied()).toEqual([1, 3]);
    expect((await project.migrate("--allow-out-of-order")).exitCode).toBe(0);
    expect((await project.godwit("rollback", "--steps", "9", "--db", "app.db")).exitCode).toBe(3);
  });

  test("4: it failed, and what failed is rolled back", async () => {
    using project = new CliProject();
    project.sql(1, "CREATE TABLE t1 (id);\nINSERT INTO nowhere VALUES (1);");
    expect((await project.migrate()).exitCode).toBe(4);
    expect(project.tableNames()).toEqual([]);
    expect((await project.godwit("status", "--db", "migrations")).exitCode).toBe(4);
    expect((await project.godwit("rollback", "--db", "no.db")).exitCode).toBe(4);
  });

  test("5: it failed, and the database was left changed", async () => {
    using project = new CliProject();
    project.sql(1, "CREATE TABLE t1 (id);\nINSERT INTO nowhere VALUES (1);", null, "-- Transaction: off\n");
    const ended = await project.migrate("--json");
    expect(ended.exitCode).toBe(5);
    expect(documentOf(ended)).toMatchObject({ applied: [], error: { outcome: "left_changed" } });
    expect(project.tableNames()).toEqual(["t1"]);
    expect((await project.migrate()).exitCode).toBe(3);
    expect((await project.godwit("mark", v(1), "--applied", "--db", "app.db")).exitCode).toBe(0);
    expect((await project.status("--check")).exitCode).toBe(0);
  });

  test("5: code ended the transaction itself", async () => {
    using project = new CliProject();
    project.write(1, pastHandle('real.run("CREATE TABLE t1 (id)"); real.run("COMMIT");'), "ts");
    expect((await project.migrate()).exitCode).toBe(5);
    expect(project.tableNames()).toEqual(["t1"]);
    expect(project.applied()).toEqual([]);
  });
});

describe("the folder of the migrations", () => {
  test("that is missing is refused, and another tool's is named", async () => {
    for (const other of ["db/migrations", "drizzle"]) {
      using project = new CliProject();
      rmSync(project.folder, { recursive: true });
      expect((await project.migrate()).stderr).toBe(
        "error[MIGRATIONS_NOT_FOUND] there is no folder migrations\n" +
          '  hint: make the first migration with: godwit create "what it does"\n',
      );
      project.root.write(`${other}/x.sql`, "");
      const { stderr, exitCode } = await project.status();
      expect(exitCode).toBe(2);
      expect(stderr).toEndWith(`  hint: there is a folder ${other}: name it with --dir ${other}\n`);
      expect(project.exists()).toBe(false);
    }
  });

  test("that is empty has nothing to show, and is refused by migrate", async () => {
    using project = new CliProject();
    expect(await project.status()).toMatchObject({ exitCode: 0, stderr: "" });
    const { stderr, exitCode } = await project.migrate();
    expect(exitCode).toBe(2);
    expect(stderr).toStartWith("error[MIGRATIONS_NOT_FOUND] there are no migrations in migrations\n");
    expect(project.exists()).toBe(false);
  });
});

describe("a database that is not there", () => {
  test("is made by migrate alone, which says so", async () => {
    using project = new CliProject();
    project.tables(1);
    for (const command of ["status", "rollback", "redo"]) {
      await project.godwit(command, "--db", "app.db");
      expect(project.exists()).toBe(false);
    }
    const mark = await project.godwit("mark", v(1), "--applied", "--db", "app.db");
    expect(mark).toMatchObject({ exitCode: 4, stdout: "" });
    expect(project.exists()).toBe(false);
    const { stdout } = await project.migrate();
    expect(stdout).toStartWith(`creating ${project.path}\n`);
    project.tables(2);
    expect((await project.migrate()).stdout).toStartWith(`migrating ${project.path}\n`);
  });

  test("is refused by --must-exist", async () => {
    using project = new CliProject();
    project.tables(1);
    const { stderr, exitCode } = await project.migrate("--must-exist");
    expect(exitCode).toBe(4);
    expect(stderr).toStartWith(`error[DATABASE_NOT_FOUND] there is no database ${project.path}\n`);
    expect(project.exists()).toBe(false);
    await project.migrate();
    project.tables(2);
    expect((await project.migrate("--must-exist")).exitCode).toBe(0);
  });

  test("and cannot be, since its folder is a file", async () => {
    using project = new CliProject();
    project.tables(1);
    project.root.write("file", "");
    expect((await project.godwit("status", "--db", "file/app.db")).exitCode).toBe(0);
    const { stderr, exitCode } = await project.godwit("migrate", "--db", "file/app.db");
    expect(exitCode).toBe(4);
    expect(stderr).toStartWith("error[DATABASE_FAILED] ");
  });

  test("stays unmade when a file is refused", async () => {
    using project = new CliProject();
    project.tables(1);
    project.write(2, "export const nothing = 1;", "ts");
    expect((await project.migrate()).exitCode).toBe(3);
    expect(project.exists()).toBe(false);
  });
});
