import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, renameSync, symlinkSync } from "node:fs";
import { QuickReader } from "../../src/base/quick-reader.ts";
import { TempDir } from "../support/temp-dir.ts";

const isLinux = process.platform === "linux";
if (!isLinux) console.log("skipped: there is no C library that is known here");

describe.if(isLinux)("many small files", () => {
  test.each([
    ["a few words", "CREATE TABLE t (id);\n"],
    ["nothing", ""],
    ["letters of every width", "é ü 漢 😀\n".repeat(100)],
    ["what is no UTF-8", new Uint8Array([0x61, 0xff, 0x62])],
    ["a NUL", "a\0b"],
    ["almost too much", "x".repeat(65_535)],
  ])("are read as they stand: %s", (_, content) => {
    using dir = new TempDir();
    dir.write("a b.sql", content);
    dir.write("longer", "y".repeat(70_000));
    using reader = opened(dir.path);
    reader.read("longer");
    expect(reader.read("a b.sql")).toBe(Buffer.from(content as string).toString("utf8"));
  });

  test("through a link, and in a folder whose name is not ASCII", () => {
    using dir = new TempDir();
    const long = `${"x".repeat(251)}.sql`;
    dir.write(`Ünïcode/${long}`, "two");
    symlinkSync(dir.write("Ünïcode/漢.sql", "one"), dir.join("Ünïcode/link"));
    using reader = opened(dir.join("Ünïcode"));
    expect(["漢.sql", "link", long].map((name) => reader.read(name))).toEqual(["one", "one", "two"]);
  });

  test("of the folder that was opened, also when another has its name", () => {
    using dir = new TempDir();
    dir.write("migrations/a.sql", "one");
    using reader = opened(dir.join("migrations"));
    renameSync(dir.join("migrations"), dir.join("old"));
    dir.write("migrations/a.sql", "two");
    expect(reader.read("a.sql")).toBe("one");
  });

  test("what cannot be read so is left to another way", () => {
    using dir = new TempDir();
    mkdirSync(dir.join("folder"));
    dir.write("large", "x".repeat(65_536));
    using reader = opened(dir.path);
    for (const name of ["folder", "large", "missing", "x".repeat(256), "é".repeat(255), "é".repeat(5000)])
      expect(reader.read(name)).toBeNull();
  });

  test("no descriptor stays open", () => {
    using dir = new TempDir();
    dir.write("small", "x");
    dir.write("large", "x".repeat(70_000));
    const before = readdirSync("/proc/self/fd").length;
    {
      using reader = opened(dir.path);
      for (let round = 0; round < 50; round++)
        for (const name of ["small", "large", ".", "missing"]) reader.read(name);
    }
    expect(readdirSync("/proc/self/fd")).toHaveLength(before);
  });
});

test("without a C library, or a folder, there is none", () => {
  using dir = new TempDir();
  dir.write("file", "");
  expect(QuickReader.open(dir.path, ["libnothing.so.6"])).toBeNull();
  expect(QuickReader.open(dir.join("missing"))).toBeNull();
  expect(QuickReader.open(dir.join("file"))).toBeNull();
});

function opened(folder: string) {
  const reader = QuickReader.open(folder)!;
  return { read: (name: string) => reader.read(name), [Symbol.dispose]: () => reader.close() };
}
