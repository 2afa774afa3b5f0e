import { expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, linkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runPlan } from "../../src/engine/run-plan.ts";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";
import { documentOf, type Ended, GODWIT, startProcess } from "../support/run-godwit.ts";

// On a machine that is shared, five seconds are not many.
setDefaultTimeout(60_000);

const MEGABYTE = 1_000_000;
const GIGABYTE = 1000 * MEGABYTE;

/** Runs `migrate` and measures the memory that it took. */
async function measured(project: CliProject): Promise<Ended & { readonly memory: number }> {
  const child = startProcess([GODWIT, "migrate", "--db", "app.db"], { cwd: project.cwd });
  const [stdout, stderr, exitCode] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  const { maxRSS = Number.POSITIVE_INFINITY } = child.resourceUsage() ?? {};
  return { stdout, stderr, exitCode, memory: maxRSS };
}

/** A file of about `size` bytes with an INSERT on each line. @returns how many. */
function writeInserts(file: string, size: number): number {
  writeFileSync(file, "CREATE TABLE t1 (id INTEGER PRIMARY KEY, word TEXT);\n");
  let count = 0;
  for (let written = 0; written < size; ) {
    let chunk = "";
    while (chunk.length < MEGABYTE)
      chunk += `INSERT INTO t1 VALUES (${++count}, 'the words of one row of many');\n`;
    appendFileSync(file, chunk);
    written += chunk.length;
  }
  return count;
}

test("A25: a file of 50 MB is applied whole in less than a gigabyte of memory", async () => {
  using project = new CliProject();
  const count = writeInserts(project.file(1), 50 * MEGABYTE);
  const { stderr, exitCode, memory } = await measured(project);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  expect(project.column("SELECT count(*) FROM t1")).toEqual([count]);
  expect(project.column("SELECT max(id) FROM t1")).toEqual([count]);
  expect(memory).toBeLessThan(GIGABYTE);
});

test("A26: a string of 50 MB arrives whole", async () => {
  using project = new CliProject();
  writeFileSync(
    project.file(1),
    `CREATE TABLE t1 (word);\nINSERT INTO t1 VALUES ('${"x".repeat(50 * MEGABYTE)}');\n`,
  );
  const { stderr, exitCode, memory } = await measured(project);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  expect(project.column("SELECT length(word) FROM t1")).toEqual([50 * MEGABYTE]);
  expect(memory).toBeLessThan(GIGABYTE);
});

test("A26: a mistake behind 50 MB on one line is shown at its place, and not with the whole line", async () => {
  using project = new CliProject();
  const start = `INSERT INTO t1 VALUES ('${"x".repeat(50 * MEGABYTE)}', `;
  writeFileSync(project.file(1), `CREATE TABLE t1 (word);\n${start}nope);\n`);
  const { stderr, exitCode, memory } = await measured(project);
  expect(exitCode).toBe(4);
  expect(stderr).toContain(`\n  migrations/${v(1)}_step_1.sql:2:${start.length + 1}\n`);
  expect(stderr.length).toBeLessThan(1000);
  expect(memory).toBeLessThan(GIGABYTE);
});

test("A26: a file that is larger than SQLite takes is refused by its size, and not read", async () => {
  using project = new CliProject();
  writeFileSync(project.file(1), "-- up\n");
  truncateSync(project.file(1), 1100 * MEGABYTE);
  const { stderr, exitCode, memory } = await measured(project);
  expect({ stderr, exitCode }).toEqual({
    stderr: expect.stringContaining("error[MIGRATION_UNREADABLE] "),
    exitCode: 3,
  });
  expect(stderr).toContain(`\n  migrations/${v(1)}_step_1.sql`);
  expect(memory).toBeLessThan(GIGABYTE);
  expect(project.exists()).toBe(false);
});

const MANY = 100_000;

test("A27: 100,000 files are planned with few open at a time", async () => {
  using project = new CliProject();
  // One file under many names, in two halves: a file has at most 65,000 links (https://man7.org/linux/man-pages/man2/link.2.html).
  for (const half of [0, 1]) {
    const first = project.root.write(`half-${half}`, "CREATE TABLE IF NOT EXISTS t1 (id);\n");
    for (let n = half; n < MANY; n += 2) linkSync(first, join(project.folder, `${20260101000000 + n}_a.sql`));
  }
  project.exec("CREATE TABLE kept (id)");
  const few = (line: string) => project.shell(`ulimit -n 64 && exec "$GODWIT" ${line} --db app.db`);
  const { summary } = documentOf(await few("status --json"));
  expect(summary).toMatchObject({ pending: MANY, applied: 0 });
  const newest = 20260101000000 + MANY - 1;
  expect(await few(`mark ${newest - 3} --applied --through`)).toMatchObject({ exitCode: 0 });
  const { stdout, stderr, exitCode } = await few("migrate");
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  expect(stdout).toContain("3 migrations applied");
  expect(await few("status --check --quiet")).toMatchObject({ exitCode: 0 });
});

test("A27: where reading the history takes long, a commit still carries many migrations", async () => {
  using project = new Project();
  const numbers = Array.from({ length: 30 }, (_, index) => index + 1);
  project.tables(...numbers);
  await project.run({ kind: "migrate", to: v(1) });
  const subject = project.subject();
  let reads = 0;
  const open: typeof subject.database.open = async (mode) => {
    const connection = await subject.database.open(mode);
    const all = (sql: string, ...values: never[]) => {
      if (/\bexecution_time_ms\b/.test(sql)) {
        reads++;
        project.clock.advance(300);
      }
      return connection.all(sql, ...values);
    };
    return Object.assign(Object.create(connection), { all });
  };
  await runPlan({ ...subject, database: { ...subject.database, open } }, { plan: { kind: "migrate" } });
  expect(project.applied()).toEqual(numbers);
  expect(reads).toBeGreaterThan(0);
  expect(reads).toBeLessThan(10);
});
