import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from "node:fs";
import { identityOf } from "../../../src/databases/sqlite/file-identity.ts";
import { WriteLock } from "../../../src/databases/sqlite/write-lock.ts";
import { TempDir } from "../../support/temp-dir.ts";

function holds(path: string): boolean {
  const lock = new WriteLock(identityOf(path)!);
  try {
    return lock.isSeen();
  } finally {
    lock.close();
  }
}

function linkOf(descriptor: string): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return null;
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
      expect(lock.isSeen()).toBe(false);
      db.run("BEGIN IMMEDIATE");
      expect([lock.isSeen(), lock.isGone()]).toEqual([true, false]);
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

  test("is not gone where code has closed the list, or put another file in its place", () => {
    using dir = new TempDir();
    using db = new Database(dir.join("a.db"));
    db.run("CREATE TABLE t (id); BEGIN IMMEDIATE");
    const lock = new WriteLock(identityOf(dir.join("a.db"))!);
    expect(lock.isSeen()).toBe(true);
    const listed = () => readdirSync("/proc/self/fd").filter((name) => linkOf(name) === "/proc/locks");
    for (const name of listed()) closeSync(Number(name));
    expect(lock.isGone()).toBe(false);
    const [again] = listed();
    closeSync(Number(again));
    const endless = openSync("/dev/zero", "r");
    expect(String(endless)).toBe(again!);
    expect(lock.isGone()).toBe(false);
    // What has the number by now is left open.
    expect(readSync(endless, Buffer.alloc(1))).toBe(1);
    closeSync(endless);
    lock.close();
    expect(listed()).toEqual([]);
  });

  test("is not gone while others take and drop a hundred locks", async () => {
    using dir = new TempDir();
    using db = new Database(dir.join("a.db"));
    db.run("CREATE TABLE t (id); BEGIN IMMEDIATE");
    const lock = new WriteLock(identityOf(dir.join("a.db"))!);
    const script = `import { Database } from "bun:sqlite";
      const dbs = Array.from({ length: 120 }, (_, n) => new Database(${JSON.stringify(dir.path)} + "/" + n + ".db"));
      console.log("begun");
      for (;;) { for (const db of dbs) db.run("BEGIN IMMEDIATE"); for (const db of dbs) db.run("ROLLBACK"); }`;
    const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", timeout: 30_000 });
    for await (const _ of child.stdout) break;
    let missed = 0;
    for (let look = 0; look < 5000; look++) {
      if (!lock.isSeen()) missed++;
      expect(lock.isGone()).toBe(false);
    }
    child.kill("SIGKILL");
    await child.exited;
    lock.close();
    // Where one look never misses it, this shows nothing.
    if (missed === 0) console.log("no line was passed over by any of 5,000 looks");
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
