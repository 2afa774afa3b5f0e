import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Environment, type SettingFlags, Settings } from "../../src/cli/settings.ts";
import { failureOf } from "../support/failures.ts";
import { WorkingFolder } from "../support/working-folder.ts";

function settingsOf(flags: SettingFlags = {}, env: Environment = {}) {
  const settings = new Settings(flags, env);
  return {
    database: settings.database().path,
    directory: settings.directory(),
    table: settings.table(),
    lockTimeoutMs: settings.lockTimeoutMs(),
  };
}

const TOML = 'db = "toml.db"\ndir = "toml"\ntable = "toml"\nlock_timeout = 3\n';

describe("where a setting comes from", () => {
  test("the defaults, where nothing is said; a database has none", async () => {
    using folder = new WorkingFolder();
    const settings = new Settings({ db: "app.db" }, {});
    expect(settings.database()).toEqual({ kind: "sqlite", path: join(folder.path, "app.db") });
    expect([settings.directory(), settings.table(), settings.lockTimeoutMs()]).toEqual([
      "migrations",
      "schema_migrations",
      30_000,
    ]);
    expect((await failureOf(() => new Settings({}, {}).database())).code).toBe("DATABASE_NOT_NAMED");
  });

  test("a flag beats the environment, which beats godwit.toml", () => {
    using folder = new WorkingFolder();
    writeFileSync("godwit.toml", TOML);
    const env = { GODWIT_DB: "env.db", GODWIT_DIR: "env", GODWIT_TABLE: "env" };
    const flags = { db: "flag.db", dir: "flag", table: "flag", "lock-timeout": "1.5" };
    expect(settingsOf(flags, env)).toEqual({
      database: join(folder.path, "flag.db"),
      directory: "flag",
      table: "flag",
      lockTimeoutMs: 1500,
    });
    expect(settingsOf({}, env)).toEqual({
      database: join(folder.path, "env.db"),
      directory: "env",
      table: "env",
      lockTimeoutMs: 3000,
    });
    expect(settingsOf()).toEqual({
      database: join(folder.path, "toml.db"),
      directory: "toml",
      table: "toml",
      lockTimeoutMs: 3000,
    });
  });

  test("GODWIT_DB comes before DATABASE_URL, and an empty variable is not set", () => {
    using folder = new WorkingFolder();
    const path = (env: Environment) => new Settings({}, env).database().path;
    expect(path({ GODWIT_DB: "a.db", DATABASE_URL: "b.db" })).toBe(join(folder.path, "a.db"));
    expect(path({ GODWIT_DB: "", DATABASE_URL: "sqlite:b.db" })).toBe(join(folder.path, "b.db"));
    writeFileSync("godwit.toml", TOML);
    expect(path({ DATABASE_URL: "b.db" })).toBe(join(folder.path, "b.db"));
    expect(path({ GODWIT_DB: "", DATABASE_URL: "" })).toBe(join(folder.path, "toml.db"));
  });

  test("--env-file fills in what the environment does not set", () => {
    using folder = new WorkingFolder();
    writeFileSync("settings.env", 'GODWIT_DB="file.db"\nGODWIT_DIR=file # folder\n');
    const flags = { "env-file": "settings.env" };
    expect(settingsOf(flags, { GODWIT_DIR: "env" })).toMatchObject({
      database: join(folder.path, "file.db"),
      directory: "env",
    });
    expect(settingsOf(flags, { GODWIT_DIR: "" }).directory).toBe("file");
  });
});

describe("a .env that nobody asked for", () => {
  test("is not read, but named where it would have helped", async () => {
    using _ = new WorkingFolder();
    const hint = async () => (await failureOf(() => new Settings({}, {}).database())).hint;
    expect(await hint()).toBe("name it with --db app.db, GODWIT_DB, or db in godwit.toml");
    writeFileSync(".env", "OTHER=1\n");
    expect(await hint()).toBe("name it with --db app.db, GODWIT_DB, or db in godwit.toml");
    writeFileSync(".env", "OTHER=1\nDATABASE_URL=sqlite:app.db\n");
    expect(await hint()).toBe(
      "a .env here sets DATABASE_URL: read it with --env-file .env, or name the database with --db",
    );
  });
});

describe("settings that are refused", () => {
  test.each([
    {
      text: 'db = "a.db"\ndri = "m"\n',
      line: 2,
      message: 'unknown setting "dri"',
      hint: "did you mean dir?",
    },
    {
      text: "[database]\n",
      line: 1,
      message: 'unknown setting "database"',
      hint: "the settings are db, dir, table, lock_timeout, backup",
    },
  ])("$message", async ({ text, line, message, hint }) => {
    using _ = new WorkingFolder();
    writeFileSync("godwit.toml", text);
    const failure = await failureOf(() => new Settings({}, {}));
    expect(failure).toMatchObject({ code: "CONFIG_INVALID", exitCode: 2, message, hint });
    expect(failure.location).toMatchObject({ file: "godwit.toml", line });
  });

  test.each([
    { text: 'dir = "m"\ndb = a.db\n', line: 2 },
    { text: 'db = "a.db', line: 1 },
    { text: 'dir = "m"\n\n# note\n[x\n', line: 4 },
  ])("TOML that does not parse, with its line $line", async ({ text, line }) => {
    using _ = new WorkingFolder();
    writeFileSync("godwit.toml", text);
    const failure = await failureOf(() => new Settings({}, {}));
    expect(failure).toMatchObject({ code: "CONFIG_INVALID", location: { file: "godwit.toml", line } });
  });

  test("a value that is no text", async () => {
    using _ = new WorkingFolder();
    writeFileSync("godwit.toml", "db = 3\n");
    expect(await failureOf(() => new Settings({}, {}).database())).toMatchObject({
      code: "CONFIG_INVALID",
      message: "db must be text",
      location: { file: "godwit.toml" },
    });
  });

  test("an --env-file that is not there", async () => {
    using _ = new WorkingFolder();
    const failure = await failureOf(() => new Settings({ "env-file": "no.env" }, {}));
    expect(failure).toMatchObject({ code: "CONFIG_INVALID", location: { file: "no.env" } });
  });

  test.each(["", "  ", "sqlite_sequence", "SQLITE_x", "a\0b"])("%j as a table's name", async (table) => {
    using _ = new WorkingFolder();
    expect((await failureOf(() => new Settings({ table }, {}).table())).code).toBe("INVALID_VALUE");
  });

  test.each(["soon", "-1", "1e3", "86401", "0x10", "1,5", " 1"])("%j as a lock's timeout", async (text) => {
    using _ = new WorkingFolder();
    expect(await failureOf(() => new Settings({ "lock-timeout": text }, {}).lockTimeoutMs())).toMatchObject({
      code: "INVALID_VALUE",
      message: `--lock-timeout takes seconds from 0 to 86400, not "${text}"`,
    });
  });

  test("the lock's timeout of godwit.toml, by its own name", async () => {
    using _ = new WorkingFolder();
    writeFileSync("godwit.toml", 'lock_timeout = "long"\n');
    expect((await failureOf(() => new Settings({}, {}).lockTimeoutMs())).message).toBe(
      'lock_timeout in godwit.toml takes seconds from 0 to 86400, not "long"',
    );
  });
});

describe("the lock's timeout", () => {
  test.each([
    ["0", 0],
    ["0.2", 200],
    ["86400", 86_400_000],
  ])("%s seconds", (text, milliseconds) => {
    using _ = new WorkingFolder();
    expect(new Settings({ "lock-timeout": text }, {}).lockTimeoutMs()).toBe(milliseconds);
  });
});
