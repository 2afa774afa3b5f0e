import { describe, expect, test } from "bun:test";
import { GodwitError } from "../../../src/base/failure.ts";
import { TextReporter } from "../../../src/cli/reporters/text-reporter.ts";
import type { CommandResult } from "../../../src/cli/results.ts";
import { createStyle } from "../../../src/cli/style.ts";
import type { RunEvent } from "../../../src/engine/events.ts";
import { CollectedOutput } from "../../support/collected-output.ts";
import { EVENT_SAMPLES } from "../../support/event-samples.ts";

function reporter({ isQuiet = false, columns = Number.POSITIVE_INFINITY } = {}) {
  const stdout = new CollectedOutput();
  const stderr = new CollectedOutput();
  const [style, errorStyle] = [createStyle(false, columns), createStyle(false, Number.POSITIVE_INFINITY)];
  return {
    stdout,
    stderr,
    reporter: new TextReporter({ stdout, stderr, style, errorStyle, isQuiet, isErrorTerminal: false }),
  };
}

function linesOf(event: RunEvent) {
  const { stdout, stderr, reporter: told } = reporter();
  told.event(event);
  return { stdout: stdout.lines, stderr: stderr.lines };
}

const { ["migration-applied"]: APPLIED, ["migration-rolled-back"]: ROLLED_BACK } = EVENT_SAMPLES;

describe("an event as text", () => {
  test.each(Object.values(EVENT_SAMPLES))("$kind", (event) => {
    expect(linesOf(event)).toMatchSnapshot();
  });

  test.each(Object.values(EVENT_SAMPLES))("$kind says nothing when quiet", (event) => {
    const { stdout, stderr, reporter: told } = reporter({ isQuiet: true });
    told.event(event);
    expect([stdout.lines, stderr.lines]).toEqual([[], []]);
  });

  test("a plan is told by its directions, and not at all after creating", () => {
    const up = EVENT_SAMPLES["plan-ready"].steps;
    const down = up.map((step) => ({ ...step, direction: "down" as const }));
    const plan = (steps: typeof up) => linesOf({ kind: "plan-ready", database: "app.db", steps }).stdout;
    expect(plan(up)).toEqual(["migrating app.db"]);
    expect(plan(down)).toEqual(["rolling back in app.db"]);
    expect(plan([...down, ...up])).toEqual(["rolling back and applying again in app.db"]);

    const { stdout, reporter: told } = reporter();
    told.event(EVENT_SAMPLES["database-creating"]);
    told.event(EVENT_SAMPLES["plan-ready"]);
    expect(stdout.lines).toEqual(["creating /srv/app.db"]);
  });

  test("progress is told at most once a second, and at its end", () => {
    const { stderr, reporter: told } = reporter();
    const { migration } = EVENT_SAMPLES["migration-progress"];
    for (let done = 1; done <= 50; done++)
      told.event({ kind: "migration-progress", migration, done, total: null });
    told.event({ kind: "migration-progress", migration, done: 60, total: 60 });
    expect(stderr.lines).toEqual(["20260214120001: 1 rows", "20260214120001: 60 of 60 rows"]);
  });

  test("a step's line is no wider than the terminal", () => {
    const { stdout, reporter: told } = reporter({ columns: 50 });
    const migration = { ...APPLIED.migration, description: "日本語の説明がとても長い".repeat(3) };
    told.event({ ...APPLIED, migration });
    told.event({ ...ROLLED_BACK, migration });
    for (const line of stdout.lines) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(50);
    expect(stdout.lines.join("\n")).toContain("…");
  });
});

const STEP = { ...APPLIED.migration, executionTimeMs: 12 };
const UNDONE = { ...ROLLED_BACK.migration, executionTimeMs: 3 };
const MARKED = { version: STEP.version, description: STEP.description, state: "applied" as const };
const CREATED = { version: STEP.version, description: "Add tables", kind: "sql" as const, file: "m/x.sql" };

function ran(kind: "migrate" | "rollback" | "redo", ...done: (typeof STEP)[]): CommandResult {
  return { kind, database: "/srv/app.db", result: { created: false, done, durationMs: 1250 } };
}

const RESULTS: readonly {
  readonly name: string;
  readonly result: CommandResult;
  readonly lines: string[];
}[] = [
  { name: "nothing to migrate", result: ran("migrate"), lines: ["nothing is pending in /srv/app.db"] },
  { name: "one applied", result: ran("migrate", STEP), lines: ["1 migration applied in 1.3 s"] },
  { name: "two applied", result: ran("migrate", STEP, STEP), lines: ["2 migrations applied in 1.3 s"] },
  { name: "rolled back", result: ran("rollback", UNDONE), lines: ["1 migration rolled back in 1.3 s"] },
  {
    name: "redone",
    result: ran("redo", UNDONE, STEP),
    lines: ["1 migration rolled back, 1 migration applied again in 1.3 s"],
  },
  { name: "created", result: { kind: "create", migration: CREATED }, lines: ["m/x.sql"] },
  {
    name: "marked",
    result: { kind: "mark", database: "/srv/app.db", marked: [MARKED] },
    lines: ["marked applied  20260214120000  Add tables"],
  },
  {
    name: "nothing to mark",
    result: { kind: "mark", database: "/srv/app.db", marked: [] },
    lines: ["nothing to change"],
  },
  {
    name: "version",
    result: {
      kind: "version",
      godwit: "1.0.0",
      bun: "1.4.5",
      sqlite: "3.54.1",
      sqliteSource: "inside" as const,
    },
    lines: ["godwit 1.0.0 (Bun 1.4.5, SQLite 3.54.1)"],
  },
  { name: "help", result: { kind: "help", text: "a\nb" }, lines: ["a", "b"] },
];

describe("a result as text", () => {
  test.each(RESULTS)("$name", ({ result, lines }) => {
    const { stdout, stderr, reporter: told } = reporter();
    told.finish(result);
    expect(stdout.lines).toEqual(lines);
    expect(stderr.lines).toEqual([]);
  });

  test("quiet keeps what was asked for and leaves out what was done", () => {
    const kept = RESULTS.filter(({ result }) => {
      const { stdout, reporter: told } = reporter({ isQuiet: true });
      told.finish(result);
      return stdout.lines.length > 0;
    });
    expect(kept.map(({ name }) => name)).toEqual(["created", "version", "help"]);
  });

  test("a failure goes to stderr, quiet or not", () => {
    const { stdout, stderr, reporter: told } = reporter({ isQuiet: true });
    told.fail(new GodwitError("UNKNOWN_FLAG", "unknown flag --x"));
    expect(stdout.lines).toEqual([]);
    expect(stderr.lines).toEqual(["error[UNKNOWN_FLAG] unknown flag --x"]);
  });
});
