import { describe, expect, test } from "bun:test";
import { version } from "../../package.json";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { type Ended, documentOf as parse } from "../support/run-godwit.ts";

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const WHOLE = "a whole number";

/** The document, with its durations replaced: they must be whole numbers. */
function documentOf(ended: Ended): Record<string, unknown> {
  return JSON.parse(JSON.stringify(parse(ended)), (key, value) =>
    key.endsWith("_ms") && Number.isSafeInteger(value) ? WHOLE : value,
  );
}

function step(n: number) {
  return { version: v(n), description: `Step ${n}`, execution_time_ms: WHOLE };
}

const POINT = {
  id: expect.stringMatching(/^\d{8}T\d{6}Z(-\d+)?$/),
  file: expect.stringMatching(/app\.db\.godwit\/.*\.db$/),
  bytes: expect.any(Number),
  created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
};

describe("the document of a success", () => {
  test("status", async () => {
    using project = new CliProject();
    project.tables(1);
    project.write(2, "export function up() {}", "ts");
    await project.migrate("--steps", "1");
    const ended = await project.status("--json");
    expect(ended).toMatchObject({ stderr: "", exitCode: 0 });
    expect(documentOf(ended)).toStrictEqual({
      godwit: version,
      database: project.path,
      migrations: [
        {
          version: v(1),
          description: "Step 1",
          state: "applied",
          kind: "sql",
          file: `migrations/${v(1)}_step_1.sql`,
          reversible: true,
          applied_at: TIME,
          execution_time_ms: WHOLE,
        },
        {
          version: v(2),
          description: "Step 2",
          state: "pending",
          kind: "ts",
          file: `migrations/${v(2)}_step_2.ts`,
          reversible: false,
          applied_at: null,
          execution_time_ms: null,
        },
      ],
      summary: { applied: 1, pending: 1, out_of_order: 0, changed: 0, missing: 0, incomplete: 0 },
      last_failure: null,
      runtime: {
        bun: Bun.version,
        sqlite: expect.stringMatching(/^3\.\d+\.\d+$/),
        sqlite_source: "inside",
      },
    });
  });

  test("status where a file is gone", async () => {
    using project = new CliProject();
    project.tables(1, 2);
    await project.migrate();
    project.remove(1);
    const document = documentOf(await project.status("--json")) as { migrations: unknown[] };
    expect(document.migrations[0]).toMatchObject({
      description: "Step 1",
      state: "missing",
      kind: null,
      file: null,
      reversible: null,
    });
  });

  test("migrate, the first time and again", async () => {
    using project = new CliProject();
    project.tables(1, 2);
    const document = {
      godwit: version,
      database: project.path,
      dry_run: false,
      backup: null,
      duration_ms: WHOLE,
    };
    const first = await project.migrate("--json");
    expect(first).toMatchObject({ stderr: "", exitCode: 0 });
    expect(documentOf(first)).toStrictEqual({ ...document, created: true, applied: [step(1), step(2)] });
    const second = await project.migrate("--json");
    expect(documentOf(second)).toStrictEqual({ ...document, created: false, applied: [] });
  });

  test("rollback, redo and mark", async () => {
    using project = new CliProject();
    project.tables(1, 2);
    await project.migrate();
    const common = { godwit: version, database: project.path };
    const run = { ...common, backup: POINT, duration_ms: WHOLE };
    const json = async (...args: string[]) =>
      documentOf(await project.godwit(...args, "--db", "app.db", "--json"));
    expect(await json("redo")).toStrictEqual({ ...run, rolled_back: [step(2)], applied: [step(2)] });
    expect(await json("rollback", "--steps", "2")).toStrictEqual({
      ...run,
      dry_run: false,
      rolled_back: [step(2), step(1)],
    });
    expect(await json("mark", v(1), "--applied")).toStrictEqual({
      ...common,
      marked: [{ version: v(1), description: "Step 1", state: "applied" }],
    });
  });

  test("create, --version and --help", async () => {
    using project = new CliProject();
    const created = documentOf(await project.godwit("create", "Add größe", "--json"));
    expect(created).toStrictEqual({
      godwit: version,
      version: expect.stringMatching(/^\d{14}$/),
      description: "Add größe",
      kind: "sql",
      file: `migrations/${created["version"]}_add_gro_e.sql`,
    });
    expect(documentOf(await project.godwit("--version", "--json"))).toStrictEqual({
      godwit: version,
      bun: Bun.version,
      sqlite: expect.stringMatching(/^3\.\d+\.\d+$/),
      sqlite_source: "inside",
    });
    expect(Object.keys(documentOf(await project.godwit("--help", "--json")))).toEqual(["godwit", "help"]);
  });
});

const ERROR_KEYS = ["code", "message", "location", "hint", "outcome", "details"];

describe("the document of a failure", () => {
  test("migrate: what was committed, and where it stopped", async () => {
    using project = new CliProject();
    project.tables(1);
    project.sql(2, "CREATE TABLE t2 (id);\nSELECT '日本', nope FROM t2;");
    const ended = await project.migrate("--json");
    expect(ended).toMatchObject({ stderr: "", exitCode: 4 });
    expect(documentOf(ended)).toStrictEqual({
      godwit: version,
      database: project.path,
      created: true,
      dry_run: false,
      applied: [step(1)],
      backup: null,
      duration_ms: WHOLE,
      error: {
        code: "MIGRATION_FAILED",
        message: "no such column: nope",
        location: { file: `migrations/${v(2)}_step_2.sql`, line: 3, column: 14 },
        hint: `mend migrations/${v(2)}_step_2.sql and run again`,
        outcome: "rolled_back",
        details: [],
      },
    });
  });

  test.each([
    {
      args: ["status"],
      code: "DATABASE_NOT_NAMED",
      keys: ["godwit", "database", "migrations", "summary", "last_failure"],
    },
    {
      args: ["migrate", "--steps=x"],
      code: "INVALID_VALUE",
      keys: ["godwit", "database", "created", "dry_run", "applied", "backup", "duration_ms"],
    },
    {
      args: ["rollback", "--steps=x"],
      code: "INVALID_VALUE",
      keys: ["godwit", "database", "dry_run", "rolled_back", "backup", "duration_ms"],
    },
    {
      args: ["redo", "--steps=x"],
      code: "INVALID_VALUE",
      keys: ["godwit", "database", "rolled_back", "applied", "backup", "duration_ms"],
    },
    { args: ["mark"], code: "MISSING_ARGUMENT", keys: ["godwit", "database", "marked"] },
    { args: ["create"], code: "MISSING_ARGUMENT", keys: ["godwit"] },
    { args: [], code: "MISSING_ARGUMENT", keys: ["godwit"] },
    { args: ["migarte"], code: "UNKNOWN_COMMAND", keys: ["godwit"] },
  ])("of $args is one document too", async ({ args, code, keys }) => {
    using project = new CliProject();
    const ended = await project.godwit(...args, "--json");
    expect(ended).toMatchObject({ stderr: "", exitCode: 2 });
    const document = documentOf(ended) as { error: { code: string } };
    expect(Object.keys(document)).toEqual([...keys, "error"]);
    expect(Object.keys(document.error)).toEqual(ERROR_KEYS);
    expect(document.error.code).toBe(code);
  });

  test.each([
    ["status", ["godwit", "database", "migrations", "summary", "last_failure", "error"]],
    ["migrate", ["godwit", "database", "created", "dry_run", "applied", "backup", "duration_ms", "error"]],
    ["rollback", ["godwit", "database", "dry_run", "rolled_back", "backup", "duration_ms", "error"]],
    ["redo", ["godwit", "database", "rolled_back", "applied", "backup", "duration_ms", "error"]],
    ["mark", ["godwit", "database", "marked", "error"]],
  ])("of an unknown flag for %s has that command's keys", async (command, keys) => {
    using project = new CliProject();
    for (const args of [
      [command, "--nope", "--json"],
      ["--json", "--nope", command],
    ]) {
      expect(Object.keys(documentOf(await project.godwit(...args)))).toEqual(keys);
    }
  });
});
