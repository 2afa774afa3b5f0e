import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { FileSets } from "../../scripts/benchmark/file-sets.ts";
import { filesOf } from "../../scripts/benchmark/file-shapes.ts";
import type { Measurement } from "../../scripts/benchmark/measure.ts";
import { stepsOf } from "../../scripts/benchmark/migration-steps.ts";
import { readOptions, UsageError } from "../../scripts/benchmark/options.ts";
import { runTimed } from "../../scripts/benchmark/process.ts";
import { isMet, type MeasuredRatio, RATIOS, ratiosOf } from "../../scripts/benchmark/ratios.ts";
import { compare, TOLERANCE, withRecorded } from "../../scripts/benchmark/record.ts";
import { type Report, showReport } from "../../scripts/benchmark/report.ts";
import { median } from "../../scripts/benchmark/statistics.ts";
import { roundsOf } from "../../scripts/benchmark/workload.ts";
import { WORKLOADS } from "../../scripts/benchmark/workloads.ts";
import { runProcess } from "../support/run-godwit.ts";

const ROOT = resolve(import.meta.dir, "../..");
const NAMES = ["version", "inserts"];

function measured(id: string, milliseconds: number, peakKib: number | null = null): Measurement {
  return { id, title: `${id} 1.0`, milliseconds, runs: [milliseconds], peakKib };
}

function ratioOf(id: string, measurements: Record<string, Measurement[]>): number | null {
  return ratiosOf(measurements).find((ratio) => ratio.id === id)!.value;
}

describe("the figures of a benchmark", () => {
  test("the median is the middle, or between the two in the middle", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([10, 2, 4, 100])).toBe(7);
    expect(() => median([])).toThrow("nothing");
  });

  test("a workload that takes minutes has a third of the rounds, at least three, and never more than asked for", () => {
    expect([1, 2, 5, 10, 30].map((rounds) => roundsOf({ isLong: true }, rounds))).toEqual([1, 2, 3, 3, 10]);
    expect(roundsOf({}, 10)).toBe(10);
  });

  test("a ratio is that of two medians", () => {
    const version = [measured("godwit", 6), measured("dbmate", 8), measured("bare", 4)];
    expect(ratioOf("version-dbmate", { version })).toBe(0.75);
    expect(ratioOf("version-bare", { version })).toBe(1.5);
  });

  test("what a limit cannot go below is the bare program's, not godwit's", () => {
    const apply = [measured("godwit", 30), measured("bare", 12), measured("shell", 8)];
    expect(ratioOf("apply-floor", { "apply-1000": apply })).toBe(1.5);
    expect(ratioOf("apply-bare", { "apply-1000": apply })).toBe(2.5);
  });

  test("the fastest of several is what counts, and is not known where one is missing", () => {
    const [godwit, knex, kysely, umzug] = [
      measured("godwit", 10),
      measured("knex", 80),
      measured("kysely", 40),
      measured("umzug", 90),
    ];
    expect(ratioOf("typescript-node", { "typescript-200": [godwit, knex, kysely, umzug] })).toBe(0.25);
    expect(ratioOf("typescript-node", { "typescript-200": [godwit, knex, umzug] })).toBeNull();
  });

  test("peak memory is in MiB, or in sizes of the file", () => {
    expect(ratioOf("no-op-memory", { "no-op-1000": [measured("godwit", 1, 51_200)] })).toBe(50);
    const large = { "large-file": [measured("godwit", 1, 195_312.5)] };
    expect(ratioOf("large-file-memory", large)).toBe(4);
    expect(ratioOf("no-op-memory", { "no-op-1000": [measured("godwit", 1)] })).toBeNull();
  });

  test("only the ratios of workloads that ran", () => {
    expect(ratiosOf({ version: [] }).map(({ id }) => id)).toEqual(["version-dbmate", "version-bare"]);
  });

  test("a limit is met by what is no more than it", () => {
    const ratio = { id: "a", text: "", unit: "×" } as const;
    expect(isMet({ ...ratio, limit: 0.8, value: 0.8 })).toBe(true);
    expect(isMet({ ...ratio, limit: 0.8, value: 0.801 })).toBe(false);
    expect(isMet({ ...ratio, limit: null, value: 1 })).toBeNull();
    expect(isMet({ ...ratio, limit: 1, value: null })).toBeNull();
  });
});

describe("the check against recorded ratios", () => {
  const ratio = (id: string, value: number | null): MeasuredRatio => ({
    id,
    text: `text of ${id}`,
    unit: "×",
    limit: null,
    value,
  });

  test("only what is worse by more than the tolerance is worse", () => {
    const verdicts = compare({ a: 0.4, b: 0.4, c: 0.4 }, [
      ratio("a", 0.1),
      ratio("b", 0.4 * TOLERANCE),
      ratio("c", 0.51),
    ]);
    expect(verdicts.map(({ isWorse }) => isWorse)).toEqual([false, false, true]);
    expect(verdicts.map(({ text }) => text)).toEqual([
      "as good       text of a: 0.100 ×, recorded 0.400 ×",
      "as good       text of b: 0.500 ×, recorded 0.400 ×",
      "WORSE         text of c: 0.510 ×, recorded 0.400 ×",
    ]);
  });

  test("what was not recorded, or not measured, is told and is not worse", () => {
    expect(compare({ b: 1 }, [ratio("a", 9), ratio("b", null)])).toEqual([
      { text: "not recorded  text of a", isWorse: false },
      { text: "not measured  text of b", isWorse: false },
    ]);
  });

  test("recording keeps what did not run and forgets what there no longer is", () => {
    const before = { "no-op-dbmate": 0.9, gone: 2, "version-dbmate": 0.7 };
    const after = withRecorded(before, [ratio("version-dbmate", 0.65432), ratio("version-bare", null)]);
    expect(after).toEqual({ "version-dbmate": 0.654, "no-op-dbmate": 0.9 });
  });
});

describe("the report of a benchmark", () => {
  const workloads = { version: [measured("godwit", 6.25, 40_960), measured("dbmate", 1234.5)] };
  const report: Report = {
    date: "2026-02-14",
    machine: { cores: 2, model: "A CPU", kernel: "Linux 6.1" },
    versions: { Bun: "1.4.5", SQLite: "3.54.1" },
    rounds: 10,
    workloads,
    ratios: ratiosOf(workloads),
    missing: { "bare/hello": "it cannot be compiled" },
  };

  test("says where it was made, then the figures, then the limits, then what is missing", () => {
    expect(showReport(report).split("\n")).toEqual([
      "2026-02-14, 2 cores (A CPU), Linux 6.1, Bun 1.4.5, SQLite 3.54.1, medians of 10 rounds:",
      "",
      "| Workload  | Contender  | Median, ms | × the first | Peak memory, MiB |",
      "| --------- | ---------- | ---------: | ----------: | ---------------: |",
      "| `version` | godwit 1.0 |       6.25 |        1.00 |             40.0 |",
      "| `version` | dbmate 1.0 |      1,235 |         198 |     not measured |",
      "",
      "| What                               | At most |     Measured | Met |",
      "| ---------------------------------- | ------: | -----------: | --- |",
      "| `--version`, to dbmate             |   0.8 × |    0.00506 × | yes |",
      "| `--version`, to a bare Bun program |    none | not measured |     |",
      "",
      "Not measured: bare/hello, it cannot be compiled.",
    ]);
  });
});

describe("the workloads", () => {
  const files = new FileSets("/nowhere/files");
  const idsOf = new Map(
    WORKLOADS.map((workload) => [
      workload.name,
      workload.contenders({ files, folder: `/nowhere/${workload.name}` }).map(({ id }) => id),
    ]),
  );

  test("contenders have names of their own, and the first is godwit", () => {
    for (const ids of idsOf.values()) {
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids[0]).toBe("godwit");
    }
  });

  test.each(RATIOS)("$id: all that it needs is in $workload", ({ workload, of, to }) => {
    const ids = idsOf.get(workload)!;
    for (const id of typeof to === "number" ? [of] : [of, ...to]) expect(ids).toContain(id);
  });

  test("every workload has a ratio, and every ratio an id of its own", () => {
    expect(new Set(RATIOS.map(({ workload }) => workload))).toEqual(new Set(idsOf.keys()));
    expect(new Set(RATIOS.map(({ id }) => id)).size).toBe(RATIOS.length);
  });
});

describe("the migrations of a benchmark", () => {
  test("versions are times, one second apart, also past the minute", () => {
    const versions = stepsOf("tables", 61).map(({ version }) => version);
    expect([versions[0], versions[59], versions[60]]).toEqual([
      "20260101000001",
      "20260101000100",
      "20260101000101",
    ]);
  });

  test("the same table in the words of each tool", () => {
    const steps = stepsOf("tables", 1);
    const create = "CREATE TABLE table_1 (id INTEGER PRIMARY KEY, name TEXT NOT NULL, created_at TEXT);";
    const name = "20260101000001_create_table_1";
    expect(filesOf("godwit", steps)).toEqual([
      { name: `${name}.sql`, text: `-- up\n${create}\n\n-- down\nDROP TABLE table_1;\n` },
    ]);
    expect(filesOf("dbmate", steps)[0]!.text).toStartWith(`-- migrate:up\n${create}\n\n-- migrate:down\n`);
    expect(filesOf("sql-migrate", steps)[0]!.text).toStartWith(`-- +migrate Up\n${create}\n`);
    expect(filesOf("plain", steps)[0]!.text).toBe(`${create}\n`);
    expect(filesOf("umzug-code", steps)[0]!.name).toBe(`${name}.mjs`);
  });

  test("Drizzle's journal names every file", () => {
    const files = filesOf("drizzle", stepsOf("tables", 2));
    const journal = JSON.parse(files.at(-1)!.text);
    const tags = journal.entries.map(({ tag }: { tag: string }) => `${tag}.sql`);
    expect(tags).toEqual(files.slice(0, -1).map(({ name }) => name));
    expect(journal.entries[1].when - journal.entries[0].when).toBe(1000);
  });

  test("only the first of the inserts makes the table", () => {
    const ups = stepsOf("inserts", 3).map(({ up }) => up);
    expect(ups.map((up) => up.split(" ")[0])).toEqual(["CREATE", "INSERT", "INSERT"]);
  });

  test.each(["knex-code", "kysely-code", "umzug-code", "godwit-code"] as const)(
    "a row is added where it should be: %s",
    (shape) => {
      const inserts = (kind: "tables" | "filled-tables") =>
        /insert/i.test(filesOf(shape, stepsOf(kind, 1))[0]!.text);
      expect([inserts("tables"), inserts("filled-tables")]).toEqual([false, true]);
    },
  );
});

describe("a timed process", () => {
  test("what it wrote is kept where that is asked for", () => {
    const run = runTimed({ argv: ["echo", "a"], cwd: ROOT }, "keep");
    expect(run.stdout).toBe("a\n");
    expect(run.milliseconds).toBeGreaterThan(0);
    expect(runTimed({ argv: ["echo", "a"], cwd: ROOT }, "drop").stdout).toBe("");
  });

  test("takes no settings from the environment", () => {
    process.env["GODWIT_DB"] = "/nowhere/app.db";
    const { stdout } = runTimed({ argv: ["env"], cwd: ROOT }, "keep");
    delete process.env["GODWIT_DB"];
    expect(stdout).toContain("PATH=");
    expect(stdout).not.toContain("GODWIT");
  });

  test("a failure is told with its end and its stderr", () => {
    const fails = (script: string) => () => runTimed({ argv: ["sh", "-c", script], cwd: ROOT }, "drop");
    expect(fails("echo because >&2; exit 3")).toThrow("exit 3\nbecause");
    expect(fails("kill -9 $$")).toThrow("ended by SIGKILL");
  });
});

describe("the flags of scripts/bench", () => {
  test("ten rounds of everything, unless they say otherwise", () => {
    expect(readOptions([], NAMES)).toMatchObject({ rounds: 10, only: NAMES, binary: null, peers: null });
    const chosen = readOptions(["--rounds", "2", "--only", "inserts", "--check"], NAMES);
    expect(chosen).toMatchObject({ rounds: 2, only: ["inserts"], checks: true, records: false });
  });

  test.each([
    [["--only", "version,nonsense"], "there is no workload nonsense: version, inserts"],
    [["--rounds", "0"], "--rounds 0 is not a whole number from 1"],
    [["--rounds", "many"], "--rounds many is not a whole number from 1"],
    [["--write-table", "--only", "version"], "--write-table is for the whole of it"],
    [["--record", "--check"], "take one of them"],
    [["--frobnicate"], "'--frobnicate'; the flags are --rounds N, --only NAME,NAME"],
    [["version"], "version"],
  ])("%j is refused", (argv, message) => {
    expect(() => readOptions(argv, NAMES)).toThrow(UsageError);
    expect(() => readOptions(argv, NAMES)).toThrow(message);
  });

  test.each([
    [["--only", "nonsense"], "there is no workload nonsense: version, no-op-1000"],
    [["--frobnicate"], "'--frobnicate'; the flags are --rounds N, --only NAME,NAME"],
    [["--folder", "/nowhere"], "there is no folder /nowhere"],
    ...(existsSync("/dev/shm") ? [[["--folder", "/dev/shm"], "/dev/shm is in memory"] as const] : []),
    [["--binary", "/nowhere"], "there is no /nowhere"],
  ])("the script ends with 2 and one line for %j", async (argv, message) => {
    const main = join(ROOT, "scripts/benchmark/main.ts");
    const { stdout, stderr, exitCode } = await runProcess([process.execPath, main, ...argv], { cwd: ROOT });
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
    expect(stderr).toContain(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});
