import { describe, expect, test } from "bun:test";
import { closeSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { CompanionFolder } from "../../src/history/companion-folder.ts";
import { failureOf } from "../support/failures.ts";
import { TempDir } from "../support/temp-dir.ts";

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log("skipped: only root can give files to others");

describe("the folder beside a database", () => {
  test("is its owner's alone, and no part of a repository", () => {
    using dir = new TempDir();
    const folder = new CompanionFolder(dir.write("app.db", ""));
    folder.make();
    folder.make();
    expect(folder.path).toBe(dir.join("app.db.godwit"));
    expect(statSync(folder.path).mode & 0o777).toBe(0o700);
    expect(readFileSync(dir.join("app.db.godwit/.gitignore"), "utf8")).toBe("*\n");
    closeSync(folder.createFile("x"));
    expect(statSync(dir.join("app.db.godwit/x")).mode & 0o777).toBe(0o600);
    expect(() => folder.createFile("x")).toThrow("EEXIST");
  });

  test("of a link lies beside what it points at", () => {
    using dir = new TempDir();
    dir.write("data/real.db", "");
    symlinkSync("data/real.db", dir.join("app.db"));
    expect(new CompanionFolder(dir.join("app.db")).path).toBe(dir.join("data/real.db.godwit"));
  });

  test("can lie elsewhere", () => {
    using dir = new TempDir();
    const folder = new CompanionFolder(dir.write("app.db", ""), dir.join("copies/deep"));
    folder.make();
    expect(folder.path).toBe(dir.join("copies/deep/app.db.godwit"));
    expect(statSync(folder.path).mode & 0o777).toBe(0o700);
  });

  test.skipIf(!isRoot)("belongs to the owner of the database, where root makes it", () => {
    using dir = new TempDir();
    const database = dir.write("app.db", "");
    Bun.spawnSync(["chown", "12345:54321", database]);
    const folder = new CompanionFolder(database);
    folder.make();
    closeSync(folder.createFile("x"));
    const owners = ["", "/.gitignore", "/x"].map((name) => {
      const { uid, gid } = statSync(`${folder.path}${name}`);
      return [uid, gid];
    });
    expect(owners).toEqual([
      [12345, 54321],
      [12345, 54321],
      [12345, 54321],
    ]);
  });

  test.each([
    ["a link", (path: string) => symlinkSync("/etc", path)],
    ["a file", (path: string) => void Bun.spawnSync(["touch", path])],
  ])("that is %s is not used", async (_, make) => {
    using dir = new TempDir();
    const folder = new CompanionFolder(dir.write("app.db", ""));
    make(folder.path);
    expect(await failureOf(async () => folder.make())).toMatchObject({ code: "BACKUP_FAILED" });
  });
});
