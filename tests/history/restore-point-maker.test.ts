import { Database } from "bun:sqlite";
import { describe, expect, spyOn, test } from "bun:test";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import * as files from "../../src/base/exclusive-file.ts";
import { makeRestorePoint } from "../../src/history/restore-point-maker.ts";
import { RestorePoints } from "../../src/history/restore-points.ts";
import { failureOf } from "../support/failures.ts";
import { TempDir } from "../support/temp-dir.ts";

const NOW = new Date("2026-02-14T12:00:00Z");
/** No process has it: more than Linux counts (https://man7.org/linux/man-pages/man5/proc_sys_kernel.5.html, pid_max). */
const NOBODY = 5_000_000;

function database(folder: TempDir, mode = "delete"): string {
  const path = folder.join("app.db");
  using db = new Database(path);
  db.run(`PRAGMA journal_mode = ${mode}`);
  db.run("CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT UNIQUE); INSERT INTO t (x) VALUES ('a'), ('b')");
  return path;
}

function filesOf(points: RestorePoints): string[] {
  return readdirSync(points.folder.path).sort();
}

describe.each(["delete", "wal"])("a restore point of a database in mode %s", (mode) => {
  test("is a whole database of mode 0600, and makes no file when it is read", async () => {
    using folder = new TempDir();
    const path = database(folder, mode);
    const points = new RestorePoints(path);
    const point = await makeRestorePoint(points, path, { now: NOW });
    expect(statSync(point.file).mode & 0o777).toBe(0o600);
    expect(statSync(points.folder.path).mode & 0o777).toBe(0o700);
    using copy = new Database(point.file, { readonly: true });
    expect(copy.query("SELECT x FROM t").values()).toEqual([["a"], ["b"]]);
    expect(copy.query("PRAGMA journal_mode").values()).toEqual([["delete"]]);
    expect(filesOf(points)).toEqual([".gitignore", "20260214T120000Z.db"]);
  });
});

describe("making a restore point", () => {
  test("removes what killed processes have left half-way, and nothing of those that may still run", async () => {
    using folder = new TempDir();
    const path = database(folder);
    const points = new RestorePoints(path);
    points.folder.make();
    const left = [
      `1-${hostname()}-${NOBODY}.partial`,
      `1-${hostname()}-${NOBODY}.partial-journal`,
      `9-${hostname()}-${process.pid}.partial`,
    ];
    const kept = [`1-${hostname()}-1.partial`, `1-elsewhere-7.partial`, "notes.partial"];
    for (const name of [...left, ...kept]) writeFileSync(`${points.folder.path}/${name}`, "");
    await makeRestorePoint(points, path, { now: NOW });
    expect(filesOf(points)).toEqual([".gitignore", ...kept, "20260214T120000Z.db"].sort());
  });

  test("removes half a copy by the name that a copy has", async () => {
    using folder = new TempDir();
    const path = database(folder);
    const points = new RestorePoints(path);
    const seen = new Set<string>();
    const look = () => {
      for (const name of filesOf(points)) if (name.endsWith(".partial")) seen.add(name);
    };
    // Smaller ones are copied in one piece.
    using db = new Database(path);
    db.run("INSERT INTO t (x) VALUES (zeroblob(3000000))");
    for (const onProgress of [look, look]) await makeRestorePoint(points, path, { now: NOW, onProgress });
    expect(seen.size).toBe(2);
    const [left] = [...seen].map((name) => name.replace(`-${process.pid}.`, `-${NOBODY}.`));
    writeFileSync(`${points.folder.path}/${left}`, "");
    await makeRestorePoint(points, path, { now: NOW });
    expect(filesOf(points)).not.toContain(left!);
  });

  test("of a damaged database is refused, and leaves nothing", async () => {
    using folder = new TempDir();
    const path = folder.join("app.db");
    {
      using db = new Database(path);
      db.run("CREATE TABLE t (x TEXT); CREATE INDEX t_x ON t (x); INSERT INTO t VALUES ('a')");
    }
    const bytes = Buffer.from(await Bun.file(path).arrayBuffer());
    // The one entry of the index, at the end of its page: "a" becomes "b", which the table does not have.
    bytes[3 * 4096 - 2] = 0x62;
    writeFileSync(path, bytes);
    const points = new RestorePoints(path);
    const failure = await failureOf(() => makeRestorePoint(points, path, { now: NOW }));
    expect(failure).toMatchObject({ code: "DATABASE_CORRUPT", outcome: "unchanged" });
    expect(failure.message).toContain("index t_x");
    expect(filesOf(points)).toEqual([".gitignore"]);
  });

  test("fails where the disk does, though a later sync may know nothing of it", async () => {
    using folder = new TempDir();
    const path = database(folder);
    const points = new RestorePoints(path);
    const error = Object.assign(new Error("EIO: i/o error, fsync"), { code: "EIO" });
    using _sync = spyOn(files, "startSync").mockResolvedValue(error);
    const failure = await failureOf(makeRestorePoint(points, path, { now: NOW }));
    expect(failure).toMatchObject({
      code: "BACKUP_FAILED",
      message: "no restore point could be made: EIO: i/o error, fsync",
    });
    expect(filesOf(points)).toEqual([".gitignore"]);
  });

  test("in a folder that is a link is refused", async () => {
    using folder = new TempDir();
    const path = database(folder);
    folder.write("elsewhere/x", "");
    Bun.spawnSync(["ln", "-s", "elsewhere", `${path}.godwit`]);
    const failure = await failureOf(() => makeRestorePoint(new RestorePoints(path), path, { now: NOW }));
    expect(failure).toMatchObject({ code: "BACKUP_FAILED" });
    expect(readdirSync(folder.join("elsewhere"))).toEqual(["x"]);
  });

  test("several at once gives each its own name", async () => {
    using folder = new TempDir();
    const path = database(folder, "wal");
    const points = new RestorePoints(path);
    const made = await Promise.all([1, 2, 3].map(() => makeRestorePoint(points, path, { now: NOW })));
    expect(new Set(made.map(({ id }) => id)).size).toBe(3);
    expect(points.list().length).toBe(3);
  });
});
