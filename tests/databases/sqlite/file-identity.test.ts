import { describe, expect, test } from "bun:test";
import { renameSync, symlinkSync } from "node:fs";
import { DatabaseError } from "../../../src/databases/database-error.ts";
import { identityOf, requireSameFile } from "../../../src/databases/sqlite/file-identity.ts";
import { TempDir } from "../../support/temp-dir.ts";

describe("a file", () => {
  test("is the same as long as nothing takes its place", () => {
    using dir = new TempDir();
    const path = dir.write("a.db", "one");
    const identity = identityOf(path);
    expect(() => requireSameFile(path, identity)).not.toThrow();
    renameSync(path, dir.join("b.db"));
    expect(() => requireSameFile(path, identity)).toThrow(DatabaseError);
    dir.write("a.db", "two");
    expect(() => requireSameFile(path, identity)).toThrow("another file");
    expect(() => requireSameFile(dir.join("b.db"), identity)).not.toThrow();
  });

  test("is what a link leads to", () => {
    using dir = new TempDir();
    const path = dir.write("a.db", "one");
    symlinkSync(path, dir.join("link.db"));
    expect(identityOf(dir.join("link.db"))).toEqual(identityOf(path));
  });

  test("in memory, or not there, has no identity and is never another", () => {
    expect([identityOf(":memory:"), identityOf("")]).toEqual([null, null]);
    expect(() => requireSameFile(":memory:", null)).not.toThrow();
  });
});
