import { describe, expect, test } from "bun:test";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { startSync, writeExclusive } from "../../src/base/exclusive-file.ts";
import { TempDir } from "../support/temp-dir.ts";

describe("a file written exclusively", () => {
  test("holds the text", () => {
    using dir = new TempDir();
    expect(writeExclusive(dir.join("a.sql"), "-- ü\n")).toBe(true);
    expect(readFileSync(dir.join("a.sql"), "utf8")).toBe("-- ü\n");
  });

  test("has the mode that was asked for", () => {
    using dir = new TempDir();
    writeExclusive(dir.join("secret"), "", 0o600);
    expect(lstatSync(dir.join("secret")).mode & 0o777).toBe(0o600);
  });

  test("never replaces one that exists", () => {
    using dir = new TempDir();
    const file = dir.write("a.sql", "old");
    expect(writeExclusive(file, "new")).toBe(false);
    expect(readFileSync(file, "utf8")).toBe("old");
  });

  test("never stands in the place of a folder", () => {
    using dir = new TempDir();
    mkdirSync(dir.join("a.sql"));
    expect(writeExclusive(dir.join("a.sql"), "new")).toBe(false);
    expect(lstatSync(dir.join("a.sql")).isDirectory()).toBe(true);
  });

  test("is not written through a dangling link", () => {
    using dir = new TempDir();
    symlinkSync(dir.join("elsewhere"), dir.join("a.sql"));
    expect(writeExclusive(dir.join("a.sql"), "new")).toBe(false);
    expect(existsSync(dir.join("elsewhere"))).toBe(false);
  });

  test("in a folder that is not there is the system's error", () => {
    using dir = new TempDir();
    expect(() => writeExclusive(dir.join("no", "a.sql"), "new")).toThrow(
      expect.objectContaining({ code: "ENOENT" }),
    );
  });

  test("that cannot be written whole is removed again", () => {
    using dir = new TempDir();
    const script = dir.write(
      "write.ts",
      `import { writeExclusive } from ${JSON.stringify(join(import.meta.dir, "../../src/base/exclusive-file.ts"))};
       try { writeExclusive(${JSON.stringify(dir.join("a.sql"))}, "x".repeat(100_000)); }
       catch (error) { console.log(error.code); }`,
    );
    const { stdout } = Bun.spawnSync([
      "bash",
      "-c",
      'trap "" XFSZ; ulimit -f 1; exec "$0" "$1"',
      process.execPath,
      script,
    ]);
    expect(stdout.toString()).toBe("EFBIG\n");
    expect(existsSync(dir.join("a.sql"))).toBe(false);
  });
});

describe("a sync that is started", () => {
  test("says nothing where all went well", async () => {
    using dir = new TempDir();
    expect(await startSync(dir.write("a.db", "text"))).toBeNull();
  });

  test("gives what the system says, and rejects nothing", async () => {
    expect(await startSync("/dev/full")).toMatchObject({ code: "EINVAL" });
  });

  test("of a file that is not there is the system's error", () => {
    using dir = new TempDir();
    expect(() => startSync(dir.join("a.db"))).toThrow(expect.objectContaining({ code: "ENOENT" }));
  });

  test("leaves no file open", async () => {
    using dir = new TempDir();
    const file = dir.write("a.db", "text");
    const open = () => readdirSync("/proc/self/fd").length;
    await startSync(file);
    const before = open();
    for (let n = 0; n < 10; n++) await startSync(file);
    expect(open()).toBe(before);
  });
});
