import { expect, setDefaultTimeout, test } from "bun:test";
import { CliProject } from "../support/cli-project.ts";
import { errorIn } from "../support/expect-refused.ts";
import { expectRecovery, expectWhole, populate } from "../support/expect-whole.ts";
import { exitOf, GODWIT, startProcess } from "../support/run-godwit.ts";
import { KEYS } from "../support/terminal.ts";
import { JOURNAL_MODES } from "./journal-modes.ts";

setDefaultTimeout(60_000);

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Ends of itself after a minute or so, in one call into SQLite. */
const LONG_SQL =
  "INSERT INTO present WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 400000000) SELECT 1000 + max(i), 'x' FROM c";

const LONG: Readonly<Record<string, string>> = {
  "one long statement": `db.run("${LONG_SQL}");`,
  "a wait in TypeScript": "await Bun.sleep(60_000);",
  "a loop that never gives way": "for (;;) {}",
};

/** Two migrations that are done, and a third that has written and then takes for ever. */
function longProject(mode: string, work: string): CliProject {
  const project = new CliProject();
  populate(project, mode, 2);
  project.write(
    3,
    `export async function up(db, { log }) { db.run("CREATE TABLE t3 (id)"); db.run("DELETE FROM present"); log("begun"); await Bun.sleep(1); ${work} }`,
    "ts",
  );
  return project;
}

async function untilBegun(stream: ReadableStream<Uint8Array>): Promise<void> {
  let text = "";
  for await (const chunk of stream) {
    text += new TextDecoder().decode(chunk);
    if (text.includes("begun")) return;
  }
  throw new Error(`never begun: ${text}`);
}

async function expectNothingLeft(project: CliProject): Promise<void> {
  // Which of the first two a commit has reached is a matter of time.
  expect(expectWhole(project)).toBeLessThan(3);
  project.remove(3, "ts");
  project.tables(3);
  await expectRecovery(project);
}

for (const mode of JOURNAL_MODES) {
  for (const signal of SIGNALS) {
    test.each(Object.keys(LONG))(
      `D7, D9: ${signal} during %s ends the run by itself, and nothing is left of it (${mode})`,
      async (what) => {
        using project = longProject(mode, LONG[what]!);
        const child = startProcess([GODWIT, "migrate", "--db", "app.db"], { cwd: project.cwd });
        await untilBegun(child.stderr);
        await Bun.sleep(Math.random() * 30);
        child.kill(signal);
        await child.exited;
        // Ended by the signal, which a shell shows as 130, 143 and 129; the test's own patience would have been SIGKILL.
        expect(child.signalCode).toBe(signal);
        await expectNothingLeft(project);
      },
    );
  }
}

test("D7: a signal at any time of a short run leaves a whole database", async () => {
  for (let round = 0; round < 16; round++) {
    using project = new CliProject();
    populate(project, JOURNAL_MODES[round % 2]!, 9);
    const args = ["migrate", "--db", "app.db", "--commit", "each"];
    const child = startProcess([GODWIT, ...args], { cwd: project.cwd });
    const delay = Math.random() * 60;
    await Bun.sleep(delay);
    child.kill(SIGNALS[round % 3]);
    await child.exited;
    const context = { round, delay, code: child.exitCode, signal: child.signalCode };
    const count = expectWhole(project, context);
    if (child.exitCode === 0) expect({ context, count }).toEqual({ context, count: 9 });
    await expectRecovery(project, 9, context);
  }
});

/** A shell at a pseudo-terminal, as a person has it: Ctrl-C goes to the whole group in the foreground. */
async function atTerminal(project: CliProject, keys: readonly string[], line: string): Promise<string> {
  const shown = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  let text = "";
  const child = Bun.spawn(["sh", "-c", `trap : INT; ${line}; echo "exit $?"`], {
    cwd: project.cwd,
    env: { PATH: process.env["PATH"] ?? "", TERM: "xterm-256color", NO_COLOR: "1", GODWIT },
    timeout: 30_000,
    killSignal: "SIGKILL",
    terminal: {
      cols: 80,
      rows: 24,
      data: (_, bytes) => {
        text += new TextDecoder().decode(bytes);
        if (text.includes("begun")) shown.resolve();
      },
      exit: () => closed.resolve(),
    },
  });
  await Promise.race([shown.promise, child.exited]);
  for (const key of keys) child.terminal?.write(key);
  await exitOf(child);
  await closed.promise;
  return text;
}

test.each([1, 2, 5])("D8: Ctrl-C, pressed %i times at a terminal, ends the run with 130", async (count) => {
  using project = longProject("delete", LONG["one long statement"]!);
  const keys = Array.from({ length: count }, () => KEYS.cancel);
  const text = await atTerminal(project, keys, '"$GODWIT" migrate --db app.db');
  expect(text).toEndWith("exit 130\r\n");
  await expectNothingLeft(project);
});

test("D8: two signals at once do no more than one", async () => {
  for (const mode of JOURNAL_MODES) {
    using project = longProject(mode, LONG["a wait in TypeScript"]!);
    const child = startProcess([GODWIT, "migrate", "--db", "app.db"], { cwd: project.cwd });
    await untilBegun(child.stderr);
    child.kill("SIGINT");
    child.kill("SIGTERM");
    await child.exited;
    expect(String(child.signalCode)).toMatch(/^SIG(INT|TERM)$/);
    await expectNothingLeft(project);
  }
});

test.each(["one long statement", "a wait in TypeScript"])(
  "D9: Ctrl-C at a terminal during %s ends the run with 130",
  async (what) => {
    using project = longProject("wal", LONG[what]!);
    const text = await atTerminal(project, [KEYS.cancel], '"$GODWIT" migrate --db app.db');
    expect(text).toEndWith("exit 130\r\n");
    await expectNothingLeft(project);
  },
);

test("D7: a terminal that goes away ends the run, and nothing is left of it", async () => {
  using project = longProject("delete", LONG["one long statement"]!);
  const begun = Promise.withResolvers<void>();
  const child = Bun.spawn([GODWIT, "migrate", "--db", "app.db"], {
    cwd: project.cwd,
    env: { PATH: process.env["PATH"] ?? "", TERM: "xterm-256color" },
    timeout: 30_000,
    killSignal: "SIGKILL",
    terminal: {
      data: (_, bytes) => void (new TextDecoder().decode(bytes).includes("begun") && begun.resolve()),
    },
  });
  await Promise.race([begun.promise, child.exited]);
  child.terminal?.close();
  await child.exited;
  expect(child.signalCode).toBe("SIGHUP");
  await expectNothingLeft(project);
});

test.each(JOURNAL_MODES)(
  "D10: a run that is stopped keeps its lock, and goes on afterwards (%s)",
  async (mode) => {
    using project = new CliProject();
    populate(project, mode, 2);
    project.write(
      3,
      `import { existsSync } from "node:fs"; export async function up(db, { log }) { db.run("CREATE TABLE t3 (id)"); log("begun"); while (!existsSync("go")) await Bun.sleep(5); }`,
      "ts",
    );
    const child = startProcess([GODWIT, "migrate", "--db", "app.db"], { cwd: project.cwd });
    await untilBegun(child.stderr);
    child.kill("SIGSTOP");
    const impatient = await project.migrate("--lock-timeout", "0.2", "--json");
    expect(impatient.exitCode).toBe(4);
    expect(errorIn(impatient)).toMatchObject({ code: "DATABASE_BUSY", outcome: "unchanged" });
    const waiting = project.migrate("--json");
    project.root.write("go", "");
    await Bun.sleep(100);
    child.kill("SIGCONT");
    expect(await exitOf(child)).toBe(0);
    expect((await waiting).exitCode).toBe(0);
    expect(expectWhole(project)).toBe(3);
  },
);
