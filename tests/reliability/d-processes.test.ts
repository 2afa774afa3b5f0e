import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { CliProject } from "../support/cli-project.ts";
import { expectRefused } from "../support/expect-refused.ts";
import { expectRecovery, expectWhole, PRESENT_ROWS, populate } from "../support/expect-whole.ts";
import { v } from "../support/intent.ts";
import { documentOf, type Ended, GODWIT, runProcess, startProcess } from "../support/run-godwit.ts";
import { JOURNAL_MODES } from "./journal-modes.ts";

setDefaultTimeout(60_000);

/** Small numbers: the torture script starts ten thousand. */
const CROWDS = [2, 10, 50];

function atOnce<R>(count: number, start: (index: number) => Promise<R>): Promise<R[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => start(index)));
}

function failuresIn(runs: readonly Ended[]): Ended[] {
  return runs.filter(({ exitCode }) => exitCode !== 0);
}

/** The versions that the runs say they have applied, each as often as it was said. */
function toldBy(runs: readonly Ended[]): string[] {
  return runs
    .flatMap((ended) => documentOf(ended)["applied"] as { version: string }[])
    .map(({ version }) => version)
    .sort();
}

/** Nine migrations, SQL and TypeScript, which write their number down. */
function countingProject(mode: string): CliProject {
  const project = new CliProject();
  project.exec(`PRAGMA journal_mode = ${mode}; CREATE TABLE runs (n)`);
  for (let n = 1; n <= 9; n++) {
    if (n % 3 === 0)
      project.write(
        n,
        `export async function up(db) { await Bun.sleep(3); db.run("INSERT INTO runs VALUES (${n})"); }`,
        "ts",
      );
    else project.sql(n, `INSERT INTO runs VALUES (${n});`, `DELETE FROM runs WHERE n = ${n};`);
  }
  return project;
}

const NINE = Array.from({ length: 9 }, (_, index) => index + 1);

for (const mode of JOURNAL_MODES) {
  test.each(CROWDS)(
    `D11: %i processes at once all end well, and each migration runs once (${mode})`,
    async (count) => {
      using project = countingProject(mode);
      const runs = await atOnce(count, () => project.migrate("--json"));
      expect(failuresIn(runs)).toEqual([]);
      expect(toldBy(runs)).toEqual(NINE.map(v));
      expect(project.column("SELECT n FROM runs ORDER BY n")).toEqual(NINE);
      expect(project.applied()).toEqual(NINE);
    },
  );

  test(`D12: up against down gives what one of the two orders gives (${mode})`, async () => {
    for (let round = 0; round < 5; round++) {
      using project = new CliProject();
      populate(project, mode, 3);
      await project.migrate("--steps", "2");
      const [up, down] = await Promise.all([
        project.migrate("--json"),
        project.godwit("rollback", "--json", "--db", "app.db"),
      ]);
      expect([up, down].map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual(
        Array(2).fill({ exitCode: 0, stderr: "" }),
      );
      const applied = toldBy([up]);
      const undone = (documentOf(down)["rolled_back"] as { version: string }[]).map(({ version }) => version);
      const isUpFirst = applied.length === 1;
      expect({ applied, undone }).toEqual(
        isUpFirst ? { applied: [v(3)], undone: [v(3)] } : { applied: [v(2), v(3)], undone: [v(2)] },
      );
      expect(expectWhole(project)).toBe(isUpFirst ? 2 : 3);
    }
  });

  test(`D13: where one of ten is killed, the others end the job (${mode})`, async () => {
    for (let round = 0; round < 3; round++) {
      using project = new CliProject();
      populate(project, mode, 5);
      const victim = startProcess([GODWIT, "migrate", "--db", "app.db"], { cwd: project.cwd });
      const runs = atOnce(9, () => project.migrate("--json"));
      await Bun.sleep(Math.random() * 60);
      victim.kill("SIGKILL");
      await victim.exited;
      expect(failuresIn(await runs)).toEqual([]);
      expect(expectWhole(project)).toBe(5);
    }
  });
}

test("D14: ten first runs make one database and one history", async () => {
  for (let round = 0; round < 3; round++) {
    using project = new CliProject();
    project.tables(1, 2);
    const runs = await atOnce(10, () => project.migrate("--json"));
    expect(failuresIn(runs)).toEqual([]);
    expect(toldBy(runs)).toEqual([v(1), v(2)]);
    expect(project.tableNames()).toEqual(["t1", "t2"]);
    expect(project.column("PRAGMA integrity_check")).toEqual(["ok"]);
  }
});

const SERVER = `
import { initDatabase } from ${JSON.stringify(resolve(import.meta.dir, "../../src/index.ts"))};
const db = await initDatabase("app.db", { migrations: "migrations" });
console.log(db.query("PRAGMA journal_mode").values()[0][0], db.query("SELECT count(*) FROM schema_migrations").values()[0][0]);
db.close();
`;

test("D14: servers that start at once and switch to WAL meet no spurious lock", async () => {
  for (let round = 0; round < 2; round++) {
    using project = new CliProject();
    project.tables(1, 2);
    writeFileSync(project.root.join("server.ts"), SERVER);
    const runs = await atOnce(8, (index) =>
      index === 0 ? project.migrate() : runProcess([process.execPath, "server.ts"], { cwd: project.cwd }),
    );
    expect(failuresIn(runs)).toEqual([]);
    expect(runs.slice(1).map(({ stdout }) => stdout)).toEqual(Array(7).fill("wal 2\n"));
    expect(project.applied()).toEqual([1, 2]);
  }
});

test.each(JOURNAL_MODES)("D15: a second folder on the same database is refused (%s)", async (mode) => {
  using project = new CliProject();
  populate(project, mode, 2);
  expect((await project.migrate()).exitCode).toBe(0);
  mkdirSync(project.root.join("other"));
  mkdirSync(project.root.join("later"));
  project.root.write(`other/${v(1)}_step_1.sql`, "CREATE TABLE something_else (id);");
  project.root.write(`other/${v(2)}_step_2.sql`, "CREATE TABLE t2 (id INTEGER PRIMARY KEY);");
  project.root.write(`later/${v(5)}_step_5.sql`, "CREATE TABLE t5 (id);");
  const args = ["migrate", "--db", "app.db"];
  await expectRefused(project, [...args, "--dir", "other"], {
    exitCode: 3,
    code: "MIGRATION_CHANGED",
    message: v(1),
  });
  await expectRefused(project, [...args, "--dir", "later"], {
    exitCode: 3,
    code: "MIGRATION_MISSING",
    message: v(1),
  });
  expect(expectWhole(project)).toBe(2);
});

test.each(JOURNAL_MODES)(
  "D15: two folders at once on one new database: one wins, the other is told (%s)",
  async (mode) => {
    using project = new CliProject();
    project.exec(`PRAGMA journal_mode = ${mode}; CREATE TABLE present (id)`);
    mkdirSync(project.root.join("other"));
    project.tables(1);
    project.root.write(`other/${v(1)}_step_1.sql`, "CREATE TABLE of_the_other (id);");
    const runs = await Promise.all([project.migrate(), project.migrate("--dir", "other")]);
    const codes = runs.map(({ exitCode }) => exitCode);
    expect(codes.filter((code) => code === 0)).toHaveLength(1);
    expect([3, 4]).toContain(codes.find((code) => code !== 0)!);
    const loser = runs[codes[0] === 0 ? 1 : 0]!;
    expect(loser.stderr).toMatch(/^error\[(MIGRATION_CHANGED|HISTORY_MOVED)\] /);
    expect(project.tableNames()).toEqual([
      codes[0] === 0 ? "present" : "of_the_other",
      codes[0] === 0 ? "t1" : "present",
    ]);
  },
);

test("D13: a killed one leaves nothing that the next cannot take away", async () => {
  using project = new CliProject();
  populate(project, "delete", 2);
  project.write(
    3,
    'export async function up(db, { log }) { db.run("DELETE FROM present"); log("begun"); await Bun.sleep(60_000); }',
    "ts",
  );
  const victim = startProcess([GODWIT, "migrate", "--db", "app.db"], { cwd: project.cwd });
  for await (const chunk of victim.stderr) if (new TextDecoder().decode(chunk).includes("begun")) break;
  victim.kill("SIGKILL");
  await victim.exited;
  expect(project.column("SELECT count(*) FROM present")).toEqual([PRESENT_ROWS]);
  project.remove(3, "ts");
  project.tables(3);
  await expectRecovery(project);
});
