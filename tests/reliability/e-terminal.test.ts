import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { documentOf } from "../support/run-godwit.ts";
import { Terminal } from "../support/terminal.ts";
import { standing } from "./journal-modes.ts";
import { RAW } from "./raw.ts";

// On a machine that is shared, five seconds are not many.
setDefaultTimeout(60_000);

const ESC = "\u001b";
const TEXTS = [
  ["an escape sequence", `${ESC}[2J${ESC}[1;1Hall is well`],
  ["a title and a link", `${ESC}]0;owned\u0007${ESC}]8;;http://evil.example${ESC}\\x`],
  ["a carriage return", "pending\rapplied"],
  ["line breaks", "a\n1 migration: 1 applied"],
  ["C1 controls", "a\u009b31mb\u0085c"],
  ["bidi overrides", "a\u202edcba\u202c\u2066x\u2069"],
  ["backspaces", "no\b\byes"],
] as const;

/** The history's first row says `text` in every column that is shown. */
function forge(project: CliProject, text: string): void {
  project.query("UPDATE schema_migrations SET description = ?", text);
}

describe("text from files and databases", () => {
  test.each(TEXTS)("E15: %s in an applied row is shown escaped", async (_, text) => {
    using project = await standing();
    forge(project, text);
    project.remove(1);
    for (const args of [
      ["status"],
      ["status", "--check"],
      ["migrate"],
      ["rollback"],
      ["mark", v(1), "--pending"],
    ]) {
      const { stdout, stderr } = await project.godwit(...args, "--db", "app.db");
      expect(stdout + stderr).not.toMatch(RAW);
    }
  });

  test.each(TEXTS)(
    "E15: %s in an applied row is escaped in a document, which says the same",
    async (_, text) => {
      using project = await standing();
      forge(project, text);
      project.remove(1);
      const ended = await project.status("--json");
      expect(ended.stdout).not.toMatch(RAW);
      expect(documentOf(ended)).toMatchObject({ migrations: [{ version: v(1), description: text }] });
    },
  );

  test.each(TEXTS)("E15: %s in a version or a time of the history is shown escaped", async (_, text) => {
    using project = await standing();
    project.query("INSERT INTO schema_migrations (version, description) VALUES (?, 'x')", text);
    project.query("UPDATE schema_migrations SET applied_at = ? WHERE version = ?", text, v(1));
    for (const args of [["status"], ["migrate"], ["rollback"], ["mark", text, "--pending"]]) {
      const { stdout, stderr } = await project.godwit(...args, "--db", "app.db");
      expect(stdout + stderr).not.toMatch(RAW);
    }
  });

  test.each(TEXTS)("E15: %s in a file, where it is shown, is shown escaped", async (_, text) => {
    using project = await standing();
    const inLine = text.replaceAll(/[\r\n]/g, " ");
    project.sql(
      2,
      `INSERT INTO kept (id, word) VALUES (1, '${inLine}');`,
      "SELECT 1;",
      `-- Description: ${inLine}\n`,
    );
    const failed = await project.migrate();
    expect(failed.exitCode).toBe(4);
    expect(failed.stdout + failed.stderr).not.toMatch(RAW);
    project.sql(2, "SELECT 1;", "SELECT 1;", `-- Description: ${inLine}\n`);
    for (const args of [["status"], ["migrate"], ["rollback"]]) {
      const { stdout, stderr, exitCode } = await project.godwit(...args, "--db", "app.db");
      expect(exitCode).toBe(0);
      expect(stdout + stderr).not.toMatch(RAW);
    }
  });

  test.each(TEXTS)(
    "E15: %s in what a database or code says of a failure is shown escaped",
    async (_, text) => {
      using project = await standing();
      project.exec(`CREATE TRIGGER a BEFORE INSERT ON kept BEGIN SELECT RAISE(ABORT, '${text}'); END;`);
      project.sql(2, "INSERT INTO kept (word) VALUES ('x');");
      const byTrigger = await project.migrate();
      project.remove(2);
      project.write(2, `export function up() { throw new Error(${JSON.stringify(text)}); }\n`, "ts");
      const byCode = await project.migrate();
      project.write(
        2,
        `export function up() {}\nexport function verify() { return [{ word: ${JSON.stringify(text)} }]; }\n`,
        "ts",
      );
      const byVerify = await project.migrate();
      for (const { stdout, stderr, exitCode } of [byTrigger, byCode, byVerify]) {
        expect(exitCode).toBe(4);
        expect(stdout + stderr).not.toMatch(RAW);
      }
    },
  );

  test("E15: a description of a megabyte fits on a line", async () => {
    using project = await standing();
    forge(project, "x".repeat(1_000_000));
    project.tables(2);
    project.sql(3, "SELECT 1;", "SELECT 1;", `-- Description: ${"y".repeat(1_000_000)}\n`);
    for (const args of [["status"], ["migrate"], ["rollback"], ["status"]]) {
      const { stdout, stderr } = await project.godwit(...args, "--db", "app.db");
      for (const line of `${stdout}${stderr}`.split("\n")) expect(line.length).toBeLessThan(500);
    }
  });

  test("E15: at a terminal no escape but godwit's own colours arrives", async () => {
    using project = await standing();
    forge(project, `${ESC}[2J${ESC}]0;owned\u0007${ESC}[5mx`);
    project.remove(1);
    using terminal = new Terminal(project.cwd, ["status", "--db", "app.db"], { env: { NO_COLOR: "" } });
    await terminal.exitCode();
    expect(terminal.output).toContain("\\u001b[2J");
    expect(terminal.output).not.toContain(`${ESC}[2J`);
    expect(terminal.output).not.toContain(`${ESC}]0;`);
    expect(terminal.output).not.toContain(`${ESC}[5m`);
  });
});
