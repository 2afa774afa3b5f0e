import { Database } from "bun:sqlite";
import { describe, expect, spyOn, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import * as files from "../../../src/base/exclusive-file.ts";
import type { PlanRequest } from "../../../src/engine/plan.ts";
import { rehearse } from "../../../src/features/rehearsal/rehearse.ts";
import { digestOf } from "../../support/digest.ts";
import { failureOf } from "../../support/failures.ts";
import { v } from "../../support/intent.ts";
import { Project } from "../../support/project.ts";

function tried(project: Project, plan: PlanRequest = { kind: "migrate" }) {
  return rehearse(project.subject(), { plan });
}

/** A table with three rows, and the first migration applied. */
async function used(mode = "delete"): Promise<Project> {
  const project = new Project();
  project.exec(
    `PRAGMA journal_mode = ${mode}; CREATE TABLE kept (id INTEGER PRIMARY KEY, word TEXT NOT NULL);
     INSERT INTO kept (word) VALUES ('one'), ('two'), ('')`,
  );
  project.tables(1);
  await project.run();
  project.events.length = 0;
  return project;
}

/** What only a table with rows refuses (https://sqlite.org/lang_altertable.html#altertabaddcol). */
const NEEDS_ROWS: readonly (readonly [name: string, sql: string, message: RegExp])[] = [
  ["a column that is NOT NULL", "ALTER TABLE kept ADD COLUMN y INT NOT NULL;", /NOT NULL/],
  [
    "a default that is not constant",
    "ALTER TABLE kept ADD COLUMN y TEXT DEFAULT CURRENT_TIMESTAMP;",
    /non-constant default/,
  ],
  [
    "a verify that finds rows",
    "CREATE TABLE t2 (id);\n-- verify\nSELECT id FROM kept WHERE word = '';",
    /verify found a row/,
  ],
];

describe.each(["delete", "wal"])("a rehearsal (%s)", (mode) => {
  test.each(NEEDS_ROWS)("finds %s, which an empty database lets pass", async (_, sql, message) => {
    using project = await used(mode);
    project.sql(2, sql);
    const before = [digestOf(project.path), digestOf(`${project.path}-wal`)];
    const { failure, steps } = await tried(project);
    expect(failure?.message).toMatch(message);
    expect(failure).toMatchObject({ exitCode: 4, outcome: "unchanged", location: { file: project.file(2) } });
    expect(steps).toEqual([]);
    expect([digestOf(project.path), digestOf(`${project.path}-wal`)]).toEqual(before);

    using empty = new Project();
    empty.exec("CREATE TABLE kept (id INTEGER PRIMARY KEY, word TEXT NOT NULL)");
    empty.sql(2, sql);
    expect((await tried(empty)).failure).toBeNull();
  });

  test("takes the way to the disk for a part of making a restore point", async () => {
    using project = await used(mode);
    project.sql(2, "DELETE FROM kept;");
    using sync = spyOn(files, "startSync").mockImplementation(async () => {
      await Promise.resolve();
      project.clock.advance(300);
      return null;
    });
    const { lock } = await tried(project);
    expect(sync).toHaveBeenCalledTimes(1);
    expect(lock.longestMs).toBeGreaterThanOrEqual(300);
  });

  test("says what each migration does to rows, schema and size", async () => {
    using project = await used(mode);
    project.sql(
      2,
      "ALTER TABLE kept ADD COLUMN size INTEGER;\nUPDATE kept SET size = length(word) WHERE word <> '';",
    );
    project.sql(3, "INSERT INTO t1 VALUES (1), (2);\nDELETE FROM kept WHERE word = '';");
    project.write(4, 'export function up(db) { db.run("UPDATE kept SET word = upper(word)"); }\n', "ts");
    const report = await tried(project);
    expect(report).toMatchObject({ failure: null, wouldCreate: false, wouldBackUp: true });
    expect(
      report.steps.map(({ version, rows }) => [version, rows.map(({ examples: _, ...change }) => change)]),
    ).toEqual([
      [v(2), [{ table: "kept", inserted: 0, updated: 2, deleted: 0 }]],
      [
        v(3),
        [
          { table: "kept", inserted: 0, updated: 0, deleted: 1 },
          { table: "t1", inserted: 2, updated: 0, deleted: 0 },
        ],
      ],
      [v(4), [{ table: "kept", inserted: 0, updated: 2, deleted: 0 }]],
    ]);
    expect(report.steps[0]!.schemaDiff).toEqual([
      " CREATE TABLE kept (",
      "   id INTEGER PRIMARY KEY,",
      "-  word TEXT NOT NULL",
      "+  word TEXT NOT NULL,",
      "+  size INTEGER",
      " );",
    ]);
    expect(report.steps.slice(1).map(({ schemaDiff }) => schemaDiff)).toEqual([[], []]);
    expect(project.column("SELECT word FROM kept ORDER BY id")).toEqual(["one", "two", ""]);
    expect(project.applied()).toEqual([1]);
  });

  test("leaves file and -wal as they are, whoever has them open, and makes nothing beside them", async () => {
    using project = await used(mode);
    project.sql(2, "UPDATE kept SET word = 'x';");
    using application = new Database(project.path);
    application.run("INSERT INTO kept (word) VALUES ('more')");
    const files = () => readdirSync(project.root.path).sort();
    const before = [digestOf(project.path), digestOf(`${project.path}-wal`), files()];
    const { steps } = await tried(project);
    expect(steps[0]!.rows[0]).toMatchObject({ table: "kept", updated: 4 });
    expect([digestOf(project.path), digestOf(`${project.path}-wal`), files()]).toEqual(before);
  });

  test("of a rollback goes the way back", async () => {
    using project = await used(mode);
    project.sql(2, "INSERT INTO kept (word) VALUES ('four');", "DELETE FROM kept WHERE word = 'four';");
    await project.run();
    const { steps } = await tried(project, { kind: "rollback", steps: 2 });
    expect(
      steps.map(({ version, direction, rows }) => [version, direction, rows.map(({ table }) => table)]),
    ).toEqual([
      [v(2), "down", ["kept"]],
      [v(1), "down", []],
    ]);
    expect(project.applied()).toEqual([1, 2]);
  });
});

describe("a rehearsal", () => {
  test("of nothing there begins with nothing, and makes nothing", async () => {
    using project = new Project();
    project.tables(1, 2);
    const report = await tried(project);
    expect(report).toMatchObject({ wouldCreate: true, wouldBackUp: false, failure: null });
    expect(report.steps.map(({ version }) => version)).toEqual([v(1), v(2)]);
    expect(project.exists()).toBe(false);
    expect(readdirSync(project.root.path)).toEqual(["migrations"]);
  });

  test("refuses what the run would refuse, before anything is tried", async () => {
    using project = await used();
    project.sql(2, "UPDATE kept SET word = 'x';");
    project.sql(3, "COMMIT;");
    expect(await failureOf(() => tried(project))).toMatchObject({
      code: "STATEMENT_NOT_ALLOWED",
      exitCode: 3,
    });
    expect(project.told("migration-started")).toEqual([]);
  });

  test("goes as far as it is told", async () => {
    using project = await used();
    project.tables(2, 3, 4);
    const versions = async (plan: PlanRequest) =>
      (await tried(project, plan)).steps.map(({ version }) => version);
    expect(await versions({ kind: "migrate", to: v(3) })).toEqual([v(2), v(3)]);
    expect(await versions({ kind: "migrate", steps: 1 })).toEqual([v(2)]);
  });

  test("takes migrations without a transaction, and keeps what one leaves half-way to the copy", async () => {
    using project = await used();
    project.sql(2, "VACUUM;\nUPDATE kept SET word = 'x';\nSELECT nope;", null, "-- Transaction: off\n");
    const { failure } = await tried(project);
    expect(failure).toMatchObject({ code: "MIGRATION_FAILED", outcome: "unchanged", exitCode: 4 });
    expect(project.column("SELECT word FROM kept ORDER BY id")).toEqual(["one", "two", ""]);
    expect(project.column("SELECT name FROM sqlite_schema WHERE name LIKE '%incomplete'")).toEqual([]);
  });

  test("tells notes and what code says once, and nothing that is true of the copy only", async () => {
    using project = await used();
    project.sql(2, "PRAGMA foreign_keys = OFF;\nUPDATE kept SET word = 'x';");
    project.write(3, 'export function up(db, { log }) { log("here"); db.run("DELETE FROM kept"); }\n', "ts");
    await tried(project);
    expect(project.told()).toEqual(["migration-started 2", "note", "migration-started 3", "migration-log 3"]);
  });

  test("leaves no copy, and sweeps what killed ones have left", async () => {
    using project = await used();
    project.sql(2, "UPDATE kept SET word = 'x';");
    const { host, pid } = { host: (await import("node:os")).hostname(), pid: 5_000_000 };
    const left = `${tmpdir()}/godwit-${host}-${pid}-abcdef`;
    Bun.spawnSync(["mkdir", left]);
    await tried(project);
    expect(existsSync(left)).toBe(false);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`godwit-${host}-${process.pid}-`))).toEqual(
      [],
    );
  });

  test("tells a damaged database that the run would not copy", async () => {
    using project = await used();
    project.exec("CREATE INDEX kept_word ON kept (word)");
    const [page] = project.column("SELECT rootpage FROM sqlite_schema WHERE name = 'kept_word'");
    const bytes = Buffer.from(await Bun.file(project.path).arrayBuffer());
    bytes[Number(page) * 4096 - 2] = 0x7a;
    await Bun.write(project.path, bytes);
    project.sql(2, "UPDATE kept SET id = id;");
    expect(await failureOf(() => tried(project))).toMatchObject({ code: "DATABASE_CORRUPT", exitCode: 4 });
  });
});
