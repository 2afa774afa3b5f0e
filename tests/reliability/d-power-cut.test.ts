import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { expectRecovery, expectWhole, populate } from "../support/expect-whole.ts";
import { cutPower, recordRun, type Survival } from "../support/power-cut.ts";
import { HAS_STRACE } from "../support/strace.ts";
import { JOURNAL_MODES } from "./journal-modes.ts";

setDefaultTimeout(60_000);

const SURVIVALS: Readonly<Record<string, Survival>> = {
  "nothing that was not synced": { writes: () => false, names: false },
  "no unsynced write": { writes: () => false, names: true },
  "the database's unsynced writes alone": { writes: (name) => name === "app.db", names: true },
  "the journal's unsynced writes alone": { writes: (name) => name !== "app.db", names: false },
};

// A small sample: the torture script replays cuts by the ten thousand, torn and in other orders.
for (const mode of JOURNAL_MODES) {
  test.skipIf(!HAS_STRACE).each(Object.keys(SURVIVALS))(
    `D4: a power cut after any call, which %s survives (${mode})`,
    async (what) => {
      using project = new CliProject();
      populate(project, mode);
      const before = new Map([["app.db", readFileSync(project.path)]]);
      const calls = await recordRun(project, "migrate", "--db", "app.db", "--commit", "each");
      expect(calls.filter(({ kind }) => kind === "sync").length).toBeGreaterThan(5);
      const seen = new Set<number>();
      for (let count = 0; count <= calls.length; count++) {
        cutPower(project, before, calls.slice(0, count), SURVIVALS[what]!);
        seen.add(expectWhole(project, { mode, what, count }));
      }
      // After the last call all is said to be applied, so all must be.
      expect([...seen]).toEqual([0, 1, 2, 3]);
      await expectRecovery(project);
    },
  );
}

test.skipIf(!HAS_STRACE)(
  "D4: PRAGMA synchronous in one file does not make the next ones unsafe",
  async () => {
    using project = new CliProject();
    populate(project, "delete", 2);
    project.sql(1, "PRAGMA synchronous = OFF;\nCREATE TABLE t1 (id);", null, "-- Transaction: off\n");
    const calls = await recordRun(project, "migrate", "--db", "app.db");
    // The last commit is the second migration's: from where its journal is made to where it is removed.
    const start = calls.findLastIndex(({ kind }) => kind === "create");
    const commit = calls.slice(start).map(({ kind, name }) => `${kind} ${name}`);
    expect(commit).toContain("unlink app.db-journal");
    expect(commit).toContain("sync app.db-journal");
    expect(commit).toContain("sync app.db");
  },
);

// With its journal in memory, a commit that is cut short leaves half of it: https://sqlite.org/pragma.html#pragma_journal_mode
test.skipIf(!HAS_STRACE)(
  "D1: a journal kept in memory in one file is kept on the disk in the next ones",
  async () => {
    using project = new CliProject();
    populate(project, "delete", 2);
    project.sql(1, "PRAGMA journal_mode = MEMORY;\nCREATE TABLE t1 (id);", null, "-- Transaction: off\n");
    const calls = await recordRun(project, "migrate", "--db", "app.db");
    const names = calls.map(({ kind, name }) => `${kind} ${name}`);
    expect(names.lastIndexOf("unlink app.db-journal")).toBeGreaterThan(names.lastIndexOf("write app.db"));
  },
);
