import { describe, expect, test } from "bun:test";
import { resolve } from "node:path";
import { parseDatabaseTarget } from "../../src/databases/database-target.ts";
import { failureOf } from "../support/failures.ts";

interface Accepted {
  readonly text: string;
  readonly path: string;
  readonly why: string;
}

const ACCEPTED: readonly Accepted[] = [
  { text: "app.db", path: resolve("app.db"), why: "a relative path" },
  { text: "./data/app.db", path: resolve("data/app.db"), why: "a path with a dot" },
  { text: "../app.db", path: resolve("../app.db"), why: "a path upwards" },
  { text: "/srv/app.db", path: "/srv/app.db", why: "an absolute path" },
  { text: "my app.db", path: resolve("my app.db"), why: "a space inside is part of a name" },
  { text: "./:memory:", path: resolve(":memory:"), why: "a file of that name" },
  { text: "a%20b.db", path: resolve("a%20b.db"), why: "a percent sign in a path is itself" },
  { text: "what?.db", path: resolve("what?.db"), why: "a question mark in a path is itself" },
  { text: "a#1.db", path: resolve("a#1.db"), why: "a # in a path is itself" },
  { text: "./a:b.db", path: resolve("a:b.db"), why: "a colon after a slash is no scheme" },
  { text: "c:app.db", path: resolve("c:app.db"), why: "one letter before the colon is a drive" },
  { text: "C:/data/app.db", path: resolve("C:/data/app.db"), why: "a drive with a path" },
  { text: "1a:b.db", path: resolve("1a:b.db"), why: "a scheme begins with a letter" },
  { text: "sqlite:app.db", path: resolve("app.db"), why: "sqlite:, relative" },
  { text: "sqlite:./app.db", path: resolve("app.db"), why: "sqlite:, with a dot" },
  { text: "sqlite:/srv/app.db", path: "/srv/app.db", why: "sqlite:, one slash" },
  { text: "sqlite:///srv/app.db", path: "/srv/app.db", why: "sqlite:, three slashes" },
  { text: "SQLite:app.db", path: resolve("app.db"), why: "a scheme in any case" },
  { text: "file:app.db", path: resolve("app.db"), why: "file:, relative" },
  { text: "file:///srv/app.db", path: "/srv/app.db", why: "file:, three slashes" },
  { text: "file:a%20b%3F.db", path: resolve("a b?.db"), why: "%XX in a URL is a byte" },
  { text: "file:%C3%A4.db", path: resolve("ä.db"), why: "%XX in a URL is UTF-8" },
];

interface Refused {
  readonly text: string;
  readonly message: string;
  readonly hint: string;
}

const EXAMPLE = "name a file: --db app.db";

const REFUSED: readonly Refused[] = [
  { text: "", message: "the database's name is empty", hint: EXAMPLE },
  { text: "  ", message: "the database's name is empty", hint: EXAMPLE },
  { text: ":memory:", message: "an in-memory database ends with the command", hint: EXAMPLE },
  { text: "sqlite:", message: "the database's URL has no path", hint: "write sqlite:app.db" },
  { text: "sqlite::memory:", message: "an in-memory database ends with the command", hint: EXAMPLE },
  { text: "file::memory:", message: "an in-memory database ends with the command", hint: EXAMPLE },
  { text: "sqlite:///:memory:", message: "an in-memory database ends with the command", hint: EXAMPLE },
  ...["app.db ", " app.db", "app.db\u00a0", "app.db\ufeff"].map((text) => ({
    text,
    message: `the database's path begins or ends with white space: ${JSON.stringify(text)}`,
    hint: "leave it out",
  })),
  {
    text: "sqlite:app.db%20",
    message: `the database's path begins or ends with white space: "app.db "`,
    hint: "leave it out",
  },
  {
    text: "app.db /",
    message: `the database's path begins or ends with white space: "app.db /"`,
    hint: "leave it out",
  },
  ...["a\0b", "a\nb", "app.db\t"].map((text) => ({
    text,
    message: `the database's path holds a control character: ${JSON.stringify(text)}`,
    hint: "give the file another name",
  })),
  {
    text: "file:a%00b",
    message: `the database's path holds a control character: "a\\u0000b"`,
    hint: "give the file another name",
  },
  {
    text: "sqlite://host/app.db",
    message: "two slashes in a database's URL are followed by a host",
    hint: "write sqlite:host/app.db for a relative path, ///host/app.db for an absolute one",
  },
  {
    text: "file:app.db?mode=ro",
    message: "unknown parameter in the database's URL: ?mode",
    hint: "leave it out; %3F stands for a question mark",
  },
  {
    text: "sqlite:a#b",
    message: "a URL's # starts a fragment",
    hint: "write %23 for it, or give a plain path",
  },
  {
    text: "sqlite:100%.db",
    message: "the database's URL has a bad %",
    hint: "write %25 for a percent sign, or give a plain path",
  },
  {
    text: "oracle:app",
    message: 'unknown kind of database: "oracle:"',
    hint: "write sqlite:path; a file of that name is ./ and the name",
  },
  {
    text: "libsql://db.example.org",
    message: "a libsql: address is a server's; this version works on SQLite files",
    hint: EXAMPLE,
  },
];

describe("a database's name", () => {
  test.each(ACCEPTED)("$text is accepted: $why", ({ text, path }) => {
    expect(parseDatabaseTarget(text)).toEqual({ kind: "sqlite", path });
  });

  test.each(REFUSED)("is refused: $message", async ({ text, message, hint }) => {
    const failure = await failureOf(() => parseDatabaseTarget(text));
    expect({
      code: failure.code,
      exit: failure.exitCode,
      message: failure.message,
      hint: failure.hint,
    }).toEqual({
      code: "DATABASE_URL_INVALID",
      exit: 2,
      message,
      hint,
    });
  });

  test("a server's address is shown without its user, password and token", async () => {
    const failure = await failureOf(() =>
      parseDatabaseTarget("https://me:pa55@db.example.org/app?authToken=s3cret"),
    );
    expect(failure.message).toBe("a https: address is a server's; this version works on SQLite files");
  });
});
