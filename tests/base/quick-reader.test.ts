import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
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
    const file = dir.write("a b.sql", content);
    const reader = QuickReader.open()!;
    dir.write("longer", "y".repeat(70_000));
    reader.read(dir.join("longer"));
    expect(reader.read(file)).toBe(Buffer.from(content as string).toString("utf8"));
  });

  test("through a link, and in a folder whose name is not ASCII", () => {
    using dir = new TempDir();
    symlinkSync(dir.write("Ünïcode/漢.sql", "one"), dir.join("link"));
    const reader = QuickReader.open()!;
    expect(reader.read(dir.join("Ünïcode/漢.sql"))).toBe("one");
    expect(reader.read(dir.join("link"))).toBe("one");
  });

  test("what cannot be read so is left to another way", () => {
    using dir = new TempDir();
    mkdirSync(dir.join("folder"));
    dir.write("large", "x".repeat(65_536));
    const reader = QuickReader.open()!;
    for (const name of ["folder", "large", "missing", `missing/${"x".repeat(5000)}`, "é".repeat(4097)])
      expect(reader.read(dir.join(name))).toBeNull();
  });

  test("no descriptor stays open", () => {
    using dir = new TempDir();
    const files = [
      dir.write("small", "x"),
      dir.write("large", "x".repeat(70_000)),
      dir.path,
      dir.join("missing"),
    ];
    const reader = QuickReader.open()!;
    const before = readdirSync("/proc/self/fd").length;
    for (let round = 0; round < 50; round++) for (const file of files) reader.read(file);
    expect(readdirSync("/proc/self/fd")).toHaveLength(before);
  });
});

test("without a C library there is none", () => {
  expect(QuickReader.open(["libnothing.so.6"])).toBeNull();
});
