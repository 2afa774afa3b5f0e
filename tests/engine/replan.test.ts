import { describe, expect, test } from "bun:test";
import { MigrationRun } from "../../src/engine/migration-run.ts";
import { planSteps } from "../../src/engine/plan.ts";
import { Planner, readAll } from "../../src/engine/planner.ts";
import { type RunResult, runPlan } from "../../src/engine/run-plan.ts";
import { computeState } from "../../src/engine/state.ts";
import { EMPTY_HISTORY } from "../../src/history/history.ts";
import { FolderSource } from "../../src/migrations/folder-source.ts";
import { failureOf } from "../support/failures.ts";
import { HookedSource } from "../support/hooked-source.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";

const CODE =
  "export function up(db) { db.run('CREATE TABLE c (id)'); }\nexport function down(db) { db.run('DROP TABLE c'); }";

const HISTORY = `CREATE TABLE IF NOT EXISTS schema_migrations (id INTEGER PRIMARY KEY, version TEXT UNIQUE NOT NULL,
  description TEXT NOT NULL, applied_at TIMESTAMP, execution_time_ms INTEGER, checksum TEXT);`;

/** A project whose last migration is code; what happens when it is imported comes between the plan and the lock. */
function between(project: Project, n: number, action: () => void): HookedSource {
  project.write(n, CODE, "ts");
  const source = new HookedSource(new FolderSource(project.folder));
  let isDone = false;
  source.onLoad = () => {
    if (isDone) return;
    isDone = true;
    action();
  };
  return source;
}

function migrate(project: Project, source: HookedSource): Promise<RunResult> {
  return runPlan(project.subject({}, source), { plan: { kind: "migrate" } });
}

describe("the history is read again under the lock:", () => {
  test("what another run applied meanwhile is not applied again", async () => {
    using project = new Project();
    project.tables(1, 2);
    project.exec("CREATE TABLE present (id)");
    const source = between(project, 3, () =>
      project.exec(
        `${HISTORY} INSERT INTO schema_migrations (version, description) VALUES ('${v(1)}', 'one'); CREATE TABLE t1 (by_another);`,
      ),
    );
    const { done } = await migrate(project, source);
    expect(done.map(({ version }) => version)).toEqual([v(2), v(3)]);
    expect(project.column("SELECT name FROM pragma_table_info('t1')")).toEqual(["by_another"]);
    expect(project.applied()).toEqual([1, 2, 3]);
  });

  test("nothing is left to do where another run did all", async () => {
    using project = new Project();
    project.exec("CREATE TABLE present (id)");
    const source = between(project, 1, () =>
      project.exec(
        `${HISTORY} INSERT INTO schema_migrations (version, description) VALUES ('${v(1)}', 'one'); CREATE TABLE c (id);`,
      ),
    );
    const { done } = await migrate(project, source);
    expect(done).toEqual([]);
    expect(project.told()).toEqual(["run-finished"]);
  });

  test("a refusal found there has run nothing", async () => {
    using project = new Project();
    project.exec("CREATE TABLE present (id)");
    const source = between(project, 1, () =>
      project.exec(
        `${HISTORY} INSERT INTO schema_migrations (version, description) VALUES ('${v(2)}', 'two');`,
      ),
    );
    const failure = await failureOf(migrate(project, source));
    expect(failure).toMatchObject({ code: "OUT_OF_ORDER", exitCode: 3, outcome: "unchanged" });
    expect(project.tableNames()).toEqual(["present"]);
  });

  test.each([
    {
      name: "another row in the place of one",
      sql: `UPDATE schema_migrations SET version = '${v(9)}'`,
      code: "MIGRATION_MISSING",
    },
    {
      name: "another checksum",
      sql: "UPDATE schema_migrations SET checksum = 'another'",
      code: "MIGRATION_CHANGED",
    },
    {
      name: "a migration that stopped half-way",
      sql: `CREATE TABLE schema_migrations_incomplete (version TEXT PRIMARY KEY NOT NULL, statement INTEGER NOT NULL, started_at TIMESTAMP NOT NULL);
        INSERT INTO schema_migrations_incomplete VALUES ('${v(1)}', 1, '2026-02-14 12:00:00')`,
      code: "MIGRATION_INCOMPLETE",
    },
  ])("as many rows are no proof of the same history: $name", async ({ sql, code }) => {
    using project = new Project();
    project.tables(1);
    await project.run();
    const source = between(project, 2, () => project.exec(sql));
    expect(await failureOf(migrate(project, source))).toMatchObject({ code, outcome: "unchanged" });
    expect(project.tableNames()).toEqual(["t1"]);
  });

  test("a refusal found under a later lock says what stays", async () => {
    using project = new Project();
    project.tables(1, 2);
    project.onEvent = (event) => {
      if (event.kind !== "migration-applied") return;
      project.exec(`INSERT INTO schema_migrations (version, description) VALUES ('${v(9)}', 'nine')`);
    };
    const failure = await failureOf(project.run({ kind: "migrate" }, { commit: "each" }));
    expect(failure).toMatchObject({
      code: "OUT_OF_ORDER",
      exitCode: 4,
      outcome: "rolled_back",
      state: `rolled back: the database is at ${v(9)} (1 earlier migration of this run stays done)`,
    });
    expect(project.tableNames()).toEqual(["t1"]);
  });

  test("what has become due between two commits and was never read stops the run", async () => {
    using project = new Project();
    project.tables(1, 2, 3);
    await project.run({ kind: "migrate", steps: 1 });
    project.onEvent = (event) => {
      if (event.kind !== "migration-applied") return;
      project.exec(`DELETE FROM schema_migrations WHERE version = '${v(1)}'`);
    };
    const failure = await failureOf(
      project.run({ kind: "migrate", allow: { outOfOrder: true } }, { commit: "each" }),
    );
    expect(failure).toMatchObject({
      code: "HISTORY_MOVED",
      exitCode: 4,
      message: "another run changed the history in between",
    });
    expect(project.applied()).toEqual([2]);
  });

  test("what another run applied between two commits is left out", async () => {
    using project = new Project();
    project.tables(1, 2, 3);
    project.onEvent = (event) => {
      if (event.kind !== "migration-applied" || event.migration.version !== v(1)) return;
      project.exec(
        `INSERT INTO schema_migrations (version, description) VALUES ('${v(2)}', 'two'); CREATE TABLE t2 (by_another);`,
      );
    };
    const { done } = await project.run({ kind: "migrate" }, { commit: "each" });
    expect(done.map(({ version }) => version)).toEqual([v(1), v(3)]);
    expect(project.column("SELECT name FROM pragma_table_info('t2')")).toEqual(["by_another"]);
  });

  test("what another run applied beside a step without a transaction is left out", async () => {
    using project = new Project();
    project.tables(1, 3);
    project.sql(2, "CREATE TABLE t2 (id);", null, "-- Transaction: off\n");
    project.onEvent = (event) => {
      if (event.kind !== "migration-started" || event.migration.version !== v(2)) return;
      project.exec(
        `INSERT INTO schema_migrations (version, description) VALUES ('${v(3)}', 'three'); CREATE TABLE t3 (by_another);`,
      );
    };
    const { done } = await project.run({ kind: "migrate", allow: { outOfOrder: true } });
    expect(done.map(({ version }) => version)).toEqual([v(1), v(2)]);
    expect(project.column("SELECT name FROM pragma_table_info('t3')")).toEqual(["by_another"]);
  });

  test.each(["delete", "wal"])("not where nobody has committed in between, in %s mode", async (mode) => {
    using project = new Project();
    project.exec(`PRAGMA journal_mode = ${mode}`);
    project.tables(1, 2, 3);
    const plans: number[] = [];
    const subject = project.subject({ commit: "each" });
    const planner = new Planner(subject, { plan: { kind: "migrate" } });
    await planner.prepare(planner.plan(EMPTY_HISTORY, []));
    const connection = await subject.database.open("write");
    const run = new MigrationRun(connection, subject.settings, false);
    const done = await run.execute((history, already) => {
      plans.push(already.length);
      return planner.replan(history, already);
    });
    await connection.close();
    expect({ plans, done: done.length }).toEqual({ plans: [0], done: 3 });
  });

  test("code that has become due is imported outside of the lock", async () => {
    using project = new Project();
    project.tables(1);
    project.write(2, CODE, "ts");
    project.write(3, CODE.replaceAll(" c ", " d ").replace("TABLE c'", "TABLE d'"), "ts");
    await project.run();
    const loaded: string[] = [];
    const source = new HookedSource(new FolderSource(project.folder));
    source.onLoad = ({ version }) => {
      loaded.push(version);
      project.exec("PRAGMA user_version = 1");
      if (version === v(3)) {
        project.exec(`DELETE FROM schema_migrations WHERE version = '${v(3)}'; DROP TABLE d;`);
      }
    };
    const { done } = await runPlan(project.subject({}, source), { plan: { kind: "rollback" } });
    expect(done.map(({ version }) => version)).toEqual([v(2)]);
    expect(project.applied()).toEqual([1]);
    expect(project.tableNames()).toEqual(["t1"]);
    expect(loaded).toEqual([v(3), v(2)]);
  });
});

describe("a file that has changed since it was read", () => {
  test("runs as it was hashed", async () => {
    using project = new Project();
    const source = between(project, 1, () =>
      project.write(1, "export function up() { throw new Error('not this one'); }", "ts"),
    );
    await migrate(project, source);
    expect(project.tableNames()).toEqual(["c"]);
    expect((await project.manager().getStatus()).map(({ state }) => state)).toEqual(["changed"]);
  });
});

describe("steps that somebody agreed to", () => {
  test("run where they are still the ones", async () => {
    using project = new Project();
    project.tables(1, 2);
    const agreed = planSteps(computeState(readAll(new FolderSource(project.folder)), EMPTY_HISTORY), {
      kind: "migrate",
    });
    expect((await project.run({ kind: "migrate" }, {}, { agreed })).done).toHaveLength(2);
  });

  test("are refused where they are others by now", async () => {
    using project = new Project();
    project.tables(1, 2);
    const agreed = planSteps(computeState(readAll(new FolderSource(project.folder)), EMPTY_HISTORY), {
      kind: "migrate",
    });
    project.tables(3);
    const failure = await failureOf(project.run({ kind: "migrate" }, {}, { agreed }));
    expect(failure).toMatchObject({
      code: "HISTORY_MOVED",
      exitCode: 3,
      message: `another run changed the history in between (${v(1)})`,
    });
    await project.run();
    expect((await failureOf(project.run({ kind: "migrate" }, {}, { agreed }))).code).toBe("HISTORY_MOVED");
  });
});
