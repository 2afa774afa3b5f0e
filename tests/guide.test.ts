import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MigrationManager } from "../src/index.ts";
import { failureOf } from "./support/failures.ts";
import { rowsOf, schemaOf } from "./support/snapshot.ts";
import { TempDir } from "./support/temp-dir.ts";

/** A copy of what a project of the older runner's guide starts from, and its folder of migrations. */
class Guide extends TempDir {
  readonly database = this.join("jlo.db");
  readonly manager: MigrationManager;

  constructor(example: string) {
    super();
    const folder = join(import.meta.dir, "fixtures/guide", example);
    this.exec(readFileSync(join(folder, "before.sql"), "utf8"));
    this.manager = new MigrationManager(this.database, folder);
  }

  exec(sql: string): void {
    using db = new Database(this.database);
    db.run(sql);
  }

  query(sql: string): unknown[] {
    using db = new Database(this.database);
    return db.query(sql).all();
  }

  column(sql: string): unknown[] {
    using db = new Database(this.database);
    return db
      .query(sql)
      .values()
      .map(([value]) => value);
  }

  look() {
    return { schema: schemaOf(this.database), rows: rowsOf(this.database) };
  }

  columnsOf(table: string): unknown[] {
    return this.column(`SELECT name FROM pragma_table_info('${table}')`);
  }
}

describe("an example of the guide that has a way back", () => {
  const REVERSIBLE = [
    ["sql-user-preferences", ["user_preferences"]],
    ["ts-user-preferences", ["user_preferences"]],
    ["ts-user-sessions", ["idx_sessions_token", "idx_sessions_user", "user_sessions"]],
    ["ts-log-levels", []],
  ] as const;

  test.each(REVERSIBLE)("%s goes up, down and up again", async (example, made) => {
    using guide = new Guide(example);
    const before = guide.look();
    const names = new Set(before.schema.map(({ name }) => name));
    expect(await guide.manager.migrate()).toHaveLength(1);
    const after = guide.look();
    expect(after).not.toEqual(before);
    expect(
      after.schema
        .map(({ name }) => name)
        .filter((name) => !names.has(name) && !name.startsWith("sqlite_"))
        .sort(),
    ).toEqual([...made]);
    await guide.manager.rollback();
    expect(guide.look()).toEqual(before);
    expect(await guide.manager.getStatus()).toMatchObject([{ state: "pending" }]);
    await guide.manager.migrate();
    expect(guide.look()).toEqual(after);
  });

  test("sessions go with the user", async () => {
    using guide = new Guide("ts-user-sessions");
    await guide.manager.migrate();
    using db = new Database(guide.database);
    db.run("PRAGMA foreign_keys = ON");
    db.run("INSERT INTO user_sessions (user_id, session_token, expires_at) VALUES (1, 'a', '2027-01-01')");
    db.run("DELETE FROM web_users WHERE id = 1");
    expect(guide.column("SELECT count(*) FROM user_sessions")).toEqual([0]);
  });

  test("log levels are standardised, and upper case again after the way down", async () => {
    using guide = new Guide("ts-log-levels");
    const levels = () => guide.column("SELECT level FROM logs ORDER BY id");
    await guide.manager.migrate();
    expect(levels()).toEqual(["error", "warn", "info", "warn", "debug"]);
    await guide.manager.rollback();
    expect(levels()).toEqual(["ERROR", "WARNING", "INFO", "WARNING", "DEBUG"]);
  });
});

describe("an example of the guide that has no way back", () => {
  const ONE_WAY = [
    { example: "sql-last-login-ip", table: "web_users", columns: ["id", "username", "last_login_ip"] },
    { example: "ts-users-rebuild", table: "users", columns: ["id", "username", "email"] },
    { example: "ts-user-role", table: "user_roles", columns: ["user_id", "role"] },
  ];

  test.each(ONE_WAY)(
    "$example goes up and says that it cannot go down",
    async ({ example, table, columns }) => {
      using guide = new Guide(example);
      await guide.manager.migrate();
      expect(guide.columnsOf(table)).toEqual(columns);
      expect(await guide.manager.getStatus()).toMatchObject([{ state: "applied", reversible: false }]);
      const after = guide.look();
      expect(await failureOf(guide.manager.rollback())).toMatchObject({ code: "DOWN_MISSING" });
      expect(guide.look()).toEqual(after);
    },
  );

  test("an email column: what its down throws reaches the caller, with the line, and all stays", async () => {
    using guide = new Guide("ts-user-email");
    await guide.manager.migrate();
    expect(guide.columnsOf("users")).toEqual(["id", "username", "email"]);
    const after = guide.look();
    const failure = await failureOf(guide.manager.rollback());
    expect(failure).toMatchObject({ code: "MIGRATION_FAILED", outcome: "rolled_back" });
    expect(failure.message).toContain("Cannot remove column without recreating table");
    expect(failure.location).toMatchObject({ line: 11 });
    expect(guide.look()).toEqual(after);
    expect(await guide.manager.getStatus()).toMatchObject([{ state: "applied" }]);
  });

  test("the rebuild of users takes no row of its child table along", async () => {
    using guide = new Guide("ts-users-rebuild");
    const before = rowsOf(guide.database);
    await guide.manager.migrate();
    expect(rowsOf(guide.database)).toEqual(before);
    expect(guide.query(`SELECT "notnull" FROM pragma_table_info('users') WHERE name = 'email'`)).toEqual([
      { notnull: 1 },
    ]);
  });

  test("the rebuild of users fails on a missing email and leaves all as it was", async () => {
    using guide = new Guide("ts-users-rebuild");
    guide.exec("INSERT INTO users VALUES (3, 'alan', NULL)");
    const before = guide.look();
    const failure = await failureOf(guide.manager.migrate());
    expect(failure).toMatchObject({ code: "MIGRATION_FAILED", outcome: "rolled_back" });
    expect(failure.message).toContain("NOT NULL constraint failed: users_new.email");
    expect(guide.look()).toEqual(before);
    expect(await guide.manager.getStatus()).toMatchObject([{ state: "pending" }]);
  });

  test("is_admin becomes a role", async () => {
    using guide = new Guide("ts-user-role");
    await guide.manager.migrate();
    expect(guide.column("SELECT role FROM user_roles ORDER BY user_id")).toEqual([
      "admin",
      "viewer",
      "viewer",
    ]);
  });
});

describe("a database of the older runner", () => {
  const GONE = ["20260105080000", "20260107093000"];
  const PYTHON = "20260110101500";
  const PREFERENCES = "20260214120000";
  const LEVELS = "20260301070000";

  async function states(guide: Guide): Promise<Record<string, string>> {
    const status = await guide.manager.getStatus();
    return Object.fromEntries(status.map(({ version, state }) => [version, state]));
  }

  test("shows its files as applied, deleted ones as missing, and new ones as pending; nothing is written", async () => {
    using guide = new Guide("older-runner");
    const bytes = readFileSync(guide.database);
    expect(await guide.manager.getStatus()).toMatchObject([
      {
        version: GONE[0],
        description: "Create web users",
        state: "missing",
        kind: null,
        file: null,
        reversible: null,
        appliedAt: "2026-01-05T08:00:09Z",
        executionTimeMs: 4,
      },
      { version: GONE[1], description: "Create logs", state: "missing" },
      {
        version: PYTHON,
        description: "Add email to web_users",
        state: "applied",
        kind: "py",
        reversible: false,
        appliedAt: "2026-01-10T10:15:02Z",
      },
      { version: PREFERENCES, state: "pending", kind: "sql", reversible: true, appliedAt: null },
      { version: LEVELS, state: "pending", kind: "ts", reversible: true, appliedAt: null },
    ]);
    expect(readFileSync(guide.database)).toEqual(bytes);
  });

  test("runs only what is new, and keeps the rows that are there", async () => {
    using guide = new Guide("older-runner");
    const rows = guide.query("SELECT * FROM schema_migrations ORDER BY id") as object[];
    const applied = await guide.manager.migrate();
    expect(applied.map(({ version }) => version)).toEqual([PREFERENCES, LEVELS]);
    const recorded = guide.query("SELECT * FROM schema_migrations ORDER BY id");
    expect(recorded.slice(0, 3)).toEqual(rows.map((row) => ({ ...row, checksum: null })));
    expect(recorded.slice(3)).toMatchObject([
      { id: 4, version: PREFERENCES, checksum: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { id: 5, version: LEVELS, checksum: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    expect(guide.columnsOf("schema_migrations")).toEqual([
      "id",
      "version",
      "description",
      "applied_at",
      "execution_time_ms",
      "checksum",
    ]);
    expect(guide.column("SELECT level FROM logs ORDER BY id")).toEqual(["error", "warn", "info"]);
    expect(await guide.manager.migrate()).toEqual([]);
  });

  const RECORDS = [
    [
      "the older runner writes",
      "(version, description, execution_time_ms) VALUES ('20260301070000', 'By hand', 12)",
    ],
    ["a person writes", "(version, description) VALUES ('20260301070000', 'By hand')"],
  ] as const;

  test.each(RECORDS)("a row that %s counts, with and without a checksum column", async (_who, row) => {
    for (const isTakenOver of [false, true]) {
      using guide = new Guide("older-runner");
      if (isTakenOver) await guide.manager.migrate({ to: PREFERENCES });
      guide.exec(`INSERT INTO schema_migrations ${row}`);
      const [record] = (await guide.manager.getStatus()).filter(({ version }) => version === LEVELS);
      expect(record).toMatchObject({ state: "applied", appliedAt: expect.stringMatching(/^20.*Z$/) });
      const left = await guide.manager.migrate({ allow: { outOfOrder: true } });
      expect(left.map(({ version }) => version)).toEqual(isTakenOver ? [] : [PREFERENCES]);
      expect(guide.column("SELECT level FROM logs ORDER BY id")).toEqual(["ERROR", "WARNING", "INFO"]);
    }
  });

  test("a row that a person deletes is pending again and runs again", async () => {
    using guide = new Guide("older-runner");
    await guide.manager.migrate();
    guide.exec(
      "UPDATE logs SET level = 'INFO'; DELETE FROM schema_migrations WHERE version = '20260301070000'",
    );
    expect((await states(guide))[LEVELS]).toBe("pending");
    expect((await guide.manager.migrate()).map(({ version }) => version)).toEqual([LEVELS]);
    expect(guide.column("SELECT DISTINCT level FROM logs")).toEqual(["info"]);
  });

  test("a pending Python file is refused and nothing runs", async () => {
    using guide = new Guide("older-runner");
    guide.exec("DELETE FROM schema_migrations WHERE version = '20260110101500'");
    const before = guide.look();
    expect(await states(guide)).toMatchObject({ [PYTHON]: "pending", [PREFERENCES]: "pending" });
    const failure = await failureOf(guide.manager.migrate());
    expect(failure).toMatchObject({ code: "PYTHON_PENDING", outcome: "unchanged" });
    expect(failure.hint).toContain(`godwit mark ${PYTHON} --applied`);
    expect(guide.look()).toEqual(before);
  });

  test("goes back as far as its own files, and no further", async () => {
    using guide = new Guide("older-runner");
    const before = guide.look();
    await guide.manager.migrate();
    await guide.manager.rollback({ to: PYTHON });
    expect(guide.look()).toEqual(before);
    expect(await failureOf(guide.manager.rollback())).toMatchObject({ code: "DOWN_MISSING" });
    expect(guide.look()).toEqual(before);
    expect(guide.column("SELECT count(*) FROM schema_migrations")).toEqual([3]);
  });
});
