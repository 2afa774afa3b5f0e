import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { FolderSource } from "../../src/migrations/folder-source.ts";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { MigrationFolder } from "../support/migration-folder.ts";
import { refusalIn, refusalOf } from "../support/refusal.ts";
import { TempDir } from "../support/temp-dir.ts";

function namesIn(folder: MigrationFolder): string[] {
  return folder.source.list().map(({ version, slug, kind }) => `${version}_${slug}.${kind}`);
}

describe("a folder lists", () => {
  test("its migrations of all kinds by version, named as the user named the folder", () => {
    using folder = new MigrationFolder();
    for (const name of [`${v(3)}_c.js`, `${v(1)}_z.sql`, `${v(4)}_d.py`, `${v(2)}_a.ts`])
      folder.write(name, "");
    expect(folder.source.list()).toEqual([
      { version: v(1), slug: "z", kind: "sql", file: join(folder.path, `${v(1)}_z.sql`) },
      { version: v(2), slug: "a", kind: "ts", file: join(folder.path, `${v(2)}_a.ts`) },
      { version: v(3), slug: "c", kind: "js", file: join(folder.path, `${v(3)}_c.js`) },
      { version: v(4), slug: "d", kind: "py", file: join(folder.path, `${v(4)}_d.py`) },
    ]);
    expect(folder.source.label).toBe(folder.path);
  });

  test("nothing where there is nothing", () => {
    using dir = new TempDir();
    expect(new FolderSource(dir.path).list()).toEqual([]);
  });

  test.each([
    { name: "helper.ts" },
    { name: "README.md" },
    { name: ".gitkeep" },
    { name: `${v(2)}_b.sql.swp` },
    { name: `.#${v(2)}_b.sql` },
    { name: `${v(2)}_rows.json` },
    { name: `archive/${v(2)}_b.sql` },
    { name: "archive/12_bad.sql" },
    { name: "node_modules/dep/index.js" },
  ])("nothing of what is no migration: $name", ({ name }) => {
    using folder = new MigrationFolder();
    folder.write(`${v(1)}_a.sql`, "");
    folder.write(name, "");
    expect(namesIn(folder)).toEqual([`${v(1)}_a.sql`]);
  });

  test("a link to a file as the file", () => {
    using folder = new MigrationFolder();
    const target = folder.dir.write("elsewhere.sql", "CREATE TABLE a (b);");
    mkdirSync(folder.path);
    symlinkSync(target, join(folder.path, `${v(1)}_a.sql`));
    expect(folder.read().body).toMatchObject({ kind: "sql", text: "CREATE TABLE a (b);" });
  });

  test("a relative folder from where it was made", () => {
    using folder = new MigrationFolder();
    folder.write(`${v(1)}_a.sql`, "");
    const before = process.cwd();
    process.chdir(folder.dir.path);
    try {
      const source = new FolderSource("migrations");
      process.chdir(before);
      expect(source.list()).toEqual([
        { version: v(1), slug: "a", kind: "sql", file: `migrations/${v(1)}_a.sql` },
      ]);
    } finally {
      process.chdir(before);
    }
  });
});

describe("a folder is refused", () => {
  test.each([
    { name: "two kinds", files: [`${v(1)}_a.sql`, `${v(1)}_a.ts`] },
    { name: "two slugs", files: [`${v(1)}_a.sql`, `${v(1)}_b.sql`] },
    { name: "two cases", files: [`${v(1)}_A.sql`, `${v(1)}_a.sql`] },
    { name: "Python beside SQL", files: [`${v(1)}_a.py`, `${v(1)}_a.sql`] },
  ])("with one version twice: $name", async ({ files }) => {
    using folder = new MigrationFolder();
    for (const name of [...files, `${v(2)}_c.sql`]) folder.write(name, "");
    const failure = await failureOf(() => folder.source.list());
    const paths = files.map((name) => join(folder.path, name));
    expect(failure.details).toEqual(paths);
    expect(failure.location?.file).toBe(paths[1]!);
    expect(refusalIn(failure)).toEqual({
      code: "VERSION_DUPLICATE",
      message: `two files have the version ${v(1)}`,
      hint: "give one of them another version",
      line: null,
      column: null,
    });
  });

  test.each([
    { name: "2026_a.sql", why: "the version has 4 digits, not 14" },
    { name: `${v(1)}_a.SQL`, why: "the extension is not in lower case" },
    { name: `${v(1)}_a b.ts`, why: "a character is none of A-Z a-z 0-9 _ . -" },
  ])("with a name that is nearly a migration's: $name", async ({ name, why }) => {
    using folder = new MigrationFolder();
    const file = folder.write(name, "");
    const failure = await failureOf(() => folder.source.list());
    expect(failure.message).toBe(`not a migration's name: ${why}`);
    expect(failure.location?.file).toBe(file);
  });

  const NO_FILE = {
    code: "MIGRATION_NAME_INVALID",
    message: "this is named like a migration but is no file",
    hint: "rename or remove it",
    line: null,
    column: null,
  };

  test.each<{ name: string; make: (path: string) => void }>([
    { name: "a folder", make: (path) => mkdirSync(path) },
    { name: "a dangling link", make: (path) => symlinkSync("nowhere.sql", path) },
    { name: "a link to a folder", make: (path) => symlinkSync(".", path) },
    { name: "a link that leads round to itself", make: (path) => symlinkSync(path, path) },
    { name: "a link below a file", make: (path) => symlinkSync("README.md/a.sql", path) },
    { name: "a pipe", make: (path) => Bun.spawnSync(["mkfifo", path]) },
  ])("with what is named like a migration and is none: $name", async ({ make }) => {
    using folder = new MigrationFolder();
    folder.write("README.md", "");
    const path = join(folder.path, `${v(1)}_a.sql`);
    make(path);
    const failure = await failureOf(() => folder.source.list());
    expect(refusalIn(failure)).toEqual(NO_FILE);
    expect(failure.location?.file).toBe(path);
  });

  test("that is a file", async () => {
    using dir = new TempDir();
    const path = dir.write("migrations", "");
    expect(await refusalOf(() => new FolderSource(path).list())).toEqual({
      code: "MIGRATIONS_NOT_FOUND",
      message: `${path} cannot be read as a folder: it is a file`,
      hint: "name the folder of the migrations with --dir",
      line: undefined,
      column: undefined,
    });
  });

  test("that a link leads round to itself", async () => {
    using dir = new TempDir();
    symlinkSync("loop", dir.join("loop"));
    const { code, message } = await refusalOf(() => new FolderSource(dir.join("loop")).list());
    expect(code).toBe("MIGRATIONS_NOT_FOUND");
    expect(message).toStartWith(`${dir.join("loop")} cannot be read as a folder: ELOOP`);
  });
});

describe("a missing folder", () => {
  const before = process.cwd();
  afterEach(() => process.chdir(before));

  const FIRST = 'make the first migration with: godwit create "what it does"';

  test.each([
    { name: "with nothing around", folders: [], folder: "migrations", hint: FIRST },
    { name: "with others around", folders: ["src", "sql"], folder: "migrations", hint: FIRST },
    {
      name: "with another tool's around",
      folders: ["drizzle"],
      folder: "migrations",
      hint: "there is a folder drizzle: name it with --dir drizzle",
    },
    {
      name: "with one further down",
      folders: ["db/migrations"],
      folder: "migrations",
      hint: "there is a folder db/migrations: name it with --dir db/migrations",
    },
    {
      name: "with the usual one around",
      folders: ["migrations", "drizzle"],
      folder: "migration",
      hint: "there is a folder migrations: name it with --dir migrations",
    },
  ])("is told with what to do: $name", async ({ folders, folder, hint }) => {
    using dir = new TempDir();
    for (const name of folders) mkdirSync(dir.join(name), { recursive: true });
    process.chdir(dir.path);
    const refusal = await refusalOf(() => new FolderSource(folder).list());
    process.chdir(before);
    expect(refusal).toEqual({
      code: "MIGRATIONS_NOT_FOUND",
      message: `there is no folder ${folder}`,
      hint,
      line: undefined,
      column: undefined,
    });
  });
});
