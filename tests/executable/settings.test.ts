import { describe, expect, test } from "bun:test";
import { CliProject } from "../support/cli-project.ts";
import { documentOf, type Ended } from "../support/run-godwit.ts";

/** The name of the database that a run worked on. */
function databaseOf(ended: Ended): string {
  return String(documentOf(ended)["database"]).replace(/^.*\//, "");
}

describe("the database is named by", () => {
  test("the flag, then GODWIT_DB, then DATABASE_URL, then godwit.toml, then nothing", async () => {
    using project = new CliProject();
    project.root.write("godwit.toml", 'db = "toml.db"\n');
    const env = { GODWIT_DB: "godwit.db", DATABASE_URL: "sqlite:url.db" };
    const args = ["status", "--json"];
    expect(databaseOf(await project.godwitWith(env, ...args, "--db", "flag.db"))).toBe("flag.db");
    expect(databaseOf(await project.godwitWith(env, ...args))).toBe("godwit.db");
    expect(databaseOf(await project.godwitWith({ DATABASE_URL: "sqlite:url.db" }, ...args))).toBe("url.db");
    expect(databaseOf(await project.godwit(...args))).toBe("toml.db");
    project.root.write("godwit.toml", "");
    const unnamed = await project.godwit(...args);
    expect(unnamed.exitCode).toBe(2);
    expect(documentOf(unnamed)).toMatchObject({ error: { code: "DATABASE_NOT_NAMED" } });
  });

  test("no variable that is empty", async () => {
    using project = new CliProject();
    const env = { GODWIT_DB: "", DATABASE_URL: "url.db" };
    expect(databaseOf(await project.godwitWith(env, "status", "--json"))).toBe("url.db");
  });

  test("an --env-file, for what is not set", async () => {
    using project = new CliProject();
    project.root.write("production.env", "GODWIT_DB=file.db\nGODWIT_DIR=elsewhere\n");
    const args = ["status", "--json", "--env-file", "production.env", "--dir", "migrations"];
    expect(databaseOf(await project.godwit(...args))).toBe("file.db");
    expect(databaseOf(await project.godwitWith({ GODWIT_DB: "set.db" }, ...args))).toBe("set.db");
  });

  test("no .env that nobody named, though its help is mentioned", async () => {
    using project = new CliProject();
    project.root.write(".env", "DATABASE_URL=sqlite:env.db\n");
    const { stdout, stderr, exitCode } = await project.godwit("status");
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
    expect(stderr).toBe(
      "error[DATABASE_NOT_NAMED] no database is named\n" +
        "  hint: a .env here sets DATABASE_URL: read it with --env-file .env, or name the database with --db\n",
    );
    expect(databaseOf(await project.godwit("status", "--json", "--env-file", ".env"))).toBe("env.db");
  });
});

describe("the folder and the table", () => {
  test("come from the flag, then the environment, then godwit.toml", async () => {
    using project = new CliProject();
    for (const [index, name] of ["toml", "env", "flag"].entries())
      project.root.write(`${name}/2026010100000${index}_${name}.sql`, `CREATE TABLE t_${name} (id);`);
    project.root.write("godwit.toml", 'db = "app.db"\ndir = "toml"\ntable = "h_toml"\n');
    const env = { GODWIT_DIR: "env", GODWIT_TABLE: "h_env" };
    await project.godwit("migrate");
    await project.godwitWith(env, "migrate");
    await project.godwitWith(env, "migrate", "--dir", "flag", "--table", "h_flag");
    const names = (like: string) =>
      project.column("SELECT name FROM sqlite_schema WHERE name LIKE ? ORDER BY name", like);
    expect(names("t_%")).toEqual(["t_env", "t_flag", "t_toml"]);
    expect(names("h%")).toEqual(["h_env", "h_flag", "h_toml"]);
  });
});

describe("godwit.toml", () => {
  test("with an unknown key is refused, with the nearest known one", async () => {
    using project = new CliProject();
    project.tables(1);
    project.root.write("godwit.toml", '# ours\ndatabse = "app.db"\ndri = "migrations"\n');
    const { stderr, exitCode } = await project.migrate();
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      'error[CONFIG_INVALID] unknown setting "databse"\n' +
        "  godwit.toml:2\n" +
        '    2 | databse = "app.db"\n' +
        "  hint: the settings are db, dir, table, lock_timeout, backup\n",
    );
    expect(project.exists()).toBe(false);
  });

  test("that is no TOML is refused, with its line", async () => {
    using project = new CliProject();
    project.root.write("godwit.toml", 'dir = "migrations"\ndb = app.db\n');
    const { stderr, exitCode } = await project.godwit("status");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("\n  godwit.toml:2\n    2 | db = app.db\n");
  });

  test("is not needed for help, the version and a new file", async () => {
    using project = new CliProject();
    expect((await project.godwit("--version")).exitCode).toBe(0);
    expect((await project.godwit("status", "--help")).exitCode).toBe(0);
    expect((await project.godwit("create", "first")).exitCode).toBe(0);
  });
});
