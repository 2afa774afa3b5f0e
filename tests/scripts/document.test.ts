import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { alignTable, writeBetween } from "../../scripts/document.ts";
import { TempDir } from "../support/temp-dir.ts";

describe("a table in a document", () => {
  test("has columns as wide as their widest cell, numbers to the right", () => {
    const rows = [
      ["Name", "Number", "Met"],
      ["a long name", "1,000", "yes"],
    ];
    expect(alignTable(rows, [1]).split("\n")).toEqual([
      "| Name        | Number | Met |",
      "| ----------- | -----: | --- |",
      "| a long name |  1,000 | yes |",
    ]);
  });

  test("takes the place of what is between its markers, and of nothing else", () => {
    using folder = new TempDir();
    folder.write("a.md", "before\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nafter\n");
    writeBetween(folder.join("a.md"), "bench", "new");
    const text = "before\n<!-- bench: begin -->\n\nnew\n\n<!-- bench: end -->\nafter\n";
    expect(readFileSync(folder.join("a.md"), "utf8")).toBe(text);
    expect(() => writeBetween(folder.join("a.md"), "torture", "new")).toThrow(
      "has no <!-- torture: begin -->",
    );
    expect(readFileSync(folder.join("a.md"), "utf8")).toBe(text);
  });

  test.each(["torture", "bench"])("the README has a place for that of scripts/%s", (name) => {
    const readme = readFileSync(join(resolve(import.meta.dir, "../.."), "README.md"), "utf8");
    for (const marker of [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`])
      expect(readme.split(marker)).toHaveLength(2);
  });
});
