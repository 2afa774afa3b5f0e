import { describe, expect, test } from "bun:test";
import { describeSlug, isVersion, parseFileName } from "../../src/migrations/file-name.ts";
import { failureOf } from "../support/failures.ts";

const V = "20260214120000";

describe("a migration's name", () => {
  test.each([
    { name: `${V}_add_users.sql`, slug: "add_users", kind: "sql" },
    { name: `${V}_add-users.v2.ts`, slug: "add-users.v2", kind: "ts" },
    { name: `${V}_A9.js`, slug: "A9", kind: "js" },
    { name: `${V}_old.py`, slug: "old", kind: "py" },
    { name: `${V}__.sql`, slug: "_", kind: "sql" },
    { name: `${V}_a.test.ts`, slug: "a.test", kind: "ts" },
    { name: `${V}_a.sql.ts`, slug: "a.sql", kind: "ts" },
  ] as const)("is $name", ({ name, slug, kind }) => {
    expect(parseFileName(name, name)).toEqual({ version: V, slug, kind, file: name });
  });

  test("keeps its version as text, with leading zeros", () => {
    expect(parseFileName("00000000000001_a.sql", "a")?.version).toBe("00000000000001");
  });

  test.each([
    { name: "helpers.ts" },
    { name: "README.md" },
    { name: `${V}_data.json` },
    { name: `${V}_a.sql.swp` },
    { name: `${V}_a.sql~` },
    { name: `.#${V}_a.sql` },
    { name: `._${V}_a.sql` },
    { name: ".DS_Store" },
    { name: V },
    { name: "_a.sql" },
    { name: `v${V}_a.sql` },
    { name: `${V}_a.tsx` },
    { name: `${V}_asql` },
    { name: "" },
  ])("is nothing to godwit: '$name'", ({ name }) => {
    expect(parseFileName(name, name)).toBeNull();
  });

  test.each([
    { name: "1_a.sql", why: "the version has 1 digit, not 14" },
    { name: "001_a.ts", why: "the version has 3 digits, not 14" },
    { name: "2026021412000_a.sql", why: "the version has 13 digits, not 14" },
    { name: "202602141200000_a.sql", why: "the version has 15 digits, not 14" },
    { name: "20260214120000123_a.js", why: "the version has 17 digits, not 14" },
    { name: "2026-02-14_a.sql", why: "the version has 4 digits, not 14" },
    { name: `${V}-a.sql`, why: "no _ follows the version" },
    { name: `${V}.sql`, why: "no _ follows the version" },
    { name: `${V}a.sql`, why: "no _ follows the version" },
    { name: `${V}_a.SQL`, why: "the extension is not in lower case" },
    { name: `${V}_a.Ts`, why: "the extension is not in lower case" },
    { name: `${V}_.sql`, why: "a character is none of A-Z a-z 0-9 _ . -" },
    { name: `${V}_a b.sql`, why: "a character is none of A-Z a-z 0-9 _ . -" },
    { name: `${V}_größe.sql`, why: "a character is none of A-Z a-z 0-9 _ . -" },
    { name: `${V}_a?.ts`, why: "a character is none of A-Z a-z 0-9 _ . -" },
    { name: `${V.slice(0, 8)}\n${V.slice(8)}_a.sql`, why: "the version has 8 digits, not 14" },
    { name: `${V}_a\nb.sql`, why: "a character is none of A-Z a-z 0-9 _ . -" },
    { name: `${V}_a.sql\n`, why: "a character is none of A-Z a-z 0-9 _ . -" },
    { name: `${V}_a.ts `, why: "a character is none of A-Z a-z 0-9 _ . -" },
    { name: `${V}_a'.py`, why: "a character is none of A-Z a-z 0-9 _ . -" },
  ])("is refused, not skipped: $name, $why", async ({ name, why }) => {
    const failure = await failureOf(() => parseFileName(name, `migrations/${name}`));
    expect(failure).toMatchObject({
      code: "MIGRATION_NAME_INVALID",
      message: `not a migration's name: ${why}`,
      hint: "rename it to <14 digits>_<letters, digits, _ . ->.<sql|ts|js>, or let it start with a letter if it is no migration",
      location: { file: `migrations/${name}`, line: null, column: null },
    });
  });
});

describe("a version", () => {
  test.each([
    { text: V, is: true },
    { text: "00000000000000", is: true },
    { text: "2026021412000", is: false },
    { text: "202602141200000", is: false },
    { text: `${V}\n`, is: false },
    { text: ` ${V}`, is: false },
    { text: "２０２６０２１４１２００００", is: false },
    { text: "", is: false },
  ])("'$text': $is", ({ text, is }) => {
    expect(isVersion(text)).toBe(is);
  });
});

describe("a description from the slug", () => {
  test.each([
    { slug: "add_user_email", description: "Add user email" },
    { slug: "add-user--email", description: "Add user email" },
    { slug: "_private_", description: "Private" },
    { slug: "v1.2", description: "V1.2" },
    { slug: "API", description: "API" },
    { slug: "___", description: "___" },
  ])("$slug: $description", ({ slug, description }) => {
    expect(describeSlug(slug)).toBe(description);
  });
});
