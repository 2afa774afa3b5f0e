import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { hostname } from "node:os";
import { rehearse } from "../../../src/features/rehearsal/rehearse.ts";
import { testMigrations } from "../../../src/features/round-trip/test-migrations.ts";
import { digestOf } from "../../support/digest.ts";
import { failureOf } from "../../support/failures.ts";
import { Project } from "../../support/project.ts";
import { TempDir } from "../../support/temp-dir.ts";

const { TMPDIR } = process.env;

afterEach(() => {
  if (TMPDIR === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = TMPDIR;
});

function used(): Project {
  const project = new Project();
  project.exec(
    "CREATE TABLE kept (id INTEGER PRIMARY KEY, word TEXT); INSERT INTO kept (word) VALUES ('one')",
  );
  return project;
}

const WAYS = [
  ["a rehearsal", (project: Project) => rehearse(project.subject(), { plan: { kind: "migrate" } })],
  ["a test", (project: Project) => testMigrations(project.subject(), { all: false, reversible: false })],
] as const;

/** What would reach from the copy into the original, or leave a file behind. */
const REACHING: readonly (readonly [what: string, sql: (path: string) => string, line: number])[] = [
  ["ATTACH", (path) => `ATTACH '${path}' AS other;\nDELETE FROM other.kept;`, 3],
  ["attach database", (path) => `SELECT 1;\n/* and */ attach /* a */ database "${path}" as other;`, 4],
  ["VACUUM INTO", (path) => `VACUUM;\nVACUUM main INTO '${path}.new';`, 4],
];

describe.each(WAYS)("%s stays apart from other files", (_, run) => {
  test.each(REACHING)("%s is refused before anything runs", async (_name, sql, line) => {
    using project = used();
    project.sql(1, "INSERT INTO kept (word) VALUES ('two');", "DELETE FROM kept WHERE id = 2;");
    project.sql(2, sql(project.path), null, "-- Transaction: off\n");
    const before = [digestOf(project.path), readdirSync(project.root.path)];
    expect(await failureOf(() => run(project))).toMatchObject({
      code: "STATEMENT_NOT_ALLOWED",
      exitCode: 3,
      location: { file: project.file(2), line },
    });
    expect(project.told()).toEqual([]);
    expect([digestOf(project.path), readdirSync(project.root.path)]).toEqual(before);
  });

  test("what attaches no file runs", async () => {
    using project = used();
    const up = "ATTACH ':memory:' AS a;\nattach database '' as b;\nCREATE TABLE a.t (id);\nVACUUM;";
    project.sql(1, `${up}\nDETACH a;\nDETACH b;`, null, "-- Transaction: off\n");
    await run(project);
    expect(project.told("migration-started")).toEqual(["migration-started 1"]);
  });

  test("nothing to do needs no copy", async () => {
    using project = used();
    project.tables(1);
    await project.run();
    process.env["TMPDIR"] = project.root.join("none");
    await run(project);
    project.tables(2);
    expect(await failureOf(() => run(project))).toMatchObject({
      code: "DATABASE_FAILED",
      message: `no copy can be made in ${project.root.join("none")}: no such file or directory`,
      hint: expect.stringContaining("TMPDIR="),
    });
  });

  test.each([
    ["no database", (path: string) => Bun.write(path, "x".repeat(2000)), "NOT_A_DATABASE"],
    ["a folder", async (path: string) => mkdirSync(path), "NOT_A_DATABASE"],
    ["a ring of links", async (path: string) => symlinkSync(path, path), "DATABASE_FAILED"],
  ])("%s is told of as the run tells of it", async (_name, make, code) => {
    using project = new Project();
    project.tables(1);
    await make(project.path);
    const failure = await failureOf(() => run(project));
    expect(failure).toMatchObject({ code, exitCode: 4 });
    expect(failure.message).toBe((await failureOf(project.run())).message);
  });

  test("a link that looks like what a killed one left stays, and so does what it leads to", async () => {
    using project = used();
    using temporary = new TempDir();
    project.tables(1);
    mkdirSync(temporary.join("elsewhere"));
    const link = `godwit-${hostname()}-5000000-abcdef`;
    symlinkSync(temporary.join("elsewhere"), temporary.join(link));
    process.env["TMPDIR"] = temporary.path;
    await run(project);
    expect(readdirSync(temporary.path).sort()).toEqual(["elsewhere", link]);
  });
});

describe("a rehearsal", () => {
  test("lets no code attach a file either", async () => {
    using project = used();
    const body = `db.run("INSERT INTO kept (word) VALUES ('two')"); db.run("ATTACH '${project.path}' AS other");`;
    project.write(1, `// Transaction: off\nexport function up(db) { ${body} }\n`, "ts");
    const { failure } = await rehearse(project.subject(), { plan: { kind: "migrate" } });
    expect(failure).toMatchObject({
      code: "STATEMENT_NOT_ALLOWED",
      outcome: "unchanged",
      location: { file: project.file(1, "ts") },
    });
    expect(project.column("SELECT word FROM kept")).toEqual(["one"]);
  });

  test("makes no more of a restore point than the run does", async () => {
    using project = used();
    project.sql(1, "UPDATE kept SET word = 'x';");
    const subject = project.subject({ backup: { maxBytes: 10 } });
    const { wouldBackUp } = await rehearse(subject, { plan: { kind: "migrate" } });
    expect(wouldBackUp).toBe(false);
    expect(project.notes()).toEqual([{ line: null, message: expect.stringMatching(/^no restore point: /) }]);
  });

  test("of a new database in a folder that is not there fails as the run does", async () => {
    using project = new Project();
    project.tables(1);
    const subject = project.subject();
    const path = project.root.join("none/app.db");
    const database = { ...subject.database, name: path, file: path, exists: () => false };
    expect(
      await failureOf(() => rehearse({ ...subject, database }, { plan: { kind: "migrate" } })),
    ).toMatchObject({
      code: "DATABASE_NOT_FOUND",
      message: `there is no folder ${project.root.join("none")}`,
    });
  });
});
