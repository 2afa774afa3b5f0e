import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { refused } from "../support/refused.ts";
import { documentOf } from "../support/run-godwit.ts";
import { SOUND, soundness, standing } from "./journal-modes.ts";
import { PLAIN } from "./one-file.ts";
import { RAW } from "./raw.ts";

const TS = 'export function up(db) { db.run("CREATE TABLE t3 (id)"); }\n';
const ESC = "\u001b";

describe("the names of files", () => {
  test.each([
    [`${v(2)}_a.sql`, `${v(2)}_b.sql`],
    [`${v(2)}_a.sql`, `${v(2)}_a.ts`],
    [`${v(2)}_a.js`, `${v(2)}_a.ts`],
    [`${v(1)}_z.sql`, `${v(1)}_step_1.sql`],
    [`${v(2)}_a.py`, `${v(2)}_a.sql`],
  ])("A28: two files of one version stop the whole run, and both are named: %s %s", async (one, other) => {
    using project = await standing();
    for (const name of [one, other])
      project.root.write(`migrations/${name}`, name.endsWith("ql") ? PLAIN : TS);
    project.tables(4);
    for (const args of [["migrate"], ["migrate", "--to", v(4)], ["rollback"], ["status"]]) {
      const refusal = await refused(project, ...args);
      expect(refusal).toMatchObject({ exitCode: 3, code: "VERSION_DUPLICATE" });
      expect(refusal.text).toContain(`migrations/${one}`);
      expect(refusal.text).toContain(`migrations/${other}`);
    }
    expect(soundness(project)).toEqual(SOUND);
  });

  test.each([
    "1_a.sql",
    "01_a.sql",
    "001_a.ts",
    "2026010100000_a.sql",
    "202601010000020_a.sql",
    "20260101000002123_a.sql",
  ])("A29: a version of another length is refused, never rounded or padded: %s", async (name) => {
    using project = await standing();
    project.root.write(`migrations/${name}`, PLAIN);
    const refusal = await refused(project);
    expect(refusal).toMatchObject({
      exitCode: 3,
      code: "MIGRATION_NAME_INVALID",
      place: `migrations/${name}`,
    });
    expect(refusal.hint).toContain("14 digits");
  });

  test("A29: versions are text: leading zeros and neighbours stay what they are", async () => {
    using project = new CliProject();
    const versions = [
      "00000000000001",
      "00000000000010",
      "09007199254740",
      "20260101000002",
      "99999999999998",
      "99999999999999",
    ];
    for (const version of versions.toReversed())
      project.root.write(`migrations/${version}_a.sql`, `CREATE TABLE "t${version}" (id);`);
    expect(await project.migrate()).toMatchObject({ stderr: "", exitCode: 0 });
    expect(project.column("SELECT version FROM schema_migrations ORDER BY id")).toEqual(versions);
    expect(project.column("SELECT DISTINCT typeof(version) FROM schema_migrations")).toEqual(["text"]);
    expect((await project.status("--check")).exitCode).toBe(0);
  });

  test("A29: longer versions that stand in the history are shown digit by digit", async () => {
    using project = await standing();
    const long = ["20240101120000123", "20240101120000124", "20240101120000125"];
    for (const version of long)
      project.exec(`INSERT INTO schema_migrations (version, description) VALUES ('${version}', 'by hand')`);
    const { migrations } = documentOf(await project.status("--json")) as {
      migrations: { version: string }[];
    };
    expect(migrations.map(({ version }) => version)).toEqual([...long, v(1)]);
    project.tables(2);
    expect((await project.migrate()).exitCode).toBe(0);
    expect(project.column("SELECT version FROM schema_migrations ORDER BY id")).toEqual([
      v(1),
      ...long,
      v(2),
    ]);
  });

  const ODD = [
    "with space",
    "it's",
    'say "hi"',
    "größe",
    "🐦",
    "100%",
    "a#b",
    "a%20b",
    "a;b",
    "a&b",
    "$HOME",
  ];

  test.each(ODD)("A31: an odd name of a file is refused by name, never skipped: %s", async (slug) => {
    using project = await standing();
    project.root.write(`migrations/${v(2)}_${slug}.sql`, PLAIN);
    const refusal = await refused(project);
    expect(refusal).toMatchObject({
      exitCode: 3,
      code: "MIGRATION_NAME_INVALID",
      place: `migrations/${v(2)}_${slug}.sql`,
    });
  });

  test.each(ODD)(
    "A31: an odd name of a folder is none of godwit's business, SQL and TypeScript run from it: %s",
    async (folder) => {
      using project = new CliProject();
      project.root.write(
        join(folder, `${v(1)}_a.sql`),
        "-- up\nCREATE TABLE t1 (id);\n-- down\nDROP TABLE t1;\n",
      );
      project.root.write(join(folder, "name.ts"), "export const NAME: string = 't2';\n");
      project.root.write(
        join(folder, `${v(2)}_b.ts`),
        'import { NAME } from "./name.ts";\nexport const up = (db) => db.run("CREATE TABLE " + NAME + " (id)");\nexport const down = (db) => db.run("DROP TABLE " + NAME);\n',
      );
      expect(await project.migrate("--dir", folder)).toMatchObject({ stderr: "", exitCode: 0 });
      expect(project.tableNames()).toEqual(["t1", "t2"]);
      const back = await project.godwit("rollback", "--all", "--yes", "--db", "app.db", "--dir", folder);
      expect(back).toMatchObject({ stderr: "", exitCode: 0 });
      expect(project.tableNames()).toEqual([]);
    },
  );

  test("A32: code in a folder with a question mark is refused before anything runs", async () => {
    using project = await standing();
    project.root.write(`why?/${v(1)}_step_1.sql`, "CREATE TABLE t1 (id INTEGER PRIMARY KEY);");
    project.root.write(`why?/${v(2)}_a.sql`, "CREATE TABLE t2 (id);");
    project.root.write(`why?/${v(3)}_b.ts`, TS);
    const refusal = await refused(project, "migrate", "--dir", "why?", "--allow-changed");
    expect(refusal).toMatchObject({ exitCode: 3, code: "CODE_INVALID", place: `why?/${v(3)}_b.ts` });
    expect(refusal.message).toContain("question mark");
    project.root.write(`migrations/${v(2)}_a?b.ts`, TS);
    expect(await refused(project)).toMatchObject({ exitCode: 3, code: "MIGRATION_NAME_INVALID" });
  });

  const UNSAFE = [
    ["a line break", "a\nb", "a\\u000ab"],
    ["an escape sequence", `a${ESC}[31mb`, "a\\u001b[31mb"],
    ["a bell", "a\u0007", "a\\u0007"],
    ["a C1 control", "a\u009b31m", "a\\u009b31m"],
    ["DEL", "a\u007f", "a\\u007f"],
    ["a bidi override", "a\u202elqs", "a\\u202elqs"],
    ["an isolate", "a\u2066b\u2069", "a\\u2066b\\u2069"],
    ["a line separator", "a\u2028b", "a\\u2028b"],
  ];

  test.each(UNSAFE)("A33: %s in a name is refused and shown escaped", async (_, slug, escaped) => {
    using project = await standing();
    project.root.write(`migrations/${v(2)}_${slug}.sql`, PLAIN);
    const refusal = await refused(project);
    expect(refusal).toMatchObject({ exitCode: 3, code: "MIGRATION_NAME_INVALID" });
    expect(refusal.place).toBe(`migrations/${v(2)}_${escaped}.sql`);
    expect(refusal.text).not.toMatch(RAW);
  });

  test.each(UNSAFE)(
    "A33: %s in a name is escaped in a document too, which says the same",
    async (_, slug) => {
      using project = await standing();
      project.root.write(`migrations/${v(2)}_${slug}.sql`, PLAIN);
      const ended = await project.status("--json");
      expect(ended.stdout).not.toMatch(RAW);
      const { error } = documentOf(ended) as { error: { location: { file: string } } };
      expect(error.location.file).toBe(`migrations/${v(2)}_${slug}.sql`);
    },
  );

  test.each([`dir${ESC}[2Jx`, "dir\u202ex", "dir\nx"])(
    "A33: nor is the name of a folder shown raw: %j",
    async (dir) => {
      using project = await standing();
      expect((await refused(project, "migrate", "--dir", dir)).text).not.toMatch(RAW);
      mkdirSync(project.root.join(dir));
      project.root.write(join(dir, `${v(1)}_step_1.sql`), "CREATE TABLE t1 (id INTEGER PRIMARY KEY);\n");
      project.root.write(join(dir, `${v(2)}_b.sql`), "-- up\n'\n");
      for (const args of [["migrate"], ["status"], ["migrate", "--allow-changed"], ["rollback"]]) {
        const { stdout, stderr } = await project.godwit(...args, "--dir", dir, "--db", "app.db");
        expect(stdout + stderr).not.toMatch(RAW);
      }
    },
  );

  test("A34: one name in two Unicode forms is refused, since some systems take both for one", async () => {
    using project = await standing();
    for (const form of ["NFC", "NFD"])
      project.root.write(`migrations/${v(2)}_${"größe".normalize(form)}.sql`, PLAIN);
    expect(readdirSync(project.folder)).toHaveLength(3);
    expect(await refused(project)).toMatchObject({ exitCode: 3, code: "MIGRATION_NAME_INVALID" });
  });

  test.each([
    [`${v(2)}_A.sql`, `${v(2)}_a.sql`, "VERSION_DUPLICATE"],
    [`${v(2)}_a.sql`, `${v(2)}_a.SQL`, "MIGRATION_NAME_INVALID"],
  ])("A35: names that differ in case only are refused: %s %s", async (one, other, code) => {
    using project = await standing();
    for (const name of [one, other]) project.root.write(`migrations/${name}`, PLAIN);
    const refusal = await refused(project);
    expect(refusal).toMatchObject({ exitCode: 3, code });
    expect(refusal.text).toContain(other);
  });

  test.each([
    "../../x",
    "../x",
    "/etc/x",
    "..\\..\\x",
    "a/b",
    "a%00b",
    "%2e%2e%2fx",
    ".",
    "..",
    `${ESC}[2J`,
    "; rm -rf ~",
    "é/../../x",
  ])("A40: a description never leads out of the folder: %j", async (description) => {
    using project = new CliProject();
    const { stdout, stderr, exitCode } = await project.godwit("create", description, "--format", "sql");
    expect(stdout + stderr).not.toMatch(RAW);
    const made = readdirSync(project.folder);
    expect(readdirSync(project.cwd)).toEqual(["migrations"]);
    if (exitCode !== 0) return expect({ made, exitCode }).toEqual({ made: [], exitCode: 2 });
    expect(made).toHaveLength(1);
    expect(made[0]).toMatch(/^\d{14}_[a-z0-9_]+\.sql$/);
    expect(stdout).toBe(`migrations/${made[0]}\n`);
  });
});
