import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { expectWhole, populate } from "../support/expect-whole.ts";
import { v } from "../support/intent.ts";
import { Terminal } from "../support/terminal.ts";
import { JOURNAL_MODES } from "./journal-modes.ts";

setDefaultTimeout(60_000);

const hasFull = existsSync("/dev/full");
if (!hasFull) console.log("skipped: a device that is always full is not here (/dev/full)");

function pendingProject(mode: string): CliProject {
  const project = new CliProject();
  populate(project, mode);
  return project;
}

/** More text than a pipe holds, from migrations that print. */
function noisyProject(mode: string): CliProject {
  const project = pendingProject(mode);
  project.remove(2);
  project.write(
    2,
    'export function up(db) { for (let i = 0; i < 3000; i++) console.log("a line that is rather long ".repeat(3) + i); db.run("CREATE TABLE t2 (id)"); }',
    "ts",
  );
  return project;
}

test.each(JOURNAL_MODES)("D17: a reader that goes away stops no migration (%s)", async (mode) => {
  for (const [pipe, reader] of [
    ["", "head -n 1"],
    ["2>&1", "head -n 1"],
    ["2>&1", "true"],
  ] as const) {
    using project = noisyProject(mode);
    const line = `{ "$GODWIT" migrate --db app.db ${pipe}; echo $? > code; } | ${reader}`;
    await project.shell(line);
    const context = { pipe, reader };
    expect({ context, code: await Bun.file(project.root.join("code")).text() }).toEqual({
      context,
      code: "0\n",
    });
    expect(expectWhole(project, context)).toBe(3);
  }
});

/** Waits until nobody reads the pipe any more. */
const UNREAD = "{ while [ ! -e closed ]; do sleep 0.01; done;";
const GONE = "{ exec <&-; touch closed; }";

test("D17: where the reader of a document goes away, that is a failure, and the work stays done", async () => {
  using project = pendingProject("delete");
  await project.shell(`${UNREAD} "$GODWIT" migrate --db app.db --json; echo $? > code; } | ${GONE}`);
  expect(await Bun.file(project.root.join("code")).text()).toBe("4\n");
  expect(expectWhole(project)).toBe(3);
});

test("D17: and the reason stands on stderr, the one place that is left", async () => {
  using project = pendingProject("delete");
  const { stderr } = await project.shell(`${UNREAD} "$GODWIT" migrate --db app.db --json; } | ${GONE}`);
  expect(stderr).toStartWith("error[OUTPUT_FAILED] ");
});

for (const mode of JOURNAL_MODES) {
  test.skipIf(!hasFull).each(["", "--json"])(
    `D18: a result that is lost on a full disk is a failure (${mode} %s)`,
    async (flags) => {
      using project = pendingProject(mode);
      const { exitCode } = await project.shell(`"$GODWIT" migrate --db app.db ${flags} > /dev/full`);
      expect(exitCode).toBe(4);
      expect(expectWhole(project)).toBe(3);
    },
  );
}

test.skipIf(!hasFull).each(["", "--json"])("D18: and the reason stands on stderr (%s)", async (flags) => {
  using project = pendingProject("delete");
  const { stderr } = await project.shell(`"$GODWIT" migrate --db app.db ${flags} > /dev/full`);
  expect(stderr).toStartWith("error[OUTPUT_FAILED] ");
  expect(stderr).toContain("\n  the command itself was carried out\n");
  expect(stderr).toContain("\n  hint: ");
});

test.each(JOURNAL_MODES)("D18: closed outputs never end up in the database (%s)", async (mode) => {
  for (const closed of [">&-", "2>&-", "<&-", ">&- 2>&-", ">&- 2>&- <&-"]) {
    using project = pendingProject(mode);
    const { exitCode } = await project.shell(`"$GODWIT" migrate --db app.db ${closed}`);
    expect({ closed, exitCode }).toEqual({ closed, exitCode: 0 });
    expect(expectWhole(project, closed)).toBe(3);
  }
});

test.each([["status"], ["migrate"]])(
  "D18: a document for a stdout that is closed is lost, and that is told: %s",
  async (command) => {
    using project = pendingProject("delete");
    const { exitCode } = await project.shell(`"$GODWIT" ${command} --db app.db --json >&-`);
    expect(exitCode).not.toBe(0);
  },
);

test("D18: a stdout that can only be read is no success", async () => {
  using project = pendingProject("delete");
  const { stderr, exitCode } = await project.shell('"$GODWIT" status --db app.db 1</dev/null');
  expect(exitCode).toBe(4);
  expect(stderr).toStartWith("error[OUTPUT_FAILED] ");
});

const NO_TERMINAL = ["</dev/null", "<&-", "</dev/null >out 2>err"];

test.each(NO_TERMINAL)("D19: without a terminal nothing is asked (%s)", async (redirection) => {
  for (const lead of ["", "CI=1 ", "setsid "]) {
    using project = pendingProject("delete");
    const run = (words: string) => project.shell(`${lead}"$GODWIT" ${words} ${redirection}`);
    expect((await run("migrate --db app.db")).exitCode).toBe(0);
    expect((await run("rollback --db app.db --all")).exitCode).toBe(2);
    expect(expectWhole(project)).toBe(3);
    expect((await run("create")).exitCode).toBe(2);
    expect(readdirSync(project.folder)).toHaveLength(3);
    expect((await run("rollback --db app.db")).exitCode).toBe(0);
    expect(expectWhole(project)).toBe(2);
    expect((await run("rollback --db app.db --all --yes")).exitCode).toBe(0);
    expect(expectWhole(project)).toBe(0);
  }
});

test("D19: the refusal names the flag", async () => {
  using project = pendingProject("delete");
  await project.migrate();
  const { stderr, exitCode } = await project.godwit("rollback", "--all", "--db", "app.db");
  expect(exitCode).toBe(2);
  expect(stderr).toStartWith("error[CONFIRMATION_REQUIRED] ");
  expect(stderr).toContain("--yes");
});

function controlsIn(text: string): string[] {
  return [...text].filter((character) => character !== "\n" && /\p{Cc}/u.test(character));
}

const ENVIRONMENTS: readonly Record<string, string>[] = [
  { TERM: "dumb" },
  { TERM: "dumb", NO_COLOR: "" },
  { NO_COLOR: "1" },
  { TERM: "", NO_COLOR: "" },
  { TERM: "xterm-256color", NO_COLOR: "" },
  { TERM: "no-such-terminal", COLUMNS: "-3", LINES: "x", NO_COLOR: "" },
  { COLUMNS: "20", TERM: "dumb" },
];

test.each(ENVIRONMENTS)("D20: no escape is written to a pipe (%j)", async (env) => {
  using project = pendingProject("delete");
  for (const args of [
    ["status"],
    ["migrate"],
    ["status"],
    ["rollback"],
    ["nope"],
    ["--help"],
    ["migrate", "--to", "1"],
  ]) {
    const { stdout, stderr } = await project.godwitWith(env, ...args, "--db", "app.db");
    expect({ args, control: controlsIn(stdout + stderr) }).toEqual({ args, control: [] });
  }
});

test.each([{ TERM: "dumb", NO_COLOR: "" }, { NO_COLOR: "1" }])(
  "D20: no colour is shown at a terminal with %j",
  async (env) => {
    using project = pendingProject("delete");
    for (const args of [["status"], ["nope"]]) {
      using terminal = new Terminal(project.cwd, [...args, "--db", "app.db"], { env });
      await terminal.exitCode();
      expect(terminal.output).not.toContain("\u001b[3");
    }
  },
);

test.each([1, 5, 20, 40])("D20: a terminal of %i columns breaks nothing", async (columns) => {
  using project = pendingProject("delete");
  project.sql(4, "SELECT nope FROM a_table_with_a_rather_long_name WHERE its_column_is_long_too = 1;");
  for (const [args, code] of [
    [["status"], 0],
    [["migrate"], 4],
    [["status"], 0],
    [["--help"], 0],
    [["nope"], 2],
  ] as const) {
    using terminal = new Terminal(project.cwd, [...args, "--db", "app.db"], { columns });
    expect(await terminal.exitCode()).toBe(code);
    expect(terminal.lines.join("").length).toBeGreaterThan(10);
  }
  using question = new Terminal(project.cwd, ["rollback", "--db", "app.db"], { columns });
  question.type("n\r");
  expect(await question.exitCode()).toBe(130);
  expect(expectWhole(project)).toBe(3);
});

test.skipIf(!hasFull).each(["2>/dev/full", "2>&-"])(
  "D28: what cannot be written to stderr stops no migration and hides no exit code (%s)",
  async (redirection) => {
    using project = noisyProject("delete");
    const { stdout, exitCode } = await project.shell(`"$GODWIT" migrate --db app.db ${redirection}`);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(v(3));
    expect(expectWhole(project)).toBe(3);
    project.sql(4, "SELECT nope;");
    expect((await project.shell(`"$GODWIT" migrate --db app.db ${redirection}`)).exitCode).toBe(4);
  },
);

test.each(["> /dev/full", ">&-"])(
  "D18: a failure whose document is lost is told on stderr (%s)",
  async (redirection) => {
    using project = pendingProject("delete");
    project.sql(4, "SELECT nope;");
    const { stderr, exitCode } = await project.shell(`"$GODWIT" migrate --db app.db --json ${redirection}`);
    expect(exitCode).toBe(4);
    expect(stderr).toStartWith("error[MIGRATION_FAILED] no such column: nope\n");
  },
);
