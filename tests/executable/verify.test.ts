import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { documentOf, type Ended } from "../support/run-godwit.ts";

function verify(project: CliProject, ...args: readonly string[]): Promise<Ended> {
  return project.godwit("verify", "--db", "app.db", ...args);
}

async function used(): Promise<CliProject> {
  const project = new CliProject();
  project.sql(
    1,
    "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, parent REFERENCES items (id));\n-- verify\nSELECT id, name FROM items WHERE name = '';",
  );
  project.write(
    2,
    'export function up() {}\nexport function verify(db) { return db.query("SELECT id FROM items WHERE id < 0").all(); }\n',
    "ts",
  );
  project.tables(3);
  await project.migrate();
  return project;
}

describe("godwit verify", () => {
  test("finds nothing: exit 0", async () => {
    using project = await used();
    const { stdout, stderr, exitCode } = await verify(project);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout.replace(/\d+ ms/, "0 ms").split("\n")).toEqual([
      `verifying ${project.path}`,
      `passed  ${v(1)}  Step 1`,
      `passed  ${v(2)}  Step 2`,
      "passed  integrity",
      "passed  foreign keys",
      "all is well: 2 migrations with a verify, 1 without, in 0 ms",
      "",
    ]);
  });

  test("finds what is wrong, all of it: exit 1", async () => {
    using project = await used();
    project.exec("INSERT INTO items VALUES (1, '', NULL), (-1, 'x', 77)");
    const { stdout, exitCode } = await verify(project);
    expect(exitCode).toBe(1);
    expect(stdout.replace(/\d+ ms/, "0 ms").split("\n")).toEqual([
      `verifying ${project.path}`,
      `failed  ${v(1)}  Step 1`,
      "  id=1 name=",
      `failed  ${v(2)}  Step 2`,
      "  id=-1",
      "passed  integrity",
      "failed  foreign keys",
      expect.stringMatching(/^ {2}items row -1\b/),
      "something is wrong: 2 migrations with a verify, 1 without, in 0 ms",
      "",
    ]);
    const json = await verify(project, "--json");
    expect(json.exitCode).toBe(1);
    expect(documentOf(json)).toEqual({
      godwit: expect.any(String),
      database: project.path,
      verified: [
        expect.objectContaining({ version: v(1), result: "failed", violations: ["id=1 name="] }),
        expect.objectContaining({ version: v(2), result: "failed", violations: ["id=-1"] }),
      ],
      without_verify: 1,
      integrity: [],
      foreign_keys: [expect.stringMatching(/^items row -1\b/)],
      duration_ms: expect.any(Number),
    });
  });

  test("cannot read what is damaged: exit 4", async () => {
    using project = await used();
    project.exec(
      "PRAGMA journal_mode = DELETE; WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 500) INSERT INTO items SELECT i, hex(zeroblob(100)), NULL FROM c",
    );
    const bytes = readFileSync(project.path);
    bytes.fill(0x5a, bytes.length - 8 * 4096);
    writeFileSync(project.path, bytes);
    const ended = await verify(project, "--json");
    expect(ended.exitCode).toBe(4);
    expect(documentOf(ended)).toMatchObject({
      verified: [],
      without_verify: 0,
      integrity: [],
      foreign_keys: [],
      error: { code: "DATABASE_CORRUPT", outcome: "unchanged" },
    });
    expect(readFileSync(project.path)).toEqual(bytes);
  });

  test("keeps what code prints off stdout, and a verify that ends the process is a finding", async () => {
    using project = await used();
    project.write(
      2,
      'export function up() {}\nexport function verify() { console.log("looking"); process.exit(0); }\n',
      "ts",
    );
    const ended = await verify(project, "--json");
    expect(ended.exitCode).toBe(1);
    expect(documentOf(ended)["verified"]).toMatchObject([
      { result: "passed" },
      { result: "failed", violations: [expect.stringContaining("process.exit(0)")] },
    ]);
    expect(ended.stderr).toContain("looking");
  });
});
