import { describe, expect, test } from "bun:test";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";

const CREATE = "db.run('CREATE TABLE t (id)');";

describe("a migration in code", () => {
  test("is applied and rolled back, sync or async, in one transaction with SQL", async () => {
    using project = new Project();
    project.tables(1);
    project.write(
      2,
      `/** Description: Add rows */
import type { Database } from "bun:sqlite";
export async function up(db: Database) {
  await Promise.resolve();
  db.run("INSERT INTO t1 VALUES (5)");
}
export default { down(db: Database) { db.run("DELETE FROM t1"); } };`,
      "ts",
    );
    const { done } = await project.run();
    expect(done.map(({ description }) => description)).toEqual(["Step 1", "Add rows"]);
    expect(project.column("SELECT id FROM t1")).toEqual([5]);
    await project.run({ kind: "rollback" });
    expect(project.column("SELECT id FROM t1")).toEqual([]);
    expect(project.applied()).toEqual([1]);
  });

  test("tells lines and progress, and is given the signal", async () => {
    using project = new Project();
    project.write(
      1,
      `export function up(db, { log, progress, signal }) {
  log("starting");
  progress(1, 3);
  progress(2);
  log(signal.aborted ? "aborted" : "going on");
}`,
      "js",
    );
    await project.run();
    const told = project.events.flatMap((event): unknown[] => {
      if (event.kind === "migration-log") return [event.message];
      return event.kind === "migration-progress" ? [[event.done, event.total]] : [];
    });
    expect(told).toEqual(["starting", [1, 3], [2, null], "going on"]);
  });

  test("sees its signal aborted", async () => {
    using project = new Project();
    project.write(1, "export function up(db, { signal }) { signal.throwIfAborted(); }", "js");
    const failure = await failureOf(
      project.manager({ signal: AbortSignal.abort(new Error("enough")) }).migrate(),
    );
    expect(failure.message).toBe("enough");
    expect(project.applied()).toEqual([]);
  });
});

interface Row {
  readonly name: string;
  readonly body: string;
  readonly message: string;
  readonly line: number | null;
}

const FAILING: readonly Row[] = [
  { name: "an error", body: "throw new Error('no good');", message: "no good", line: 3 },
  { name: "an error without a message", body: "throw new RangeError();", message: "RangeError", line: 3 },
  { name: "undefined", body: "throw undefined;", message: "undefined", line: 1 },
  { name: "null", body: "throw null;", message: "null", line: 1 },
  { name: "a word", body: "throw 'no good';", message: "no good", line: 1 },
  { name: "an object with a message", body: "throw { message: 'no good' };", message: "no good", line: 1 },
  { name: "a rejection", body: "return Promise.reject(new Error('later'));", message: "later", line: 3 },
  {
    name: "an error of the database",
    body: "db.run('SELECT nope');",
    message: "no such column: nope",
    line: 3,
  },
];

describe("code that fails is rolled back", () => {
  test.each(FAILING)("with $name", async ({ body, message, line }) => {
    using project = new Project();
    project.tables(1);
    const file = project.write(2, `export function up(db) {\n  ${CREATE}\n  ${body}\n}`, "ts");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({ code: "MIGRATION_FAILED", message, outcome: "rolled_back", exitCode: 4 });
    expect(failure.location).toMatchObject({ file, line });
    expect(project.tableNames()).toEqual(["t1"]);
    expect(project.applied()).toEqual([1]);
  });
});

interface Unusable {
  readonly name: string;
  readonly text: string;
  readonly message: string;
}

const UNUSABLE: readonly Unusable[] = [
  { name: "has no up", text: "export const down = () => {};", message: 'the file exports no function "up"' },
  {
    name: "has an up that is no function",
    text: "export const up = 1;",
    message: 'the export "up" is no function',
  },
  { name: "throws while it is imported", text: "throw new Error('at once');", message: "at once" },
];

describe("code is refused before the database is made", () => {
  test.each(UNUSABLE)("when it $name", async ({ text, message }) => {
    using project = new Project();
    project.tables(1);
    const file = project.write(2, text, "ts");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({ code: "CODE_INVALID", exitCode: 3, message, outcome: "unchanged" });
    expect(failure.location?.file).toBe(file);
    expect(project.exists()).toBe(false);
  });

  test("when it does not parse, with the line", async () => {
    using project = new Project();
    project.write(1, "export function up(db) {\n  db.run(;\n}", "ts");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({ code: "CODE_INVALID", exitCode: 3 });
    expect(failure.location).toMatchObject({ line: 2 });
    expect(project.exists()).toBe(false);
  });

  test("when it is to be undone and has no down", async () => {
    using project = new Project();
    project.write(1, `export function up(db) { ${CREATE} }`, "ts");
    await project.run();
    const failure = await failureOf(project.run({ kind: "rollback" }));
    expect(failure).toMatchObject({
      code: "DOWN_MISSING",
      exitCode: 3,
      message: `${v(1)} cannot be undone: it has no way down`,
      hint: 'export a function "down"',
    });
    expect(project.applied()).toEqual([1]);
  });
});

test("code that is awaited for long is told of every ten seconds", async () => {
  using project = new Project();
  project.write(1, "export async function up() { await Bun.sleep(60); }", "ts");
  const { setInterval } = globalThis;
  // A thousand times as fast.
  globalThis.setInterval = ((run: () => void, ms: number) =>
    setInterval(run, ms / 1000)) as typeof setInterval;
  try {
    await project.run();
  } finally {
    globalThis.setInterval = setInterval;
  }
  const told = project.events.flatMap((event) =>
    event.kind === "migration-running" ? [event.elapsedMs] : [],
  );
  expect(told.slice(0, 2)).toEqual([10_000, 20_000]);
});
