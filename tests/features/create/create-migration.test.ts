import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createMigration } from "../../../src/features/create/create-migration.ts";
import { failureOf } from "../../support/failures.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { Project } from "../../support/project.ts";

const FIRST = "20260214120000";

function create(project: Project, description: string, kind: "sql" | "ts" = "sql") {
  return createMigration(project.folder, description, kind, project.clock);
}

describe("the name of a new migration", () => {
  test.each([
    ["Add user email", "add_user_email"],
    ["  Add\tuser\n email  ", "add_user_email"],
    ["Drop users.email, users.phone!", "drop_users_email_users_phone"],
    ["Größe für Übergänge", "gro_e_fur_ubergange"],
    ["café au lait", "cafe_au_lait"],
    ["ＡＢＣ full width", "abc_full_width"],
    ["日本語 table 2", "table_2"],
    ["../../etc/passwd", "etc_passwd"],
    ["a\u0000b", "a_b"],
    ["__init__", "init"],
    ["2026 numbers", "2026_numbers"],
    [`${"long ".repeat(30)}end`, "long_".repeat(16).slice(0, -1)],
  ])("%j becomes %s", (description, slug) => {
    using project = new Project();
    const { file, version } = create(project, description);
    expect(file).toBe(join(project.folder, `${FIRST}_${slug}.sql`));
    expect(version).toBe(FIRST);
    expect(readdirSync(project.folder)).toEqual([`${FIRST}_${slug}.sql`]);
  });

  test.each(["", "   ", "日本語", "!?", "___"])("%j has nothing for a name", async (description) => {
    using project = new Project();
    expect(await failureOf(() => create(project, description))).toMatchObject({
      code: "INVALID_VALUE",
      exitCode: 2,
    });
    expect(readdirSync(project.folder)).toEqual([]);
  });
});

describe("the version of a new migration", () => {
  test("is the next free second where a file has the present one", () => {
    using project = new Project();
    writeFileSync(join(project.folder, `${FIRST}_zz.ts`), "");
    writeFileSync(join(project.folder, "20260214120001_applied.py"), "");
    expect(create(project, "add email").version).toBe("20260214120002");
    expect(create(project, "add email").version).toBe("20260214120003");
  });

  test("goes over the end of a day", () => {
    using project = new Project();
    project.clock.advance(12 * 3_600_000 - 1000);
    expect(create(project, "a").version).toBe("20260214235959");
    expect(create(project, "b").version).toBe("20260215000000");
  });

  test("is never shared, also by writers whose clocks agree", () => {
    using project = new Project();
    const versions = new Set<string>();
    for (let index = 0; index < 5; index++) {
      versions.add(create(project, `sql ${index}`).version);
      versions.add(createMigration(project.folder, `ts ${index}`, "ts", new FakeClock()).version);
    }
    expect(versions.size).toBe(10);
  });
});

describe("the file of a new migration", () => {
  test("in SQL, with the description as it was given", () => {
    using project = new Project();
    const { file, description } = create(project, 'Größe: "quoted"  -- up\n-- down');
    expect(description).toBe('Größe: "quoted" -- up -- down');
    expect(readFileSync(file, "utf8")).toBe(
      '-- Description: Größe: "quoted" -- up -- down\n\n-- up\n\n\n-- down\n\n',
    );
  });

  test("in TypeScript, whose comment no description can end", () => {
    using project = new Project();
    const { file, kind } = create(project, "end */ process.exit(0) /*", "ts");
    expect(kind).toBe("ts");
    expect(readFileSync(file, "utf8")).toMatchSnapshot();
  });

  test("is read back by status, reversible and with its description", async () => {
    using project = new Project();
    create(project, "Add größe");
    create(project, "Fill größe", "ts");
    expect(await project.manager().getStatus()).toMatchObject([
      { description: "Add größe", kind: "sql", state: "pending", reversible: false },
      { description: "Fill größe", kind: "ts", state: "pending", reversible: true },
    ]);
  });

  test.each(["sql", "ts"] as const)("in %s is never applied before it is written", async (kind) => {
    using project = new Project();
    create(project, "later", kind);
    const failure = await failureOf(project.manager().migrate());
    expect(failure.code).toBe(kind === "sql" ? "SECTION_EMPTY" : "MIGRATION_FAILED");
    expect(project.exists() ? project.applied() : []).toEqual([]);
  });

  test("makes its folder, and those above it", () => {
    using project = new Project();
    const folder = project.root.join("db/migrations");
    createMigration(folder, "first", "sql", project.clock);
    expect(readdirSync(folder)).toEqual([`${FIRST}_first.sql`]);
  });

  test("is not written where the folder is a file", async () => {
    using project = new Project();
    rmSync(project.folder, { recursive: true });
    writeFileSync(project.folder, "a file");
    const failure = await failureOf(() => create(project, "add email"));
    expect(failure).toMatchObject({ code: "FILE_NOT_WRITTEN", exitCode: 2, outcome: "unchanged" });
    expect(failure.message).toStartWith(`no file can be written in ${project.folder}: `);
    expect(readFileSync(project.folder, "utf8")).toBe("a file");
  });
});
