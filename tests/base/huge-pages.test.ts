import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { HugePages } from "../../src/base/huge-pages.ts";
import { TempDir } from "../support/temp-dir.ts";

const MIB = 1024;
const SETTING = "/sys/kernel/mm/transparent_hugepage/enabled";
const isOffered = existsSync(SETTING) && !readFileSync(SETTING, "utf8").includes("[never]");
/** `MADV_COLLAPSE` */
const [major = 0, minor = 0] = release().split(".").map(Number);
const isNew = major > 6 || (major === 6 && minor >= 1);
/** Where all memory is of huge pages, there is nothing left to be made whole. */
const isMadeWhole = isOffered && isNew && readFileSync(SETTING, "utf8").includes("[madvise]");
if (!isOffered) console.log("skipped: this system gives no transparent huge pages");
else if (!isMadeWhole) console.log("skipped: nothing is to be made whole, or this Linux cannot");

/**
 * What a new process prints that has `pages`. `asked()` are the sizes of what was asked to be of huge pages, in KiB
 * (https://man7.org/linux/man-pages/man5/proc_pid_smaps.5.html, `hg`).
 */
function inProcess(statements: string): unknown {
  const script = `import { readFileSync } from "node:fs";
    import { expectMemory, HugePages, useHugePages } from "${import.meta.dir}/../../src/base/huge-pages.ts";
    function asked() {
      const areas = readFileSync("/proc/self/smaps", "utf8").matchAll(/^Size: +(\\d+) kB$[\\s\\S]*?^VmFlags: (.*)$/gm);
      return [...areas].filter(([, , flags]) => / hg\\b/.test(flags)).map(([, size]) => Number(size));
    }
    const huge = () => Number(/^AnonHugePages: +(\\d+) kB$/m.exec(readFileSync("/proc/self/smaps_rollup", "utf8"))?.[1]);
    const pages = HugePages.open();
    ${statements}`;
  const { stdout, stderr } = Bun.spawnSync([process.execPath, "-e", script], { timeout: 30_000 });
  expect(stderr.toString()).toBe("");
  return JSON.parse(stdout.toString());
}

describe("memory that is expected to be touched", () => {
  test.if(isOffered)(
    "is asked for in huge pages, and more of it later, the most of what is told of one thing",
    () => {
      const told = inProcess(`
      const told = [asked()];
      for (const [what, mib] of [["a", 24], ["b", 256], ["b", 100], ["a", 25]]) { pages.expect(what, mib); told.push(asked()); }
      console.log(JSON.stringify(told));`);
      expect(told).toEqual([[], [24 * MIB], [280 * MIB], [280 * MIB], [281 * MIB]]);
    },
  );

  test.if(isOffered)("is where the allocator takes the next from", () => {
    const used = inProcess(`
      pages.expect("a", 256);
      const kept = Array.from({ length: 12 }, () => new Uint8Array(2 ** 20).fill(1));
      console.log(kept.length === 12 ? huge() : 0);`);
    expect(used).toBeGreaterThan(0);
  });

  test.if(isMadeWhole)("is made whole where it is in use in small pages", () => {
    const told = inProcess(`
      const { expectCode, expectRun } = await import("${import.meta.dir}/../../src/base/huge-pages.ts");
      const of = (action) => { const before = huge(); action(); return huge() - before; };
      const told = [of(() => pages.expect("a", 1)), of(() => pages.expect("a", 1)), of(() => pages.expect("b", 1, { ofObjects: true }))];
      console.log(JSON.stringify(told));`);
    expect(told).toEqual([2 * MIB, 0, 2 * MIB]);
  });

  test.if(isMadeWhole).each(["expectCode(1)", "expectRun()"])(
    "is made whole by %s for objects too",
    (action) => {
      const told = inProcess(`
        const { expectCode, expectRun } = await import("${import.meta.dir}/../../src/base/huge-pages.ts");
        useHugePages();
        expectMemory("a", 1);
        const before = huge();
        ${action};
        console.log(huge() - before);`);
      expect(told).toBe(2 * MIB);
    },
  );

  test.if(isOffered)("is asked for in a process that uses them, and in no other", () => {
    const told = inProcess(`
      const told = [];
      expectMemory("a", 24);
      told.push(asked());
      useHugePages();
      expectMemory("a", 24);
      useHugePages();
      expectMemory("b", 24);
      told.push(asked());
      console.log(JSON.stringify(told));`);
    expect(told).toEqual([[], [48 * MIB]]);
  });

  test.if(isOffered)("is expected before a large file is read", () => {
    using folder = new TempDir();
    folder.write("large.sql", `SELECT '${"ß".repeat(2 ** 20)}';`);
    const told = inProcess(`
      const { readFileText } = await import("${import.meta.dir}/../../src/migrations/file-text.ts");
      useHugePages();
      readFileText("${folder.join("large.sql")}", "large.sql");
      console.log(JSON.stringify(asked()));`);
    expect(told).toEqual([9 * MIB]);
  });

  test.if(isOffered)("is expected for files of code", () => {
    using folder = new TempDir();
    for (let n = 0; n < 100; n++) folder.write(`${20260101000000 + n}_a.${n % 2 ? "ts" : "js"}`, "");
    const told = inProcess(`
      const { FolderSource } = await import("${import.meta.dir}/../../src/migrations/folder-source.ts");
      useHugePages();
      console.log(JSON.stringify([new FolderSource("${folder.path}").list().length, asked()]));`);
    expect(told).toEqual([100, [3 * MIB]]);
  });

  test.if(isOffered)("is expected for more than a thousand files", () => {
    using folder = new TempDir();
    for (let n = 0; n < 1200; n++) folder.write(`${20260101000000 + n}_a.sql`, "SELECT 1;");
    const told = inProcess(`
      const { FolderSource } = await import("${import.meta.dir}/../../src/migrations/folder-source.ts");
      useHugePages();
      const { unlinkSync } = await import("node:fs");
      const source = new FolderSource("${folder.path}");
      const told = [source.list().length, asked()];
      for (let n = 0; n < 200; n++) unlinkSync("${folder.path}/" + (20260101000000 + n) + "_a.sql");
      told.push(source.list().length, asked());
      console.log(JSON.stringify(told));`);
    expect(told).toEqual([1200, [2 * MIB], 1000, [2 * MIB]]);
  });

  test.if(isOffered)("is expected for a run, and not where there is nothing to run", () => {
    using folder = new TempDir();
    folder.write("migrations/20260101000001_a.sql", "-- up\nCREATE TABLE a (id);\n");
    const migrate = `
      const { MigrationManager } = await import("${import.meta.dir}/../../src/index.ts");
      useHugePages();
      await new MigrationManager("${folder.join("app.db")}", "${folder.join("migrations")}").migrate();
      console.log(JSON.stringify(asked()));`;
    expect([inProcess(migrate), inProcess(migrate)]).toEqual([[256 * MIB], []]);
  });

  test.if(isMadeWhole)("is not made whole where the system gives no huge pages", () => {
    using folder = new TempDir();
    folder.write("never", "always madvise [never]\n");
    folder.write("always", "[always] madvise never\n");
    const made = (setting: string) =>
      inProcess(`
        const before = huge();
        HugePages.open("${folder.join(setting)}").expect("a", 1);
        console.log(huge() - before);`);
    expect(["never", "missing", "always"].map(made)).toEqual([0, 0, 2 * MIB]);
  });

  test("is as it is where no C library is found", () => {
    expect(HugePages.open(undefined, ["libnothing.so.6"])).toBeNull();
  });
});
