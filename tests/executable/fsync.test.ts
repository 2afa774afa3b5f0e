import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { CliProject } from "../support/cli-project.ts";
import { GODWIT, runProcess } from "../support/run-godwit.ts";
import { HAS_STRACE } from "../support/strace.ts";

const COUNT = 1000;

function generate(project: CliProject): void {
  for (let index = 0; index < COUNT; index++) {
    const version = String(20260101000000 + index);
    const sql = `CREATE TABLE t${index} (id INTEGER PRIMARY KEY, name TEXT)`;
    const isCode = index % 4 === 3;
    const text = isCode ? `export function up(db) { db.run("${sql}"); }` : `${sql};`;
    writeFileSync(join(project.folder, `${version}_step.${isCode ? "ts" : "sql"}`), text);
  }
}

describe("a thousand small migrations, SQL and TypeScript mixed", () => {
  test.skipIf(!HAS_STRACE)("share commits: a handful of fsyncs, not one for each", async () => {
    using project = new CliProject();
    generate(project);
    const trace = project.root.join("trace");
    const strace = ["strace", "-f", "-o", trace, "-e", "trace=fsync,fdatasync"];
    const { stderr, exitCode } = await runProcess([...strace, GODWIT, "migrate", "--db", "app.db"], {
      cwd: project.cwd,
    });
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(project.column("SELECT count(*) FROM schema_migrations")).toEqual([COUNT]);
    const syncs = readFileSync(trace, "utf8").match(/\b(fsync|fdatasync)\(/g) ?? [];
    expect(syncs.length).toBeGreaterThan(0);
    expect(syncs.length).toBeLessThan(60);
  });

  test("are all there afterwards, and a second run has nothing to do", async () => {
    using project = new CliProject();
    generate(project);
    expect((await project.migrate()).exitCode).toBe(0);
    expect(project.tableNames()).toHaveLength(COUNT);
    const again = await project.migrate();
    expect(again).toEqual({ stdout: `nothing is pending in ${project.path}\n`, stderr: "", exitCode: 0 });
    expect((await project.status("--check")).exitCode).toBe(0);
  });
});

test.skipIf(!HAS_STRACE)("a restore point lasts with each of the folders that it lies in", async () => {
  using project = new CliProject();
  project.tables(1);
  expect((await project.migrate()).exitCode).toBe(0);
  project.root.write("godwit.toml", '[backup]\ndir = "far/away"\n');
  const trace = project.root.join("trace");
  const strace = ["strace", "-f", "-y", "-o", trace, "-e", "trace=fsync"];
  const { stdout, exitCode } = await runProcess([...strace, GODWIT, "backup", "--db", "app.db"], {
    cwd: project.cwd,
  });
  expect(exitCode).toBe(0);
  const synced = [...readFileSync(trace, "utf8").matchAll(/fsync\(\d+<(.*?)>\)/g)].map(([, path]) => path);
  expect(stdout).toContain(project.root.join("far/away/app.db.godwit/"));
  for (const folder of ["far/away/app.db.godwit", "far/away", "far", "."])
    expect(synced).toContain(resolve(project.cwd, folder));
});

test.skipIf(!HAS_STRACE)("a copy is synced when it is whole, however large, and not in parts", async () => {
  using project = new CliProject();
  project.exec("CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(20000000));");
  const trace = project.root.join("trace");
  const strace = ["strace", "-f", "-y", "-o", trace, "-e", "trace=fsync,fdatasync"];
  const { exitCode } = await runProcess([...strace, GODWIT, "backup", "--db", "app.db"], {
    cwd: project.cwd,
  });
  expect(exitCode).toBe(0);
  const synced = readFileSync(trace, "utf8").match(/sync\(\d+<.*\.partial>/g) ?? [];
  // While it is looked through, and once more before it has its name.
  expect(synced).toHaveLength(2);
});
