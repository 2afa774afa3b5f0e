import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync } from "node:fs";
import type { CliProject } from "../support/cli-project.ts";
import { digestOf } from "../support/digest.ts";
import { errorIn } from "../support/expect-refused.ts";
import { type Ended, GODWIT, startProcess } from "../support/run-godwit.ts";
import { HAS_STRACE } from "../support/strace.ts";
import { JOURNAL_MODES, standing } from "./journal-modes.ts";

setDefaultTimeout(60_000);

const CHANGE = "UPDATE kept SET word = upper(word);";

/**
 * Files in the folder of restore points, the ones that belong there left out. The note that a run has not ended belongs there when it was killed: it tells
 * the next one that makes a restore point what to think of the last.
 */
function leftHalf(project: CliProject): string[] {
  return readdirSync(`${project.path}.godwit`).filter(
    (name) =>
      !/^(\.gitignore|runs\.ndjson|last-run-unsettled|\d{8}T\d{6}Z(-\d+)?(\.db|\.[^.]*\.unfinished))$/.test(
        name,
      ),
  );
}

function restorePoints(project: CliProject): string[] {
  return readdirSync(`${project.path}.godwit`).filter((name) => /^\d{8}T.*\.db$/.test(name));
}

/** Every restore point is a whole database of before the migration. */
function expectGood(project: CliProject): void {
  for (const name of restorePoints(project)) {
    using db = new Database(`${project.path}.godwit/${name}`, { readonly: true });
    expect(db.query("PRAGMA integrity_check").values()).toEqual([["ok"]]);
    expect(db.query("SELECT word FROM kept ORDER BY id").values().flat()).toEqual(["one", "two", "three"]);
  }
}

interface Faulted extends Ended {
  readonly isKilled: boolean;
  readonly isMet: boolean;
}

/** A fault in the calls on the files of the folder: those that the restore point is made with. */
async function withFault(project: CliProject, call: string, when: string, fault: string): Promise<Faulted> {
  const trace = project.root.join("trace");
  mkdirSync(`${project.path}.godwit`, { mode: 0o700, recursive: true });
  const inject = ["-e", `trace=${call}`, "-e", `inject=${call}:${fault}:when=${when}`];
  // Only what names or has open a file of the folder: its names are not known before.
  const command = ["strace", "-f", "-o", trace, ...inject, GODWIT, "migrate", "--db", "app.db", "--json"];
  const child = startProcess(command, { cwd: project.cwd });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  await child.exited;
  const isKilled = child.signalCode === "SIGKILL";
  const isMet = isKilled || (await Bun.file(trace).text()).includes("(INJECTED)");
  return { stdout, stderr, exitCode: child.exitCode ?? 137, isKilled, isMet };
}

test.skipIf(!HAS_STRACE).each(JOURNAL_MODES)(
  "C19: a disk that is full during the copy starts no migration, and no part of the copy stays (%s)",
  async (mode) => {
    let refused = 0;
    for (const when of [1, 2, 3, 4, 6, 8, 11]) {
      using project = await standing(mode);
      project.sql(2, CHANGE);
      const ended = await withFault(project, "pwrite64", `${when}+`, "error=ENOSPC");
      expect(ended.isMet).toBe(true);
      expect(ended.exitCode).toBe(4);
      expect(project.applied()).toEqual([1]);
      expect(project.column("SELECT word FROM kept ORDER BY id")).toEqual(["one", "two", "three"]);
      expect(leftHalf(project)).toEqual([]);
      if (errorIn(ended).code === "BACKUP_FAILED") refused++;
    }
    expect(refused).toBeGreaterThan(0);
  },
);

test.each(JOURNAL_MODES)("C19: too little room is seen before anything is written (%s)", async (mode) => {
  using project = await standing(mode);
  project.sql(2, CHANGE);
  const before = digestOf(project.path);
  const line = `mkdir disk && mount -t tmpfs -o size=1m none disk && "$GODWIT" migrate --db app.db --json`;
  project.root.write("godwit.toml", '[backup]\ndir = "disk"\n');
  const ended = await project.shell(`unshare -rm sh -c '${line}'`);
  if (ended.stderr.includes("unshare")) return console.log(`skipped: ${ended.stderr.trim()}`);
  expect(errorIn(ended)).toMatchObject({
    code: "BACKUP_FAILED",
    outcome: "unchanged",
    message: expect.stringMatching(/^a restore point needs .* left$/),
    hint: expect.stringContaining("--no-backup"),
  });
  expect(digestOf(project.path)).toBe(before);
});

test.skipIf(!HAS_STRACE).each(JOURNAL_MODES)(
  "D6: kill -9 at any step of the copy leaves it whole or not there (%s)",
  async (mode) => {
    let killed = 0;
    for (const call of ["openat", "pwrite64", "fsync", "link", "linkat", "unlink", "fchown"]) {
      for (const when of [1, 2, 3, 5, 8, 13, 21, 34]) {
        using project = await standing(mode);
        project.sql(2, CHANGE);
        // The runtime opens some files before the program begins.
        const at = call === "openat" ? when + 20 : when;
        const ended = await withFault(project, call, String(at), "signal=SIGKILL");
        if (ended.isKilled) killed++;
        expectGood(project);
        const again = await project.migrate("--json");
        expect(again.exitCode).toBe(0);
        expect(project.column("SELECT word FROM kept ORDER BY id")).toEqual(["ONE", "TWO", "THREE"]);
        expect(leftHalf(project)).toEqual([]);
        if (!ended.isKilled) break;
      }
    }
    expect(killed).toBeGreaterThan(15);
  },
);
