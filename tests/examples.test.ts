import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  EXAMPLE_FILES,
  EXAMPLES,
  example,
  exampleManager,
  reachBefore,
  seed,
} from "./support/example-set.ts";
import { failureOf } from "./support/failures.ts";
import { Project } from "./support/project.ts";
import { type Rows, rowsOf, schemaInEssence, schemaOf } from "./support/snapshot.ts";

const LEVELS = example("standardise_log_levels");
const ROLE = example("replace_is_admin_with_role");
const EMAIL = example("require_email");
const VERSIONS = EXAMPLE_FILES.map((file) => file.slice(0, 14));

describe("the example set", () => {
  test.each(EXAMPLE_FILES)("%s is named and described like the others", (file) => {
    expect(file).toMatch(/^2026\d{10}_[a-z][a-z0-9_]*\.(sql|ts)$/);
    expect(readFileSync(join(EXAMPLES, file), "utf8")).toMatch(/^(-- |\/\*\*\n \* )Description: [A-Z].*\n/);
  });

  test("applies to a new database, all of it reversible", async () => {
    using project = new Project();
    const applied = await exampleManager(project).migrate();
    expect(applied.map(({ version }) => version)).toEqual(VERSIONS);
    const status = await exampleManager(project).getStatus();
    expect(status.map(({ state, reversible }) => [state, reversible])).toEqual(
      VERSIONS.map(() => ["applied", true]),
    );
    expect(project.column("SELECT name FROM pragma_table_info('web_users')")).toEqual([
      "id",
      "username",
      "email",
      "created_at",
      "last_login_ip",
      "role",
    ]);
  });

  test("goes down to nothing and up again to the same", async () => {
    using project = new Project();
    await exampleManager(project).migrate();
    const schema = schemaOf(project.path);
    await exampleManager(project).rollback({ all: true });
    expect(schemaOf(project.path)).toEqual([]);
    await exampleManager(project).migrate();
    expect(schemaOf(project.path)).toEqual(schema);
  });
});

describe("each example goes up and down", () => {
  const rebuilding = new Set([ROLE, EMAIL]);

  test.each(VERSIONS)("%s to the same schema and rows", async (version) => {
    using project = new Project();
    await reachBefore(version, project);
    const readSchema = rebuilding.has(version) ? schemaInEssence : schemaOf;
    const look = () => ({ schema: readSchema(project.path), rows: rowsOf(project.path) });
    const before = project.exists() ? look() : { schema: [], rows: {} };
    await exampleManager(project).migrate({ to: version });
    expect(look()).not.toEqual(before);
    await exampleManager(project).rollback();
    const rows = version === LEVELS ? withUpperCaseLevels(before.rows) : before.rows;
    expect(look()).toEqual({ ...before, rows });
  });

  function withUpperCaseLevels(rows: Record<string, Rows>): Record<string, Rows> {
    const logs = rows["logs"]!.map((log) => ({ ...log, level: String(log["level"]).toUpperCase() }));
    return { ...rows, logs };
  }
});

describe("with rows in it", () => {
  test("levels are spelt one way", async () => {
    using project = new Project();
    await reachBefore(LEVELS, project);
    expect(project.column("SELECT count(DISTINCT level) FROM logs")).toEqual([9]);
    await exampleManager(project).migrate({ to: LEVELS });
    expect(project.query("SELECT level, count(*) AS logs FROM logs GROUP BY level")).toEqual([
      { level: "error", logs: 1500 },
      { level: "info", logs: 2000 },
      { level: "warn", logs: 1500 },
    ]);
  });

  test("administrators get the role admin, and nobody else does", async () => {
    using project = new Project();
    await reachBefore(ROLE, project);
    const admins = project.column("SELECT id FROM web_users WHERE is_admin ORDER BY id");
    expect(admins).toEqual([25, 50, 75, 100, 125, 150, 175, 200]);
    await exampleManager(project).migrate({ to: ROLE });
    expect(project.column("SELECT id FROM web_users WHERE role = 'admin' ORDER BY id")).toEqual(admins);
    expect(project.column("SELECT count(*) FROM web_users WHERE role = 'viewer'")).toEqual([192]);
  });

  test("a role that came later goes back to no administrator", async () => {
    using project = new Project();
    await reachBefore(EMAIL, project);
    project.exec("UPDATE web_users SET role = 'editor' WHERE id IN (1, 25)");
    await exampleManager(project).rollback();
    expect(project.column("SELECT is_admin FROM web_users WHERE id IN (1, 25, 50) ORDER BY id")).toEqual([
      0, 0, 1,
    ]);
  });

  test("the rebuild fills the missing emails and keeps all else", async () => {
    using project = new Project();
    await reachBefore(EMAIL, project);
    const { web_users: users, ...others } = rowsOf(project.path);
    const indexes = project.column("SELECT name FROM pragma_index_list('web_users') ORDER BY name");
    expect(users!.filter(({ email }) => email === null)).toHaveLength(28);
    expect(Object.entries(others).map(([table, rows]) => [table, rows.length])).toEqual([
      ["logs", 5000],
      ["user_preferences", 200],
      ["user_sessions", 400],
    ]);

    await exampleManager(project).migrate();
    const { web_users: rebuilt, ...kept } = rowsOf(project.path);
    expect(rebuilt).toEqual(
      users!.map((user) => ({ ...user, email: user["email"] ?? `${user["username"]}@example.invalid` })),
    );
    expect(kept).toEqual(others);
    expect(project.column("SELECT name FROM pragma_index_list('web_users') ORDER BY name")).toEqual(indexes);
    expect(() => project.exec("INSERT INTO web_users (username) VALUES ('nobody')")).toThrow(
      "NOT NULL constraint failed: web_users.email",
    );
  });

  test("an address that is changed after the rebuild survives its way down", async () => {
    using project = new Project();
    await reachBefore(EMAIL, project);
    await exampleManager(project).migrate();
    project.exec("UPDATE web_users SET email = 'new@example.com' WHERE id = 7");
    await exampleManager(project).rollback();
    expect(project.column("SELECT email FROM web_users WHERE id IN (6, 7, 14) ORDER BY id")).toEqual([
      "user_006@example.com",
      "new@example.com",
      null,
    ]);
  });

  test("the child tables still follow web_users after the rebuild", async () => {
    using project = new Project();
    await reachBefore(EMAIL, project);
    await exampleManager(project).migrate();
    using db = new Database(project.path);
    db.run("PRAGMA foreign_keys = ON");
    db.run("DELETE FROM web_users WHERE id = 8");
    expect(project.column("SELECT count(*) FROM user_sessions")).toEqual([398]);
    expect(project.column("SELECT count(*) FROM user_preferences")).toEqual([199]);
    expect(project.column("SELECT count(*) FROM logs WHERE user_id = 8")).toEqual([0]);
    expect(project.column("SELECT count(*) FROM logs")).toEqual([5000]);
  });
});

describe("verify finds what the migration was not written for", () => {
  const SPOILT = [
    { version: LEVELS, spoil: "UPDATE logs SET level = 'fatal' WHERE id = 9", found: "level=fatal rows=1" },
    {
      version: ROLE,
      spoil: "UPDATE web_users SET is_admin = 'yes' WHERE id = 3",
      found: "id=3 username=user_003 role=unknown: yes",
    },
    {
      version: EMAIL,
      spoil: "UPDATE web_users SET email = 'nowhere' WHERE id = 4",
      found: "id=4 username=user_004 email=nowhere",
    },
  ];

  test.each(SPOILT)("$found stops $version and changes nothing", async ({ version, spoil, found }) => {
    using project = new Project();
    await reachBefore(version, project);
    project.exec(spoil);
    const schema = schemaOf(project.path);
    const rows = rowsOf(project.path);
    const failure = await failureOf(exampleManager(project).migrate({ to: version }));
    expect(failure).toMatchObject({ code: "VERIFY_FAILED", outcome: "rolled_back", details: [found] });
    expect(schemaOf(project.path)).toEqual(schema);
    expect(rowsOf(project.path)).toEqual(rows);
    expect(project.column("SELECT max(version) < ? FROM schema_migrations", version)).toEqual([1]);
  });
});

describe("the demo's rows", () => {
  test("are the same every time, and go in once", async () => {
    using one = new Project();
    using other = new Project();
    for (const project of [one, other]) {
      await exampleManager(project).migrate({ to: VERSIONS[1] });
      expect(seed(project)).toMatchObject({ exitCode: 0 });
    }
    const rows = rowsOf(one.path);
    expect(rowsOf(other.path)).toEqual(rows);
    expect(seed(one).exitCode).not.toBe(0);
    expect(rowsOf(one.path)).toEqual(rows);
  });
});
