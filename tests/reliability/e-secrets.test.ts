import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { v } from "../support/intent.ts";
import type { Ended } from "../support/run-godwit.ts";
import { standing } from "./journal-modes.ts";

// On a machine that is shared, five seconds are not many.
setDefaultTimeout(60_000);

/** What may appear in no output. */
const CANARY = "c4n4ry";
const COMMANDS = [
  ["status"],
  ["status", "--check"],
  ["migrate"],
  ["migrate", "--quiet"],
  ["rollback"],
  ["rollback", "--all", "--yes"],
  ["redo"],
  ["mark", v(1), "--applied"],
];

/** What several runs said, line by line, where it holds the canary. */
function leaksOf(runs: readonly Ended[]): string[] {
  return runs
    .flatMap(({ stdout, stderr }) => `${stdout}${stderr}`.split("\n"))
    .filter((line) => line.includes(CANARY));
}

describe("secrets", () => {
  test.each([
    `libsql://app.example.com?authToken=${CANARY}`,
    `libsql://user:${CANARY}@app.example.com/db`,
    `https://${CANARY}@app.example.com`,
    `postgres://user:${CANARY}@db.example.com:5432/app?sslmode=require`,
    `postgres://user:p%2F@${CANARY}@db.example.com/app`,
    `postgres://user:p/${CANARY}@db.example.com/app`,
    `mysql://user:${CANARY}#@db.example.com/app`,
    `libsql://app.example.com#authToken=${CANARY}`,
    `mongodb://user:${CANARY}@db.example.com/app`,
    `sqlcipher:app.db?key=${CANARY}`,
    `sqlite://user:${CANARY}@host/app.db`,
    `file:app.db?key=${CANARY}`,
    `file:app.db?mode=rwc&authToken=${CANARY}`,
    `sqlite:app.db?key=${CANARY}`,
    `file:app%ZZ.db?key=${CANARY}`,
  ])("E16: what is secret in a database's address is in no message: %s", async (url) => {
    using project = await standing();
    const runs = [
      await project.godwit("migrate", "--db", url),
      await project.godwit("status", "--db", url, "--json"),
    ];
    for (const { stdout, stderr, exitCode } of runs) {
      expect(exitCode).toBe(2);
      expect(stdout + stderr).toContain("DATABASE_URL_INVALID");
    }
    expect(leaksOf(runs)).toEqual([]);
  });

  const URL = `libsql://user:${CANARY}@app.example.com/db?authToken=${CANARY}`;

  test("E16: nor in what any command says, as text or as a document", async () => {
    using project = await standing();
    const runs: Ended[] = [];
    for (const args of COMMANDS) {
      runs.push(
        await project.godwit(...args, "--db", URL),
        await project.godwit(...args, "--db", URL, "--json"),
      );
    }
    for (const name of ["GODWIT_DB", "DATABASE_URL"])
      runs.push(await project.godwitWith({ [name]: URL }, "status"));
    expect(leaksOf(runs)).toEqual([]);
  });

  test.each([
    ["two databases", ["status", "--db", URL, "--url", "app.db"]],
    ["one flag twice", ["status", "--db", "app.db", "--db", URL, "--json"]],
    ["a flag that does not exist", ["status", "--db", URL, "--dbb", URL]],
    ["a word too many", ["status", URL, "--db", "app.db"]],
    ["no command", [URL]],
    ["the wrong flag", ["status", "--dir", URL, "--db", "app.db"]],
    ["the table", ["status", "--table", URL, "--db", "app.db"]],
  ])("E16: nor where the command line is wrong: %s", async (_, args) => {
    using project = await standing();
    expect(leaksOf([await project.godwit(...args)])).toEqual([]);
  });

  test.each([
    ["a key that does not exist", `database = "${URL}"\n`],
    ["a string that never ends", `db = "${URL}\n`],
    ["a key twice", `db = "${URL}"\ndb = "${URL}"\n`],
    ["another kind of value", `db = ["${URL}"]\n`],
  ])("E16: nor where godwit.toml is wrong: %s", async (_, toml) => {
    using project = await standing();
    project.root.write("godwit.toml", toml);
    const runs = [await project.godwit("status"), await project.godwit("status", "--json")];
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([2, 2]);
    expect(leaksOf(runs)).toEqual([]);
  });

  test.each([".env", "named.env"])("E16: nor where it stands in %s", async (name) => {
    using project = await standing();
    project.root.write(name, `DATABASE_URL=${URL}\nGODWIT_DB "${URL}\n`);
    const args = name === ".env" ? [] : ["--env-file", name];
    expect(
      leaksOf([await project.godwit("status", ...args), await project.godwit("status", ...args, "--json")]),
    ).toEqual([]);
  });

  test("E16: nor is what else stands in the environment or in a named file", async () => {
    using project = await standing();
    project.root.write("named.env", `GODWIT_DB=app.db\nAUTH_TOKEN=${CANARY}\n${CANARY}\n`);
    project.sql(2, "INSERT INTO nowhere VALUES (1);");
    const env = { TURSO_AUTH_TOKEN: CANARY, DATABASE_AUTH_TOKEN: CANARY };
    for (const args of [["status"], ["migrate"], ["migrate", "--json"], ["rollback"]]) {
      const { stdout, stderr } = await project.godwitWith(env, ...args, "--env-file", "named.env");
      expect(stdout + stderr).not.toContain(CANARY);
    }
  });

  test("E17: of a statement that fails, a document gives the place and none of its text", async () => {
    using project = await standing();
    project.sql(2, `INSERT INTO kept (word)\nVALUES ('${CANARY}'), (NULL);`);
    const { stdout, stderr, exitCode } = await project.migrate("--json");
    expect(exitCode).toBe(4);
    expect(stdout).toContain('"line":2');
    expect(stdout + stderr).not.toContain(CANARY);
  });

  test("E17: a person is shown the one line of the file that failed, not the rest of the statement", async () => {
    using project = await standing();
    project.sql(2, `INSERT INTO kept (word)\nVALUES ('${CANARY}'), (NULL);`);
    const { stdout, stderr, exitCode } = await project.migrate();
    expect(exitCode).toBe(4);
    expect(stderr).toContain(`migrations/${v(2)}_step_2.sql:2:1\n    2 | INSERT INTO kept (word)\n`);
    expect(stdout + stderr).not.toContain(CANARY);
  });

  test("E17: values of applied rows are in no output", async () => {
    using project = await standing();
    project.exec(`INSERT INTO kept (word) VALUES ('${CANARY}')`);
    project.sql(2, "CREATE UNIQUE INDEX i ON kept (length(word) > 0);");
    for (const args of [["migrate"], ["migrate", "--json"], ["status"]]) {
      const { stdout, stderr } = await project.godwit(...args, "--db", "app.db");
      expect(stdout + stderr).not.toContain(CANARY);
    }
  });
});
