import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { listBackups } from "../../../src/features/backup/list-backups.ts";
import { makeBackup } from "../../../src/features/backup/make-backup.ts";
import { planRestore, restore } from "../../../src/features/backup/restore.ts";
import { RestorePoints } from "../../../src/history/restore-points.ts";
import { digestOf } from "../../support/digest.ts";
import { failureOf } from "../../support/failures.ts";
import { v } from "../../support/intent.ts";
import { Project } from "../../support/project.ts";

const NO_WAIT = { lockTimeoutMs: 0 };

/** A database of one migration and three rows, and a restore point of it; then a second migration and one row less. */
async function moved(mode = "delete", pageSize = 4096): Promise<Project> {
  const project = new Project();
  project.exec(`PRAGMA page_size = ${pageSize}; PRAGMA journal_mode = ${mode}`);
  project.sql(
    1,
    "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT);\nINSERT INTO items (name) VALUES ('a'), ('b'), ('c');",
  );
  await project.run();
  project.sql(2, "DELETE FROM items WHERE name = 'b';\nCREATE TABLE more (id);", "DROP TABLE more;");
  await project.run();
  return project;
}

async function putBack(project: Project, named?: string) {
  const subject = project.subject(NO_WAIT);
  return restore(subject, await planRestore(subject, named));
}

function names(project: Project): unknown[] {
  return project.column("SELECT name FROM items ORDER BY id");
}

function half(project: Project): string[] {
  return readdirSync(`${project.path}.godwit`).filter(
    (name) => !/^(\.gitignore|runs\.ndjson|\d{8}T.*\.db)$/.test(name),
  );
}

describe.each(["delete", "wal"])("restoring (%s)", (mode) => {
  test("puts the newest restore point back, in the same file, and keeps what was there", async () => {
    using project = await moved(mode);
    chmodSync(project.path, 0o640);
    using application = new Database(project.path);
    application.query("SELECT count(*) FROM items").values();
    const before = statSync(project.path);
    const result = await putBack(project);
    const after = statSync(project.path);
    expect([after.ino, after.mode, after.uid]).toEqual([before.ino, before.mode, before.uid]);
    expect(names(project)).toEqual(["a", "b", "c"]);
    expect(application.query("SELECT name FROM items ORDER BY id").values().flat()).toEqual(["a", "b", "c"]);
    expect(() => application.query("SELECT * FROM more").values()).toThrow("no such table");
    expect(project.column("PRAGMA journal_mode")).toEqual([mode]);
    expect(project.applied()).toEqual([1]);
    expect(result).toMatchObject({
      undone: [v(2)],
      redone: [],
      newestVersion: v(1),
      rows: [
        { table: "items", now: 2, restored: 3 },
        { table: "more", now: 0, restored: null },
      ],
    });
    using kept = new Database(result.backup!.file, { readonly: true });
    expect(kept.query("SELECT name FROM items ORDER BY id").values().flat()).toEqual(["a", "c"]);
    expect(half(project)).toEqual([]);
  });

  test("and restoring what was kept comes back to where it began", async () => {
    using project = await moved(mode);
    const { backup } = await putBack(project);
    const again = await putBack(project, backup!.id);
    expect(names(project)).toEqual(["a", "c"]);
    expect(project.applied()).toEqual([1, 2]);
    expect(again.redone).toEqual([v(2)]);
  });

  test("takes a file too, in either journal mode, which does not pass to the database", async () => {
    using project = await moved(mode);
    const file = project.root.join("other.db");
    {
      using other = new Database(file);
      other.run(`PRAGMA journal_mode = ${mode === "wal" ? "delete" : "wal"}`);
      other.run(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO items (name) VALUES ('z')",
      );
    }
    await putBack(project, file);
    expect(names(project)).toEqual(["z"]);
    expect(project.column("PRAGMA journal_mode")).toEqual([mode]);
    expect(half(project)).toEqual([]);
  });

  test("takes a file with pages of another size", async () => {
    using project = await moved(mode, 1024);
    using other = await moved(mode, 8192);
    await putBack(project, other.path);
    expect(names(project)).toEqual(["a", "c"]);
    expect(project.column("PRAGMA journal_mode")).toEqual([mode]);
    expect(project.column("PRAGMA integrity_check")).toEqual(["ok"]);
  });

  test("a database that somebody holds is refused, and its restore point is not kept", async () => {
    using project = await moved(mode);
    using holder = new Database(project.path);
    holder.run("BEGIN IMMEDIATE");
    const before = new RestorePoints(project.path).list();
    expect(await failureOf(() => putBack(project))).toMatchObject({
      code: "DATABASE_BUSY",
      outcome: "unchanged",
    });
    holder.run("ROLLBACK");
    expect(new RestorePoints(project.path).list()).toEqual(before);
    expect(names(project)).toEqual(["a", "c"]);
  });

  test("a reader that does not end: refused in a rollback journal, not in its way in WAL", async () => {
    using project = await moved(mode);
    using reader = new Database(project.path);
    reader.run("BEGIN");
    reader.query("SELECT * FROM items").values();
    const before = new RestorePoints(project.path).list();
    if (mode === "wal") await putBack(project);
    else {
      expect(await failureOf(() => putBack(project))).toMatchObject({ code: "DATABASE_BUSY" });
      expect(new RestorePoints(project.path).list()).toEqual(before);
    }
    expect(reader.query("SELECT name FROM items ORDER BY id").values().flat()).toEqual(["a", "c"]);
  });

  test("a database that is gone is made again", async () => {
    using project = await moved(mode);
    for (const end of ["", "-wal", "-shm"]) rmSync(project.path + end, { force: true });
    const { backup, exists } = await putBack(project);
    expect({ backup, exists }).toEqual({ backup: null, exists: false });
    expect(names(project)).toEqual(["a", "b", "c"]);
  });

  test("over a damaged database keeps what can be read of it", async () => {
    using project = await moved(mode);
    project.exec("CREATE INDEX items_name ON items (name); PRAGMA wal_checkpoint(TRUNCATE)");
    const [page] = project.column("SELECT rootpage FROM sqlite_schema WHERE name = 'items_name'");
    const bytes = Buffer.from(await Bun.file(project.path).arrayBuffer());
    bytes.fill(0xff, (Number(page) - 1) * 4096, Number(page) * 4096);
    writeFileSync(project.path, bytes);
    const { backup } = await putBack(project);
    expect(names(project)).toEqual(["a", "b", "c"]);
    expect(project.notes().at(-1)!.message).toContain("is damaged");
    expect(existsSync(backup!.file)).toBe(true);
  });
});

describe("what cannot be restored is refused, and the database stays as it is", () => {
  test("an id that is none names those that are", async () => {
    using project = await moved();
    const failure = await failureOf(() => putBack(project, "20200101T000000Z"));
    expect(failure).toMatchObject({ code: "RESTORE_POINT_UNKNOWN", exitCode: 3 });
    expect(failure.details).toEqual(new RestorePoints(project.path).list().map(({ id }) => id));
  });

  test("the database itself, by whatever name", async () => {
    using project = await moved();
    Bun.spawnSync(["ln", project.path, project.root.join("twin.db")]);
    expect(await failureOf(() => putBack(project, project.root.join("twin.db")))).toMatchObject({
      code: "RESTORE_POINT_UNKNOWN",
    });
  });

  test.each([
    ["empty", (file: string) => writeFileSync(file, ""), "it is empty"],
    ["cut off", (file: string) => truncateSync(file, 8192), "malformed"],
    [
      "no database",
      (file: string) => writeFileSync(file, "text, and more text\n".repeat(99)),
      "no SQLite database",
    ],
  ])("a restore point that is %s", async (_, spoil, why) => {
    using project = await moved();
    const [point] = new RestorePoints(project.path).list();
    spoil(point!.file);
    const before = digestOf(project.path);
    const failure = await failureOf(() => putBack(project));
    expect(failure).toMatchObject({ code: "RESTORE_POINT_DAMAGED", exitCode: 3, outcome: "unchanged" });
    expect(failure.message).toContain(why);
    expect(digestOf(project.path)).toBe(before);
  });

  test("over what is no database", async () => {
    using project = await moved();
    writeFileSync(project.path, "text, and more text\n".repeat(99));
    const before = digestOf(project.path);
    expect(await failureOf(() => putBack(project))).toMatchObject({ code: "NOT_A_DATABASE", exitCode: 4 });
    expect(digestOf(project.path)).toBe(before);
  });
});

describe("restore points by hand", () => {
  test("hold what is there, and are listed with what is in them", async () => {
    using project = await moved();
    const point = await makeBackup(project.subject());
    expect(
      (await listBackups(project.subject())).map(({ id, newestVersion }) => [id, newestVersion]),
    ).toEqual([
      [point.id, v(2)],
      [expect.any(String), v(1)],
    ]);
  });

  test("are made while an application writes", async () => {
    using project = await moved("wal");
    using writer = new Database(project.path);
    writer.run("BEGIN IMMEDIATE");
    writer.run("INSERT INTO items (name) VALUES ('later')");
    const point = await makeBackup(project.subject(NO_WAIT));
    writer.run("COMMIT");
    using copy = new Database(point.file, { readonly: true });
    expect(copy.query("SELECT count(*) FROM items").values()).toEqual([[2]]);
  });

  test("of a database that is not there are refused", async () => {
    using project = new Project();
    expect(await failureOf(() => makeBackup(project.subject()))).toMatchObject({
      code: "DATABASE_NOT_FOUND",
    });
    expect(existsSync(`${project.path}.godwit`)).toBe(false);
  });

  test.each([
    ["a folder", (path: string) => mkdirSync(path)],
    ["text", (path: string) => writeFileSync(path, "text, and more text\n".repeat(99))],
  ])("of %s are refused, and nothing is left beside it", async (_, make) => {
    using project = new Project();
    make(project.path);
    expect(await failureOf(() => makeBackup(project.subject()))).toMatchObject({ code: "NOT_A_DATABASE" });
    expect(existsSync(`${project.path}.godwit`)).toBe(false);
  });

  test("the oldest go, never the one that is put back", async () => {
    using project = await moved();
    const options = { backup: { keep: 2 } };
    for (let n = 0; n < 3; n++) await makeBackup(project.subject(options));
    const [, oldest] = new RestorePoints(project.path).list();
    const subject = project.subject(options);
    await restore(subject, await planRestore(subject, oldest!.id));
    const ids = new RestorePoints(project.path).list().map(({ id }) => id);
    expect(ids).toContain(oldest!.id);
    expect(ids.length).toBe(3);
  });
});
