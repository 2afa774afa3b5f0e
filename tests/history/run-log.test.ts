import { describe, expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { type RunEnd, RunLog } from "../../src/history/run-log.ts";
import { failureOf } from "../support/failures.ts";
import { TempDir } from "../support/temp-dir.ts";

const NOON = new Date("2026-02-14T12:00:00Z");
const DONE: RunEnd = {
  finishedAt: "2026-02-14T12:00:01.000Z",
  durationMs: 1000,
  outcome: "done",
  done: [{ version: "20260214120000", direction: "up" }],
  error: null,
  restorePoint: null,
};
const FAILED: RunEnd = {
  ...DONE,
  outcome: "rolled_back",
  done: [],
  error: { code: "MIGRATION_FAILED", message: "no such table: t", file: "migrations/x.sql", line: 3 },
  restorePoint: "20260214T120000Z",
};

function logIn(folder: TempDir): RunLog {
  folder.write("app.db", "");
  return new RunLog(folder.join("app.db"));
}

describe("the log of runs", () => {
  test("is empty where there is none, and reading makes nothing", () => {
    using folder = new TempDir();
    const log = logIn(folder);
    expect([log.read(), log.lastFailure()]).toEqual([[], null]);
    expect(existsSync(folder.join("app.db.godwit"))).toBe(false);
  });

  test("gives back what it was told, newest first", () => {
    using folder = new TempDir();
    const log = logIn(folder);
    log.end(log.begin("migrate", NOON), DONE);
    log.end(log.begin("rollback", NOON), FAILED);
    const [second, first] = log.read();
    expect(first).toMatchObject({
      command: "migrate",
      startedAt: "2026-02-14T12:00:00.000Z",
      host: hostname(),
      pid: process.pid,
      end: DONE,
    });
    expect(second).toMatchObject({ command: "rollback", end: FAILED });
    expect(first!.user).not.toBe("");
    expect(statSync(folder.join("app.db.godwit/runs.ndjson")).mode & 0o777).toBe(0o600);
  });

  test("passes over what is no line of it", () => {
    using folder = new TempDir();
    const log = logIn(folder);
    log.end(log.begin("migrate", NOON), DONE);
    appendFileSync(
      folder.join("app.db.godwit/runs.ndjson"),
      '{"id":"half\n[1]\nnull\n\u0000\n{"id":"nobody","finished_at":"x"}\n{"id":7}\n',
    );
    log.end(log.begin("redo", NOON), DONE);
    expect(log.read().map(({ command }) => command)).toEqual(["redo", "migrate"]);
  });

  test("loses nothing but half a line where a write was cut off", () => {
    using folder = new TempDir();
    const log = logIn(folder);
    log.end(log.begin("migrate", NOON), DONE);
    appendFileSync(folder.join("app.db.godwit/runs.ndjson"), '{"id":"ha');
    log.end(log.begin("redo", NOON), DONE);
    expect(log.read().map(({ command }) => command)).toEqual(["redo", "migrate"]);
  });

  test("keeps a message of any length short", () => {
    using folder = new TempDir();
    const log = logIn(folder);
    const error = { ...FAILED.error!, message: `${"🙂".repeat(50_000)}` };
    log.end(log.begin("migrate", NOON), { ...FAILED, error });
    const { message } = log.lastFailure()!.end!.error!;
    expect(message.length).toBeLessThan(3000);
    expect(message).toMatch(/^(🙂)+…$/u);
  });

  test("is written although it cannot be shortened", () => {
    using folder = new TempDir();
    const log = logIn(folder);
    log.end(log.begin("migrate", NOON), DONE);
    const file = folder.join("app.db.godwit/runs.ndjson");
    writeFileSync(file, readFileSync(file, "utf8").repeat(5000));
    mkdirSync(folder.join("app.db.godwit/runs.ndjson.new/in-the-way"), { recursive: true });
    log.end(log.begin("redo", NOON), DONE);
    expect(log.read()[0]!.command).toBe("redo");
  });

  test("keeps the newer half when it is too long", () => {
    using folder = new TempDir();
    const log = logIn(folder);
    const id = log.begin("migrate", NOON);
    log.end(id, DONE);
    const file = folder.join("app.db.godwit/runs.ndjson");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.repeat(Math.ceil((1 << 20) / text.length) + 1));
    const before = statSync(file).size;
    log.end(log.begin("redo", NOON), DONE);
    expect(statSync(file).size).toBeLessThan(before * 0.6);
    expect(log.read()[0]!.command).toBe("redo");
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("knows the last run that failed until another one goes well", () => {
    using folder = new TempDir();
    const log = logIn(folder);
    log.end(log.begin("migrate", NOON), FAILED);
    expect(log.lastFailure()).toMatchObject({
      command: "migrate",
      end: { error: { code: "MIGRATION_FAILED" } },
    });
    log.end(log.begin("migrate", NOON), DONE);
    expect(log.lastFailure()).toBeNull();
  });

  test("knows the failure of a run that has done very much", () => {
    using folder = new TempDir();
    const log = logIn(folder);
    const done = Array.from({ length: 5000 }, () => DONE.done[0]!);
    log.end(log.begin("migrate", NOON), { ...FAILED, done });
    expect(log.lastFailure()).toMatchObject({ command: "migrate" });
  });

  test("takes the run that ended last for the last", () => {
    using folder = new TempDir();
    const log = logIn(folder);
    const long = log.begin("migrate", NOON);
    log.end(log.begin("backup", new Date("2026-02-14T12:01:00Z")), {
      ...DONE,
      finishedAt: "2026-02-14T12:02:00.000Z",
    });
    log.end(long, { ...FAILED, finishedAt: "2026-02-14T12:03:00.000Z" });
    expect(log.read().map(({ command }) => command)).toEqual(["backup", "migrate"]);
    expect(log.lastFailure()).toMatchObject({ command: "migrate" });
  });

  test("takes a run without an end for killed, if its process is gone", () => {
    using folder = new TempDir();
    const log = logIn(folder);
    log.begin("migrate", NOON);
    // This process counts as another run of the same number: it did not end.
    expect(log.lastFailure()).toMatchObject({ end: null });
    const file = folder.join("app.db.godwit/runs.ndjson");
    writeFileSync(file, readFileSync(file, "utf8").replace(`"pid":${process.pid}`, '"pid":1'));
    expect(log.lastFailure()).toBeNull();
  });

  test("that cannot be written throws, and reads as empty", () => {
    using folder = new TempDir();
    const log = logIn(folder);
    folder.write("app.db.godwit", "in the way");
    expect(() => log.begin("migrate", NOON)).toThrow("it is no folder");
    rmSync(folder.join("app.db.godwit"));
    expect(log.read()).toEqual([]);
  });

  test("is no link", () => {
    using folder = new TempDir();
    const log = logIn(folder);
    log.end(log.begin("migrate", NOON), DONE);
    const secret = folder.write("secret", "secret");
    const file = folder.join("app.db.godwit/runs.ndjson");
    rmSync(file);
    symlinkSync(secret, file);
    expect(() => log.begin("migrate", NOON)).toThrow("is a link");
    expect(readFileSync(secret, "utf8")).toBe("secret");
  });

  test("that cannot be read is not taken for an empty one", async () => {
    using folder = new TempDir();
    const log = logIn(folder);
    mkdirSync(folder.join("app.db.godwit/runs.ndjson"), { recursive: true });
    expect(await failureOf(async () => log.read())).toMatchObject({
      code: "DATABASE_FAILED",
      message: expect.stringContaining("runs.ndjson"),
    });
  });
});
