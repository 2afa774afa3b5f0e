import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { DatabaseError } from "../../../src/databases/database-error.ts";
import { holdsWriteLock, identityOf, requireSameFile } from "../../../src/databases/sqlite/file-identity.ts";
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

function holds(path: string): boolean {
  return holdsWriteLock(identityOf(path)!);
}

const hasLocks = existsSync("/proc/locks");
if (!hasLocks) console.log("skipped: the system does not list locks in /proc/locks");

describe.skipIf(!hasLocks)("the write lock", () => {
  test("is held from BEGIN IMMEDIATE to the end of the transaction", () => {
    using dir = new TempDir();
    const path = dir.join("a.db");
    using db = new Database(path);
    db.run("CREATE TABLE t (id)");
    expect(holds(path)).toBe(false);
    db.run("BEGIN");
    db.query("SELECT * FROM t").all();
    expect(holds(path)).toBe(false);
    db.run("ROLLBACK; BEGIN IMMEDIATE");
    expect(holds(path)).toBe(true);
    db.run("COMMIT");
    expect(holds(path)).toBe(false);
  });

  test("is lost where the process reads the file by itself", () => {
    using dir = new TempDir();
    const path = dir.join("a.db");
    using db = new Database(path);
    db.run("CREATE TABLE t (id); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)");
    readFileSync(path);
    expect(holds(path)).toBe(false);
    db.run("ROLLBACK");
  });

  test("of another process is none of this one's", async () => {
    using dir = new TempDir();
    const path = dir.join("a.db");
    using db = new Database(path);
    db.run("CREATE TABLE t (id)");
    const script = `import { Database } from "bun:sqlite"; const db = new Database(${JSON.stringify(path)}); db.run("BEGIN IMMEDIATE"); console.log("held"); await Bun.stdin.text();`;
    const child = Bun.spawn([process.execPath, "-e", script], {
      stdin: "pipe",
      stdout: "pipe",
      timeout: 20_000,
    });
    for await (const _ of child.stdout) break;
    expect(holds(path)).toBe(false);
    expect(() => db.run("BEGIN IMMEDIATE")).toThrow("locked");
    child.stdin.end();
    await child.exited;
  });
});
