import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { release } from "node:os";
import { HugePages, isOffered } from "../../src/base/huge-pages.ts";
import { TempDir } from "../support/temp-dir.ts";

const SETTING = "/sys/kernel/mm/transparent_hugepage/enabled";
const isGiven = existsSync(SETTING) && isOffered(SETTING);
const [major = 0, minor = 0] = release().split(".").map(Number);
/** Has `MADV_COLLAPSE`. */
const isRecent = major > 6 || (major === 6 && minor >= 1);
if (!isGiven) console.log("skipped: this system gives no transparent huge pages");
else if (!isRecent) console.log("skipped: this Linux makes no page whole");

const MIB = 2 ** 20;
const [HUGEPAGE, COLLAPSE] = [14, 25];
/** Where buffers, and where objects are taken from. */
const [BUFFERS, OBJECTS] = [11 * MIB, 21 * MIB];

function recorded({ offers = true, failing = false } = {}) {
  const calls: number[][] = [];
  const pages = new HugePages({
    madvise(start, length, advice) {
      calls.push([start / MIB, length / MIB, advice]);
      if (failing && advice === COLLAPSE) throw new TypeError("Math.floor is not a function");
      return 0;
    },
    addressOf: ({ length }) => (length > 1000 ? BUFFERS : OBJECTS) + 16,
    isOffered: () => offers,
  });
  return { calls, pages };
}

/** What a new process prints; `calls` are those for memory that it makes, as lengths in MiB and advice, and `huge()` what it has in huge pages, in KiB. */
function inProcess(statements: string): unknown {
  const script = `import { readFileSync } from "node:fs";
    import { expectMemory, HugePages, useHugePages } from "${import.meta.dir}/../../src/base/huge-pages.ts";
    const huge = () => Number(/^AnonHugePages: +(\\d+) kB$/m.exec(readFileSync("/proc/self/smaps_rollup", "utf8"))?.[1]);
    const calls = [];
    const record = () => new HugePages({
      madvise: (_, length, advice) => calls.push([length / 2 ** 20, advice]),
      addressOf: () => 2 ** 30,
      isOffered: () => false,
    });
    ${statements}`;
  const { stdout, stderr } = Bun.spawnSync([process.execPath, "-e", script], { timeout: 30_000 });
  expect(stderr.toString()).toBe("");
  return JSON.parse(stdout.toString());
}

describe("memory that is expected to be touched", () => {
  test("is asked for in huge pages, and the page that is begun is made whole", () => {
    const { calls, pages } = recorded();
    pages.expect("a", 24);
    expect(calls).toEqual([
      [12, 24, HUGEPAGE],
      [10, 2, COLLAPSE],
    ]);
  });

  test("adds up, the most that is told of each thing, and is asked for no more when that is told again", () => {
    const { calls, pages } = recorded({ offers: false });
    const parts = [
      ["a", 24],
      ["b", 256],
      ["b", 256],
      ["b", 100],
      ["a", 24.5],
    ] as const;
    for (const [what, mib] of parts) pages.expect(what, mib);
    expect(calls).toEqual([
      [12, 24, HUGEPAGE],
      [12, 280, HUGEPAGE],
      [12, 281, HUGEPAGE],
    ]);
  });

  test("is of objects too, where it is said", () => {
    const { calls, pages } = recorded();
    pages.expect("a", 24, { ofObjects: true });
    pages.expect("a", 24, { ofObjects: true });
    expect(calls).toEqual([
      [12, 24, HUGEPAGE],
      [10, 2, COLLAPSE],
      [20, 2, COLLAPSE],
    ]);
  });

  test("fails nothing where code has changed what is called", () => {
    const { calls, pages } = recorded({ failing: true });
    pages.expect("a", 24, { ofObjects: true });
    expect(calls).toHaveLength(2);
  });

  test("is told by functions that code cannot change any more", () => {
    const told = inProcess(`
      const foreign = process.getBuiltinModule("bun:ffi");
      const pages = HugePages.open();
      let asked = 0;
      foreign.ptr = () => { asked++; return 0; };
      pages?.expect("a", 1);
      console.log(asked);`);
    expect(told).toBe(0);
  });

  test("is expected in a process that uses huge pages, and in no other", () => {
    const told = inProcess(`
      expectMemory("a", 24);
      const before = calls.length;
      useHugePages(record);
      expectMemory("a", 24);
      useHugePages(() => { throw new Error("opened again"); });
      expectMemory("b", 24);
      console.log(JSON.stringify([before, calls]));`);
    expect(told).toEqual([
      0,
      [
        [24, HUGEPAGE],
        [48, HUGEPAGE],
      ],
    ]);
  });

  test("is expected before large files are read", () => {
    using folder = new TempDir();
    for (const name of ["a.sql", "b.sql"]) folder.write(name, `SELECT '${"ß".repeat(2 ** 20)}';`);
    const told = inProcess(`
      const { readFileText } = await import("${import.meta.dir}/../../src/migrations/file-text.ts");
      useHugePages(record);
      for (const name of ["a.sql", "b.sql", "b.sql"]) readFileText("${folder.path}/" + name, name);
      console.log(JSON.stringify(calls));`);
    expect(told).toEqual([
      [9, HUGEPAGE],
      [17, HUGEPAGE],
    ]);
  });

  test("is expected for files of code, and of objects", () => {
    using folder = new TempDir();
    for (let n = 0; n < 100; n++) folder.write(`${20260101000000 + n}_a.${n % 2 ? "ts" : "js"}`, "");
    const told = inProcess(`
      const { FolderSource } = await import("${import.meta.dir}/../../src/migrations/folder-source.ts");
      const pages = record();
      pages.expect = (...told) => calls.push(told);
      useHugePages(() => pages);
      console.log(JSON.stringify([new FolderSource("${folder.path}").list().length, calls]));`);
    expect(told).toEqual([100, [["code", 3, { ofObjects: true }]]]);
  });

  test("is expected for more than a thousand files", () => {
    using folder = new TempDir();
    for (let n = 0; n < 1200; n++) folder.write(`${20260101000000 + n}_a.sql`, "SELECT 1;");
    const told = inProcess(`
      const { FolderSource } = await import("${import.meta.dir}/../../src/migrations/folder-source.ts");
      useHugePages(record);
      const { unlinkSync } = await import("node:fs");
      const source = new FolderSource("${folder.path}");
      const counts = [source.list().length, source.list().length];
      for (let n = 0; n < 200; n++) unlinkSync("${folder.path}/" + (20260101000000 + n) + "_a.sql");
      counts.push(source.list().length);
      console.log(JSON.stringify([counts, calls]));`);
    expect(told).toEqual([[1200, 1200, 1000], [[2, HUGEPAGE]]]);
  });

  test("is expected for a run, and of objects, and not where there is nothing to run", () => {
    using folder = new TempDir();
    folder.write("migrations/20260101000001_a.sql", "-- up\nCREATE TABLE a (id);\n");
    const migrate = `
      const { MigrationManager } = await import("${import.meta.dir}/../../src/index.ts");
      const pages = record();
      pages.expect = (...told) => calls.push(told);
      useHugePages(() => pages);
      await new MigrationManager("${folder.join("app.db")}", "${folder.join("migrations")}").migrate();
      console.log(JSON.stringify(calls));`;
    expect([inProcess(migrate), inProcess(migrate)]).toEqual([[["run", 256, { ofObjects: true }]], []]);
  });

  test.if(isGiven)("is where the allocator takes the next from", () => {
    const used = inProcess(`
      HugePages.open().expect("a", 256);
      const kept = Array.from({ length: 12 }, () => new Uint8Array(2 ** 20).fill(1));
      console.log(kept.length === 12 ? huge() : 0);`);
    expect(used).toBeGreaterThan(0);
  });

  test.if(isGiven && isRecent)("is made whole by Linux", () => {
    // Bun gives back what lies idle, and splits a page with it: where the machine is busy, it may be gone before it is counted.
    const grows = () =>
      inProcess(`
        const before = huge();
        HugePages.open().expect("a", 1);
        console.log(huge() > before);`);
    expect(Array.from({ length: 5 }, grows)).toContain(true);
  });

  test("is as it is where no C library is found", () => {
    expect(HugePages.open(["libnothing.so.6"])).toBeNull();
  });
});

describe("whether a system gives huge pages", () => {
  test.each([
    ["always madvise [never]", false],
    ["always [madvise] never", true],
    ["[always] madvise never", true],
  ])("%s", (words, given) => {
    using folder = new TempDir();
    folder.write("enabled", `${words}\n`);
    expect(isOffered(folder.join("enabled"))).toBe(given);
  });

  test("it gives none where nothing says so, and nothing is left open", () => {
    using folder = new TempDir();
    expect(isOffered(folder.join("nothing"))).toBe(false);
    const open = () => (existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0);
    const before = open();
    for (let time = 0; time < 20; time++) expect(isOffered(folder.path)).toBe(false);
    expect(open()).toBeLessThan(before + 20);
  });
});
