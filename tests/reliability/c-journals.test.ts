import { expect, test } from "bun:test";
import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { documentOf } from "../support/run-godwit.ts";
import { SqlProcess } from "../support/sql-process.ts";
import { JOURNAL_MODES } from "./journal-modes.ts";

const ROWS = 300;

/** Rows that fill some hundred pages, a history of one, and one migration to come. */
async function filledProject(mode: string): Promise<CliProject> {
  const project = new CliProject();
  project.tables(1);
  await project.migrate();
  project.exec(
    `PRAGMA journal_mode = ${mode};
     CREATE TABLE items (id INTEGER PRIMARY KEY, body TEXT);
     WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ${ROWS})
     INSERT INTO items SELECT i, hex(zeroblob(600)) || i FROM c;`,
  );
  project.tables(2);
  return project;
}

function contentOf(project: CliProject): unknown[] {
  expect(project.column("PRAGMA integrity_check")).toEqual(["ok"]);
  return project.column("SELECT sum(id) || ' ' || sum(length(body)) || ' ' || max(body) FROM items");
}

/** Ends a writer in the middle of a transaction of which most is in the files already. */
async function killWriter(project: CliProject): Promise<void> {
  using writer = new SqlProcess(project.path);
  await writer.run("PRAGMA cache_size = 2");
  await writer.run("BEGIN IMMEDIATE");
  await writer.run("UPDATE items SET body = 'torn' || id");
  writer.child.kill("SIGKILL");
  await writer.child.exited;
}

test.each(JOURNAL_MODES)(
  "C17: what a killed writer left is taken back by status already (%s)",
  async (mode) => {
    using project = await filledProject(mode);
    const before = contentOf(project);
    await killWriter(project);
    const companion = mode === "wal" ? `${project.path}-wal` : `${project.path}-journal`;
    expect(statSync(companion).size).toBeGreaterThan(100_000);
    if (mode === "delete") expect(readFileSync(project.path).includes("torn")).toBe(true);
    const shown = await project.status("--json");
    expect(shown).toMatchObject({ stderr: "", exitCode: 0 });
    expect(documentOf(shown)).toMatchObject({ summary: { applied: 1, pending: 1 } });
    expect(contentOf(project)).toEqual(before);
  },
);

test.each(JOURNAL_MODES)("C17: what a killed writer left is taken back by migrate (%s)", async (mode) => {
  using project = await filledProject(mode);
  const before = contentOf(project);
  await killWriter(project);
  expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
  expect(project.applied()).toEqual([1, 2]);
  expect(contentOf(project)).toEqual(before);
  for (const end of ["-journal", "-wal", "-shm"]) expect(existsSync(project.path + end)).toBe(false);
});

test("C17: what was committed only in a -wal file is seen and kept", async () => {
  using project = await filledProject("wal");
  {
    using writer = new SqlProcess(project.path);
    await writer.run("PRAGMA wal_autocheckpoint = 0");
    await writer.run("CREATE TABLE only_in_wal (id)");
    await writer.run("INSERT INTO only_in_wal VALUES (7)");
    writer.child.kill("SIGKILL");
    await writer.child.exited;
  }
  expect(readFileSync(project.path).includes("only_in_wal")).toBe(false);
  project.sql(2, "INSERT INTO only_in_wal VALUES (8);");
  expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
  expect(project.column("SELECT id FROM only_in_wal")).toEqual([7, 8]);
});

// A whole journal or -wal of another database is taken by SQLite for its own, and nothing in the files tells:
// https://sqlite.org/howtocorrupt.html#_unlinking_or_renaming_a_database_file_while_in_use. What can be told is here.
const STALE: Readonly<Record<string, (end: string) => Uint8Array>> = {
  "an empty one": () => new Uint8Array(0),
  "one whose header is zeroed, as PERSIST leaves it": () => new Uint8Array(8192),
  "random bytes": () => crypto.getRandomValues(new Uint8Array(20_000)),
  "a text": () => new TextEncoder().encode("no journal\n".repeat(1000)),
};

test.each(Object.keys(STALE))("C16: a stale -journal is passed over: %s", async (name) => {
  using project = await filledProject("delete");
  const before = contentOf(project);
  writeFileSync(`${project.path}-journal`, STALE[name]!("-journal"));
  expect((await project.status()).exitCode).toBe(0);
  expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
  expect(project.applied()).toEqual([1, 2]);
  expect(contentOf(project)).toEqual(before);
});

test.each(Object.keys(STALE))("C16: a stale -wal and -shm are passed over: %s", async (name) => {
  using project = await filledProject("wal");
  const before = contentOf(project);
  for (const end of ["-wal", "-shm"]) writeFileSync(project.path + end, STALE[name]!(end));
  expect((await project.status()).exitCode).toBe(0);
  expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
  expect(project.applied()).toEqual([1, 2]);
  expect(contentOf(project)).toEqual(before);
});

test("C16: an older -wal of the same database, already written back, is passed over", async () => {
  using project = await filledProject("wal");
  const kept = project.root.join("kept");
  {
    using writer = new SqlProcess(project.path);
    await writer.run("UPDATE items SET body = body || '!'");
    copyFileSync(`${project.path}-wal`, kept);
    await writer.end();
  }
  const before = contentOf(project);
  // Cut inside a frame, so that its last commit is not whole.
  writeFileSync(`${project.path}-wal`, readFileSync(kept).subarray(0, statSync(kept).size - 100));
  expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
  expect(project.applied()).toEqual([1, 2]);
  expect(contentOf(project)).toEqual(before);
});
