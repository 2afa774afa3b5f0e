import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { documentOf, GODWIT, runProcess, startProcess } from "../support/run-godwit.ts";

setDefaultTimeout(60_000);

const isTold = process.platform === "linux";
if (!isTold) console.log("B22 is skipped: only Linux tells a process of its own locks");

const ORDERS = 10;

/** Another process that writes as soon as it gets the lock, and says how often it did. */
const WRITER = `import { Database } from "bun:sqlite";
const db = new Database("app.db");
let done = 0;
for (let left = 2000; left > 0 && done < ${ORDERS}; left--) {
  try {
    db.run("BEGIN IMMEDIATE");
    db.run("INSERT INTO q VALUES ('order ' || hex(randomblob(1500)))");
    db.run("COMMIT");
    done++;
  } catch { if (db.inTransaction) db.run("ROLLBACK"); }
  await Bun.sleep(5);
}
console.log(done);
db.close();`;

/** Rows enough that a transaction which changes them all does not fit into SQLite's cache: pages go to the file before COMMIT. */
function filled(rows: number): CliProject {
  const project = new CliProject();
  project.exec(`CREATE TABLE q (x);
    WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ${rows}) INSERT INTO q SELECT 'old ' || hex(randomblob(1500)) FROM c;`);
  project.root.write("writer.ts", WRITER);
  return project;
}

async function besideWriter(
  project: CliProject,
): Promise<{ code: string; outcome: string; exitCode: number }> {
  const run = startProcess([GODWIT, "migrate", "--db", "app.db", "--json"], { cwd: project.cwd });
  // The writer gets in only once the lock is given up.
  const writer = runProcess([process.execPath, "writer.ts"], { cwd: project.cwd });
  const [stdout, stderr] = await Promise.all([run.stdout.text(), run.stderr.text()]);
  const exitCode = await run.exited;
  expect((await writer).stdout).toBe(`${ORDERS}\n`);
  const error = documentOf({ stdout, stderr, exitCode })["error"] as { code: string; outcome: string };
  return { code: error.code, outcome: error.outcome, exitCode };
}

function orders(project: CliProject): unknown {
  expect(project.column("PRAGMA integrity_check")).toEqual(["ok"]);
  return project.column("SELECT count(*) FROM q WHERE x LIKE 'order%'")[0];
}

const LOST = { code: "LOCK_LOST", outcome: "rolled_back", exitCode: 4 };

test.skipIf(!isTold).each([
  ["in SQLite's cache", 10],
  ["in the file already", 3000],
])("B22: what others committed after the lock was given up stays, with pages %s", async (_, rows) => {
  using project = filled(rows);
  project.write(
    1,
    `import { readFile } from "node:fs/promises";
export async function up(db) {
  db.run("UPDATE q SET x = 'new' || x");
  db.run("DELETE FROM q");
  await readFile("app.db");
  await Bun.sleep(700);
}`,
    "ts",
  );
  expect(await besideWriter(project)).toEqual(LOST);
  expect(orders(project)).toBe(ORDERS);
  expect(project.column("SELECT count(*) FROM q WHERE x LIKE 'old%'")).toEqual([rows]);
});

test.skipIf(!isTold)("B22: a copy that nobody awaits is found out in a later migration", async () => {
  using project = filled(10);
  project.write(
    1,
    `import { copyFile } from "node:fs/promises";
export function up(db) { db.run("CREATE TABLE t (x)"); copyFile("app.db", "copy.db"); }`,
    "ts",
  );
  project.sql(
    2,
    `CREATE TABLE big (x);
WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 300) INSERT INTO big SELECT randomblob(3000) FROM c;
WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 3000000) INSERT INTO big SELECT count(*) FROM c;`,
  );
  expect(await besideWriter(project)).toEqual(LOST);
  expect(orders(project)).toBe(ORDERS);
  expect(project.tableNames()).toEqual(["q"]);
});

test.skipIf(!isTold)(
  "B22: the end of such a run reads no configuration of the folder that it was given in",
  async () => {
    using project = filled(1);
    project.root.write("bunfig.toml", 'preload = ["./hook.ts"]\n');
    project.root.write("hook.ts", 'require("node:fs").writeFileSync("hooked", "");');
    project.write(
      1,
      'import { readFileSync } from "node:fs";\nexport function up(db) { db.run("DELETE FROM q"); readFileSync("app.db"); }',
      "ts",
    );
    expect((await project.migrate()).exitCode).toBe(4);
    expect(existsSync(project.root.join("hooked"))).toBe(false);
    expect(project.column("SELECT count(*) FROM q")).toEqual([1]);
  },
);
