import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { identityOf } from "../../../src/databases/sqlite/file-identity.ts";
import { WriteLock } from "../../../src/databases/sqlite/write-lock.ts";
import { TempDir } from "../../support/temp-dir.ts";

const lockOf = (path: string) => WriteLock.of(identityOf(path)!)!;
const holds = (path: string) => lockOf(path).isSeen();

const isTold = process.platform === "linux";
if (!isTold) console.log("skipped: only Linux tells a process of its own locks");

describe.skipIf(!isTold)("the write lock", () => {
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
    const lock = lockOf(dir.join("a.db"));
    const others = Array.from({ length: 200 }, (_, n) => new Database(dir.join(`${n}.db`)));
    for (const other of others) other.run("BEGIN IMMEDIATE");
    for (let round = 0; round < 3; round++) {
      expect(lock.isSeen()).toBe(false);
      db.run("BEGIN IMMEDIATE");
      expect(lock.isSeen()).toBe(true);
      db.run("ROLLBACK");
    }
    for (const other of others) other.close();
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

  test("is seen where a descriptor that it was seen by is closed, and another file has its number", () => {
    using dir = new TempDir();
    const path = dir.join("a.db");
    writeFileSync(path, "");
    const early = openSync(path, "r");
    using db = new Database(path);
    db.run("CREATE TABLE t (id); BEGIN IMMEDIATE");
    const lock = lockOf(path);
    expect(lock.isSeen()).toBe(true);
    using other = new Database(dir.join("b.db"));
    other.run("CREATE TABLE t (id)");
    closeSync(early);
    // That has dropped the lock: https://sqlite.org/howtocorrupt.html
    expect(lock.isSeen()).toBe(false);
    using another = new Database(dir.join("c.db"));
    another.run("CREATE TABLE t (id); BEGIN IMMEDIATE");
    expect(readlinkSync(`/proc/self/fd/${early}`)).toBe(dir.join("c.db"));
    expect(lock.isSeen()).toBe(false);
    db.run("ROLLBACK; BEGIN IMMEDIATE");
    expect(lock.isSeen()).toBe(true);
    db.run("ROLLBACK");
    another.run("ROLLBACK");
  });

  test("is seen where the first descriptor of the file answers nothing", () => {
    using dir = new TempDir();
    const path = dir.join("a.db");
    writeFileSync(path, "");
    const O_PATH = 0o10000000;
    const nameOnly = openSync(path, O_PATH);
    using db = new Database(path);
    db.run("CREATE TABLE t (id); BEGIN IMMEDIATE");
    expect(holds(path)).toBe(true);
    db.run("ROLLBACK");
    closeSync(nameOnly);
  });

  test("opens and closes nothing that would drop it", () => {
    using dir = new TempDir();
    using db = new Database(dir.join("a.db"));
    db.run("CREATE TABLE t (id); BEGIN IMMEDIATE");
    const before = readdirSync("/proc/self/fd").length;
    const lock = lockOf(dir.join("a.db"));
    for (let look = 0; look < 3; look++) expect(lock.isSeen()).toBe(true);
    expect(readdirSync("/proc/self/fd").length).toBe(before);
    db.run("ROLLBACK");
  });

  test("is not taken for gone while others take and drop a hundred locks", async () => {
    using dir = new TempDir();
    using db = new Database(dir.join("a.db"));
    db.run("CREATE TABLE t (id); BEGIN IMMEDIATE");
    const lock = lockOf(dir.join("a.db"));
    const script = `import { Database } from "bun:sqlite";
      const dbs = Array.from({ length: 120 }, (_, n) => new Database(${JSON.stringify(dir.path)} + "/" + n + ".db"));
      console.log("begun");
      for (;;) { for (const db of dbs) db.run("BEGIN IMMEDIATE"); for (const db of dbs) db.run("ROLLBACK"); }`;
    const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", timeout: 30_000 });
    for await (const _ of child.stdout) break;
    for (let look = 0; look < 5000; look++) expect(lock.isSeen()).toBe(true);
    child.kill("SIGKILL");
    await child.exited;
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
