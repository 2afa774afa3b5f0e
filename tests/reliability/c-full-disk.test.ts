import { expect, setDefaultTimeout, test } from "bun:test";
import { CliProject } from "../support/cli-project.ts";
import { errorIn, type ShownError } from "../support/expect-refused.ts";
import { expectRecovery, expectWhole, populate } from "../support/expect-whole.ts";
import { documentOf, type Ended, GODWIT } from "../support/run-godwit.ts";
import { HAS_STRACE, MUTATING_CALLS, runWithFault } from "../support/strace.ts";
import { JOURNAL_MODES } from "./journal-modes.ts";

setDefaultTimeout(60_000);

/** More than fits, written to the disk before the transaction ends. */
const FILL =
  "PRAGMA cache_size = 5;\n" +
  "CREATE TABLE filled AS WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 5000)" +
  " SELECT hex(zeroblob(500)) AS x FROM c;";

const canMount = await (async () => {
  const { exitCode } = Bun.spawnSync(["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]);
  return exitCode === 0;
})().catch(() => false);
if (!canMount) console.log("skipped: a small disk needs unshare and leave to mount a tmpfs");

/** Two small migrations, and a third that fills the disk. */
function fillingProject(mode: string, head = ""): CliProject {
  const project = new CliProject();
  populate(project, mode, 2);
  project.sql(3, `${head}${FILL}`);
  return project;
}

/** Told as a full disk, with nothing left of it; the next run, with room, ends the job. */
async function expectRolledBack(project: CliProject, ended: Ended, message: RegExp): Promise<void> {
  const error = errorIn(ended);
  expect(error).toMatchObject({ code: "DATABASE_FAILED", message: expect.stringMatching(message) });
  expect(error.hint).toContain("disk");
  const count = expectWhole(project);
  expect(documentOf(ended)["applied"]).toHaveLength(count);
  // Unchanged: the disk was full before the first migration began.
  expect({ outcome: error.outcome, exitCode: ended.exitCode }).toEqual({
    outcome: expect.stringMatching(/^(rolled_back|unchanged)$/),
    exitCode: 4,
  });
  project.tables(3);
  await expectRecovery(project);
}

test.each(JOURNAL_MODES)("C18: a database that may not grow is told as full (%s)", async (mode) => {
  using project = fillingProject(mode, "PRAGMA max_page_count = 20;\n");
  await expectRolledBack(project, await project.migrate("--json"), /full/);
});

test.each(JOURNAL_MODES)("C18: a limit on the size of files undoes the run (%s)", async (mode) => {
  using project = fillingProject(mode);
  const ended = await project.shell(`ulimit -f 1000; "$GODWIT" migrate --db app.db --json`);
  await expectRolledBack(project, ended, /disk I\/O error|full/);
});

test.skipIf(!canMount).each(JOURNAL_MODES)(
  "C18: a disk of 1 MB that is full undoes the run (%s)",
  async (mode) => {
    using project = fillingProject(mode);
    const line = `mkdir disk && mount -t tmpfs -o size=1m none disk && cp app.db disk/ &&
    "$GODWIT" migrate --no-backup --db disk/app.db --json; code=$?; cp disk/app.db* . ; exit $code`;
    const ended = await project.shell(`export GODWIT='${GODWIT}'; unshare -rm sh -c '${line}'`);
    await expectRolledBack(project, ended, /full/);
  },
);

test.skipIf(!HAS_STRACE).each(JOURNAL_MODES)(
  "C18: ENOSPC from a write on undoes the run (%s)",
  async (mode) => {
    for (const when of [1, 2, 7, 30]) {
      using project = fillingProject(mode);
      const fault = { call: "pwrite64", when, fault: "error=ENOSPC", isLasting: true } as const;
      const ended = await runWithFault(project, fault, "migrate", "--db", "app.db", "--json");
      expect(ended.isMet).toBe(true);
      await expectRolledBack(project, ended, /full|disk I\/O error/);
    }
  },
);

test("C18: the state of the database is told in words", async () => {
  using project = fillingProject("delete");
  const { stderr, exitCode } = await project.shell(`ulimit -f 1000; "$GODWIT" migrate --db app.db`);
  expect(stderr).toContain("\n  rolled back: ");
  expect(stderr).not.toContain("left changed");
  expect(exitCode).toBe(4);
});

// Small samples: the torture script does each call.
const SAMPLE = [1, 2, 3, 5, 8, 13, 21, 34];

test.skipIf(!HAS_STRACE).each(JOURNAL_MODES)(
  "C20: where the disk is full at the commit or the checkpoint, all is done or nothing (%s)",
  async (mode) => {
    for (const call of MUTATING_CALLS) {
      for (const when of SAMPLE) {
        using project = new CliProject();
        populate(project, mode);
        const fault = { call, when, fault: "error=ENOSPC", isLasting: true };
        const ended = await runWithFault(project, fault, "migrate", "--db", "app.db", "--json");
        const context = { call, when, exitCode: ended.exitCode, error: documentOf(ended)["error"] };
        const count = expectWhole(project, context);
        expect({ context, applied: documentOf(ended)["applied"] }).toEqual({
          context,
          applied: Array(count).fill(expect.any(Object)),
        });
        expect({ context, isDone: ended.exitCode === 0 }).toEqual({ context, isDone: count === 3 });
        if (ended.exitCode !== 0) expectTold(context.error as ShownError, context);
        await expectRecovery(project, 3, context);
        if (!ended.isMet) break;
      }
    }
  },
);

function expectTold(error: ShownError, context: unknown): void {
  expect({ context, error }).toMatchObject({
    context: {},
    error: { code: "DATABASE_FAILED", hint: expect.stringContaining("disk") },
  });
  expect({ context, outcome: error.outcome }).not.toMatchObject({ outcome: "left_changed" });
}
