import { describe, expect, test } from "bun:test";
import { version } from "../../../package.json";
import { GodwitError } from "../../../src/base/failure.ts";
import { Commentary } from "../../../src/cli/reporters/commentary.ts";
import { JsonReporter } from "../../../src/cli/reporters/json-reporter.ts";
import type { CommandResult } from "../../../src/cli/results.ts";
import { CollectedOutput } from "../../support/collected-output.ts";
import { EVENT_SAMPLES } from "../../support/event-samples.ts";

const DATABASE = "/srv/app.db";
const SAMPLES = Object.values(EVENT_SAMPLES);
const RUN = { created: true, done: [], durationMs: 1250 };
const APPLIED = { version: "20260214120000", description: "Add tables", execution_time_ms: 12 };
const ROLLED_BACK = { ...APPLIED, execution_time_ms: 1200 };

function begun(command: string, database: string | null = DATABASE) {
  const stdout = new CollectedOutput();
  const reporter = new JsonReporter(stdout, null);
  reporter.begin(command, database);
  return { reporter, document: () => ({ lines: stdout.lines.length, ...JSON.parse(stdout.lines[0]!) }) };
}

function finished(result: CommandResult, database: string | null = DATABASE) {
  const { reporter, document } = begun(result.kind, database);
  for (const event of SAMPLES) reporter.event(event);
  reporter.finish(result);
  return document();
}

describe("events", () => {
  test.each(SAMPLES)("$kind prints nothing by itself", (event) => {
    const stdout = new CollectedOutput();
    const reporter = new JsonReporter(stdout, null);
    reporter.begin("migrate", DATABASE);
    reporter.event(event);
    expect(stdout.lines).toEqual([]);
  });

  test("what accompanies the document goes to stderr", () => {
    const [stdout, stderr] = [new CollectedOutput(), new CollectedOutput()];
    const reporter = new JsonReporter(stdout, new Commentary(stderr, false));
    for (const event of SAMPLES) reporter.event(event);
    expect([stdout.lines.length, stderr.lines.length]).toEqual([0, 6]);
  });

  test("what is committed is kept for the document of a failure", () => {
    const { reporter, document } = begun("migrate");
    for (const event of SAMPLES) reporter.event(event);
    reporter.fail(EVENT_SAMPLES["migration-failed"].error);
    expect(document()).toEqual({
      lines: 1,
      godwit: version,
      database: DATABASE,
      created: true,
      dry_run: false,
      applied: [APPLIED],
      backup: null,
      duration_ms: expect.any(Number),
      error: {
        code: "MIGRATION_FAILED",
        message: "no such table: rows",
        location: null,
        hint: null,
        outcome: "rolled_back",
        details: [],
      },
    });
  });
});

describe("the document of", () => {
  test("migrate", () => {
    expect(finished({ kind: "migrate", database: DATABASE, result: RUN })).toEqual({
      lines: 1,
      godwit: version,
      database: DATABASE,
      created: true,
      dry_run: false,
      applied: [APPLIED],
      backup: null,
      duration_ms: 1250,
    });
  });

  test("rollback", () => {
    expect(finished({ kind: "rollback", database: DATABASE, result: RUN })).toEqual({
      lines: 1,
      godwit: version,
      database: DATABASE,
      dry_run: false,
      rolled_back: [ROLLED_BACK],
      backup: null,
      duration_ms: 1250,
    });
  });

  test("redo", () => {
    expect(finished({ kind: "redo", database: DATABASE, result: RUN })).toEqual({
      lines: 1,
      godwit: version,
      database: DATABASE,
      rolled_back: [ROLLED_BACK],
      applied: [APPLIED],
      backup: null,
      duration_ms: 1250,
    });
  });

  test("mark", () => {
    const marked = [{ version: "20260214120000", description: "Add tables", state: "pending" as const }];
    expect(finished({ kind: "mark", database: DATABASE, marked })).toEqual({
      lines: 1,
      godwit: version,
      database: DATABASE,
      marked,
    });
  });

  test("create, which has no database", () => {
    const migration = {
      version: "20260214120000",
      description: "Add",
      kind: "sql" as const,
      file: "m/x.sql",
    };
    expect(finished({ kind: "create", migration }, null)).toEqual({
      lines: 1,
      godwit: version,
      ...migration,
    });
  });

  test("version and help", () => {
    expect(
      finished(
        { kind: "version", godwit: version, bun: "1.4.5", sqlite: "3.54.1", sqliteSource: "inside" as const },
        null,
      ),
    ).toEqual({
      lines: 1,
      godwit: version,
      bun: "1.4.5",
      sqlite: "3.54.1",
      sqlite_source: "inside",
    });
    expect(finished({ kind: "help", text: "text" }, null)).toEqual({
      lines: 1,
      godwit: version,
      help: "text",
    });
  });
});

describe("the document of a failure", () => {
  const KEYS = {
    status: ["godwit", "database", "migrations", "summary", "last_failure", "error"],
    migrate: ["godwit", "database", "created", "dry_run", "applied", "backup", "duration_ms", "error"],
    rollback: ["godwit", "database", "dry_run", "rolled_back", "backup", "duration_ms", "error"],
    redo: ["godwit", "database", "rolled_back", "applied", "backup", "duration_ms", "error"],
    mark: ["godwit", "database", "marked", "error"],
    create: ["godwit", "error"],
    "": ["godwit", "error"],
  };

  test.each(Object.entries(KEYS))("of %p has the keys of its success, and error", (command, keys) => {
    const { reporter, document } = begun(command, null);
    reporter.fail(new GodwitError("UNKNOWN_FLAG", "unknown flag --x"));
    expect(Object.keys(document())).toEqual(["lines", ...keys]);
  });

  test("holds the place without its excerpt", () => {
    const { reporter, document } = begun("status");
    const location = { file: "migrations/x.sql", line: 3, column: 8, excerpt: "select nope" };
    reporter.fail(new GodwitError("MARKER_INVALID", "m", { location, hint: "h", details: ["d"] }));
    expect(document()["error"]).toEqual({
      code: "MARKER_INVALID",
      message: "m",
      location: { file: "migrations/x.sql", line: 3, column: 8 },
      hint: "h",
      outcome: "unchanged",
      details: ["d"],
    });
  });
});
