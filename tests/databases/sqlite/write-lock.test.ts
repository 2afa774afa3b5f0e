import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { identityOf } from "../../../src/databases/sqlite/file-identity.ts";
import { WriteLock } from "../../../src/databases/sqlite/write-lock.ts";
import { TempDir } from "../../support/temp-dir.ts";

function holds(path: string): boolean {
  const lock = new WriteLock(identityOf(path)!);
  try {
    return lock.isHeld();
  } finally {
    lock.close();
  }
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

  test("is seen again and again, among many others", () => {
    using dir = new TempDir();
    using db = new Database(dir.join("a.db"));
    db.run("CREATE TABLE t (id)");
    const lock = new WriteLock(identityOf(dir.join("a.db"))!);
    const others = Array.from({ length: 200 }, (_, n) => new Database(dir.join(`${n}.db`)));
    for (const other of others) other.run("BEGIN IMMEDIATE");
    expect(readFileSync("/proc/locks").length).toBeGreaterThan(16_384);
    for (let round = 0; round < 3; round++) {
      expect(lock.isHeld()).toBe(false);
      db.run("BEGIN IMMEDIATE");
      expect(lock.isHeld()).toBe(true);
      db.run("ROLLBACK");
    }
    for (const other of others) other.close();
    lock.close();
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
