import { describe, expect, test } from "bun:test";
import {
  appendFileSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeSync,
} from "node:fs";
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
    // Those of other databases lie there as well, and of other users.
    const plain = dir.join("plain");
    mkdirSync(plain);
    expect(statSync(dir.join("copies/deep")).mode).toBe(statSync(plain).mode);
  });

  test("gets what it lacks where somebody was killed while making it", () => {
    using dir = new TempDir();
    const folder = new CompanionFolder(dir.write("app.db", ""));
    mkdirSync(folder.path);
    folder.make();
    expect(readFileSync(dir.join("app.db.godwit/.gitignore"), "utf8")).toBe("*\n");
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

  test.skipIf(!isRoot)("is given to the owner of the database where root was killed before", () => {
    using dir = new TempDir();
    const database = dir.write("app.db", "");
    const folder = new CompanionFolder(database);
    mkdirSync(folder.path);
    chownSync(database, 12345, 54321);
    folder.make();
    expect(statSync(folder.path)).toMatchObject({ uid: 12345, gid: 54321 });
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

  test("that has become a link is not written into", () => {
    using dir = new TempDir();
    const folder = new CompanionFolder(dir.write("app.db", ""));
    folder.make();
    renameSync(folder.path, dir.join("elsewhere"));
    symlinkSync("elsewhere", folder.path);
    expect(() => folder.createFile("x")).toThrow("it is a link");
    expect(() => folder.openToAppend("x")).toThrow("it is a link");
    expect(existsSync(dir.join("elsewhere/x"))).toBe(false);
  });
});

describe("a file that is added to", () => {
  function made(): { dir: TempDir; folder: CompanionFolder; file: string; [Symbol.dispose](): void } {
    const dir = new TempDir();
    const folder = new CompanionFolder(dir.write("app.db", ""));
    folder.make();
    return { dir, folder, file: dir.join("app.db.godwit/x"), [Symbol.dispose]: () => dir[Symbol.dispose]() };
  }

  function add(folder: CompanionFolder, text: string): void {
    const descriptor = folder.openToAppend("x");
    writeSync(descriptor, text);
    closeSync(descriptor);
  }

  test("is its owner's alone, and keeps what is in it", () => {
    using project = made();
    add(project.folder, "one ");
    appendFileSync(project.file, "two ");
    add(project.folder, "three");
    expect(readFileSync(project.file, "utf8")).toBe("one two three");
    expect(statSync(project.file).mode & 0o777).toBe(0o600);
  });

  test.each(["there", "not there"])("is no link to what is %s", (what) => {
    using project = made();
    const { dir, folder, file } = project;
    if (what === "there") dir.write("secret", "secret");
    symlinkSync(dir.join("secret"), file);
    expect(() => add(folder, "more")).toThrow("is a link");
    expect(existsSync(dir.join("secret")) && readFileSync(dir.join("secret"), "utf8")).toBe(
      what === "there" && "secret",
    );
    rmSync(file);
    add(folder, "more");
  });

  test.skipIf(!isRoot)("does not give away what somebody has linked it to", () => {
    using project = made();
    const { dir, folder, file } = project;
    chownSync(dir.join("app.db"), 12345, 54321);
    const secret = dir.write("secret", "secret");
    symlinkSync(secret, file);
    expect(() => add(folder, "more")).toThrow("is a link");
    rmSync(file);
    // A second name is as good as a link where the system lets one be made.
    Bun.spawnSync(["ln", secret, file]);
    expect(() => add(folder, "more")).toThrow("has another name");
    expect(statSync(secret)).toMatchObject({ uid: 0, gid: 0, size: 6 });
  });

  test("is no pipe that nobody reads, and no folder", () => {
    using project = made();
    const { folder, file } = project;
    Bun.spawnSync(["mkfifo", file]);
    expect(() => add(folder, "more")).toThrow();
    expect(() => folder.openToRead("x")).toThrow("is no regular file");
    rmSync(file);
    mkdirSync(file);
    expect(() => add(folder, "more")).toThrow();
    expect(() => folder.openToRead("x")).toThrow("is no regular file");
  });

  test("is read where it is there", () => {
    using project = made();
    expect(project.folder.openToRead("x")).toBeNull();
    add(project.folder, "one");
    const descriptor = project.folder.openToRead("x")!;
    expect(readFileSync(descriptor, "utf8")).toBe("one");
    closeSync(descriptor);
  });
});
