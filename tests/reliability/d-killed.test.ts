import { expect, setDefaultTimeout, test } from "bun:test";
import { closeSync, openSync, writeSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { errorIn } from "../support/expect-refused.ts";
import { expectRecovery, expectWhole, populate } from "../support/expect-whole.ts";
import { bytesOf } from "../support/power-cut.ts";
import { documentOf, GODWIT, startProcess } from "../support/run-godwit.ts";
import { HAS_STRACE, MUTATING_CALLS, runTraced, runWithFault } from "../support/strace.ts";
import { JOURNAL_MODES } from "./journal-modes.ts";

setDefaultTimeout(60_000);

// Small samples by strace, so that the suite stays short: the torture script does every call, and power cuts by the ten thousand.
const SAMPLE = [1, 2, 3, 4, 6, 9, 13, 18, 24, 31, 39];

test.skipIf(!HAS_STRACE).each(JOURNAL_MODES)(
  "D1: kill -9 before a call that changes the disk (%s)",
  async (mode) => {
    let killed = 0;
    for (const call of MUTATING_CALLS) {
      for (const when of SAMPLE) {
        using project = new CliProject();
        populate(project, mode);
        const fault = { call, when, fault: "signal=SIGKILL" };
        const ended = await runWithFault(project, fault, "migrate", "--db", "app.db");
        const context = { mode, call, when };
        expect({ context, isEnded: ended.isKilled || ended.exitCode === 0 }).toEqual({
          context,
          isEnded: true,
        });
        if (ended.isKilled) killed++;
        else expect(expectWhole(project, context)).toBe(3);
        await expectRecovery(project, 3, context);
        if (!ended.isKilled) break;
      }
    }
    expect(killed).toBeGreaterThan(8);
  },
);

interface Write {
  readonly path: string;
  readonly bytes: Buffer;
  readonly offset: number;
}

/** The write that the run was killed before: `pwrite64(6</srv/app.db>, "\x00…", 4096, 0 <unfinished ...>`. */
function lastWriteOf(trace: string): Write {
  const calls = [...trace.matchAll(/pwrite64\(\d+<([^>]+)>, "((?:\\x[0-9a-f]{2})*)", \d+, (\d+)/g)];
  const [, path, hex, offset] = calls.at(-1)!;
  return { path: bytesOf(path!).toString(), bytes: bytesOf(hex!), offset: Number(offset) };
}

test.skipIf(!HAS_STRACE).each(JOURNAL_MODES)(
  "D2: a write torn in the middle, then kill -9 (%s)",
  async (mode) => {
    let torn = 0;
    for (const when of SAMPLE) {
      using project = new CliProject();
      populate(project, mode);
      const inject = `inject=pwrite64:signal=SIGKILL:when=${when}`;
      const options = ["-y", "-xx", "-s", "70000", "-e", "trace=pwrite64", "-e", inject];
      const ended = await runTraced(project, options, "migrate", "--db", "app.db");
      if (!ended.isKilled) break;
      torn++;
      const { path, bytes, offset } = lastWriteOf(ended.trace);
      expect(path).toStartWith(project.path);
      const file = openSync(path, "r+");
      writeSync(file, bytes, 0, Math.ceil(bytes.length / 2), offset);
      closeSync(file);
      await expectRecovery(project, 3, { mode, when });
    }
    expect(torn).toBeGreaterThan(5);
  },
);

test.skipIf(!HAS_STRACE).each(JOURNAL_MODES)(
  "D3: a call that fails once is never taken for success (%s)",
  async (mode) => {
    let met = 0;
    for (const call of MUTATING_CALLS) {
      for (const when of SAMPLE) {
        using project = new CliProject();
        populate(project, mode);
        const fault = { call, when, fault: when % 2 === 0 ? "error=ENOSPC" : "error=EIO" };
        const ended = await runWithFault(project, fault, "migrate", "--db", "app.db", "--json");
        const count = expectWhole(project, fault);
        const { applied } = documentOf(ended) as { applied: unknown[] };
        expect({ fault, told: applied.length, isDone: ended.exitCode === 0 }).toEqual({
          fault,
          told: count,
          isDone: count === 3,
        });
        if (ended.exitCode !== 0) {
          const { code, outcome, hint } = errorIn(ended);
          expect({ fault, code, exitCode: ended.exitCode }).toEqual({
            fault,
            code: "DATABASE_FAILED",
            exitCode: 4,
          });
          expect(["unchanged", "rolled_back"]).toContain(outcome);
          expect(hint).toBeString();
        }
        await expectRecovery(project, 3, fault);
        if (!ended.isMet) break;
        met++;
      }
    }
    expect(met).toBeGreaterThan(8);
  },
);

test.skipIf(!HAS_STRACE).each(JOURNAL_MODES)(
  "D3: nor is an fsync that fails from then on (%s)",
  async (mode) => {
    for (const when of [1, 2, 3, 4]) {
      using project = new CliProject();
      populate(project, mode);
      const fault = { call: "fsync", when, fault: "error=EIO", isLasting: true } as const;
      const ended = await runWithFault(project, fault, "migrate", "--db", "app.db", "--json");
      const count = expectWhole(project, fault);
      expect({ fault, isDone: ended.exitCode === 0 }).toEqual({ fault, isDone: count === 3 });
      await expectRecovery(project, 3, fault);
    }
  },
);

const KILLS = 8;

test.each(JOURNAL_MODES)("D5: kill -9 at any time (%s)", async (mode) => {
  for (let round = 0; round < KILLS; round++) {
    using project = new CliProject();
    populate(project, mode, 2);
    for (const n of [3, 4, 5]) {
      const up = `export async function up(db) { db.run("CREATE TABLE t${n} (id)"); await Bun.sleep(20); }`;
      project.write(n, up, "ts");
    }
    const args = ["migrate", "--db", "app.db", ...(round % 2 === 0 ? ["--commit", "each"] : [])];
    const child = startProcess([GODWIT, ...args], { cwd: project.cwd });
    const delay = Math.random() * 150;
    await Bun.sleep(delay);
    child.kill("SIGKILL");
    await child.exited;
    const context = { mode, round, delay };
    expectWhole(project, context);
    await expectRecovery(project, 5, context);
  }
});
