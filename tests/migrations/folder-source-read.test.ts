import { describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { FolderSource } from "../../src/migrations/folder-source.ts";
import type { Migration } from "../../src/migrations/migration.ts";
import { descriptionOf } from "../../src/migrations/migration.ts";
import { v } from "../support/intent.ts";
import { MigrationFolder } from "../support/migration-folder.ts";
import { refusalIn } from "../support/refusal.ts";

describe("a migration that is read", () => {
  test("in SQL has its header, sections and checksum", () => {
    using folder = new MigrationFolder();
    const migration = folder.migration(
      `-- Description: Add a\n-- Requires: ${v(2)}\n-- Transaction: off\n-- Foreign keys: on\n-- up\nA;\n-- down\nB;\n`,
      "sql",
    );
    expect(migration).toMatchObject({
      version: v(1),
      slug: "a",
      kind: "sql",
      description: "Add a",
      requires: [v(2)],
      transactional: false,
      foreignKeysOn: true,
      checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
      body: { kind: "sql", up: [{ words: ["A"] }], down: [{ words: ["B"] }], verify: [] },
    });
  });

  test.each(["ts", "js"] as const)("in code is not run: %s", (kind) => {
    using folder = new MigrationFolder();
    const text = "/** Description: Levels */\nthrow new Error('run');\n";
    expect(folder.migration(text, kind)).toMatchObject({
      kind,
      description: "Levels",
      requires: [],
      transactional: true,
      foreignKeysOn: false,
      body: { kind: "code", text },
    });
  });

  test.each([
    { name: "a slug", slug: "add_user_email", description: "Add user email" },
    { name: "a slug with dashes", slug: "add-user-email", description: "Add user email" },
  ])("without a description is described by its name: $name", ({ slug, description }) => {
    using folder = new MigrationFolder();
    folder.write(`${v(1)}_${slug}.sql`, "A;");
    expect(descriptionOf(folder.read())).toBe(description);
  });

  test.each([
    {
      name: "in a docstring",
      text: '"""\nAdd a\n\nDescription: Add users \nVersion: 1\n"""\ndef upgrade(): pass',
      description: "Add users",
    },
    {
      name: "in a docstring of single quotes",
      text: "'''\n    Description:\tAdd users\n'''\n",
      description: "Add users",
    },
    { name: "in another case", text: '\n"""x\ndescription: Add users\n"""', description: "Add users" },
    { name: "nowhere", text: "def upgrade(): pass", description: null },
    { name: "in a comment", text: "# Description: Add users", description: null },
    { name: "in no text at all", text: "", description: null },
  ])("in Python is known by its description: $name", ({ text, description }) => {
    using folder = new MigrationFolder();
    expect(folder.migration(text, "py")).toEqual({
      version: v(1),
      slug: "a",
      kind: "py",
      file: join(folder.path, `${v(1)}_a.py`),
      description,
      checksum: null,
      requires: [],
      transactional: true,
      foreignKeysOn: false,
      body: { kind: "python" },
    });
  });

  test("in Python that is no UTF-8 is known all the same", () => {
    using folder = new MigrationFolder();
    const text = Buffer.concat([Buffer.from('"""\nDescription: Caf'), Buffer.of(0xe9), Buffer.from('\n"""')]);
    expect(descriptionOf(folder.migration(text, "py"))).toBe("Caf\uFFFD");
  });

  test.each(["sql", "ts"])("has one checksum however its lines end: %s", (kind) => {
    using folder = new MigrationFolder();
    const text = "-- up\nA;\nB;\n";
    const forms = [text, text.replaceAll("\n", "\r\n"), text.replaceAll("\n", "\r"), `\uFEFF${text}`];
    const sums = forms.map((form) => folder.migration(form, kind).checksum);
    expect(sums).toEqual(Array(4).fill(sums[0]!));
    expect(sums[0]).not.toBeNull();
  });
});

describe("a file that cannot be used is set aside, and the failure kept", () => {
  function failureIn({ body }: Migration) {
    if (body.kind !== "broken") throw new Error(`expected a broken body, but it is ${body.kind}`);
    return body.failure;
  }

  test.each([
    { name: "a near miss", content: "-- migrate:up\nA;", kind: "sql", code: "MARKER_INVALID" },
    { name: "an open string", content: "SELECT 'a", kind: "sql", code: "SQL_UNTERMINATED" },
    { name: "a wrong directive", content: "// Transaction: no\n", kind: "ts", code: "DIRECTIVE_INVALID" },
    { name: "a NUL", content: "SELECT 1;\0", kind: "sql", code: "MIGRATION_UNREADABLE" },
    {
      name: "UTF-16",
      content: Buffer.from("\uFEFFSELECT 1;", "utf16le"),
      kind: "sql",
      code: "MIGRATION_UNREADABLE",
    },
    { name: "no UTF-8", content: Buffer.of(0xff, 0x00), kind: "js", code: "MIGRATION_UNREADABLE" },
  ])("$name", ({ content, kind, code }) => {
    using folder = new MigrationFolder();
    const migration = folder.migration(content, kind);
    expect(failureIn(migration).code).toBe(code as never);
    expect(failureIn(migration).location?.file).toBe(migration.file);
    expect(migration).toMatchObject({
      description: null,
      checksum: null,
      requires: [],
      transactional: true,
    });
  });

  test.each(["sql", "ts", "py"])("a file that has gone since it was listed: %s", (kind) => {
    using folder = new MigrationFolder();
    const path = folder.write(`${v(1)}_a.${kind}`, "");
    const [file] = folder.source.list();
    rmSync(path);
    const failure = failureIn(folder.source.read(file!));
    expect(refusalIn(failure)).toEqual({
      code: "MIGRATION_UNREADABLE",
      message: `the file cannot be read: ENOENT: no such file or directory, open '${path}'`,
      hint: "check its permissions",
      line: null,
      column: null,
    });
  });
});

test("among hundreds of files each is read as it is by itself", () => {
  using folder = new MigrationFolder();
  const contents = [
    "-- up\r\nA;\r\n",
    "\ufeff-- up\nA;\n",
    Buffer.from("-- up\nA;\n", "utf16le"),
    new Uint8Array([0x41, 0xff, 0x3b]),
    "A\0;",
    "-- up\nINSERT INTO t VALUES ('a\r\nb');\n-- down\nB;\n",
    "-- up\nINSERT INTO t VALUES ('\0');\n-- down\nB;\n",
    'INSERT INTO t VALUES ("\ufeff\ufffd");\n',
    Buffer.from("-- up\nINSERT INTO t VALUES ('\xff');\n-- down\nB;\n", "latin1"),
    "",
    `-- up\nINSERT INTO t VALUES ('${"é".repeat(50_000)}');\n`,
    "-- up\nA;\n-- up\nB;\n",
    `-- up\n${"INSERT INTO t VALUES ('é');\n".repeat(60_000)}`,
  ];
  for (let n = 1; n <= 240; n++)
    folder.write(`${versionOf(n)}_step.sql`, contents[n - 1] ?? `-- up\nA ${n};\n-- down\nB;\n`);
  folder.write(`${versionOf(300)}_old.py`, new Uint8Array([0xff, 0x0a]));
  const source = new FolderSource(folder.path);
  const files = source.list();
  rmSync(join(folder.path, `${versionOf(240)}_step.sql`));
  const alone = new FolderSource(folder.path);
  expect(files.map((file) => plain(source.read(file)))).toEqual(files.map((file) => plain(alone.read(file))));
});

const versionOf = (n: number) => String(20260101000000 + n);

/** With the statements read. */
function plain(migration: Migration): unknown {
  const { body } = migration;
  if (body.kind === "broken") return { ...migration, body: body.failure.message };
  return body.kind === "sql"
    ? { ...migration, body: [body.text, body.up, body.down, body.verify] }
    : migration;
}
