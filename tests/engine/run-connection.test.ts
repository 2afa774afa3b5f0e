import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SYSTEM_CLOCK } from "../../src/base/clock.ts";
import { SqliteConnection } from "../../src/databases/sqlite/sqlite-connection.ts";
import { MigrationManager } from "../../src/engine/migration-manager.ts";
import { duringRun, growCacheFor } from "../../src/engine/run-connection.ts";
import { Project } from "../support/project.ts";

describe("during a run more of the file stays in memory,", () => {
  test.each([
    { before: -2000, during: -4096 },
    { before: 8191, during: -4096, pageSize: 512 },
    { before: 8192, during: 8192, pageSize: 512 },
    { before: 100, during: -4096 },
    { before: 1023, during: -4096 },
    { before: 1024, during: 1024 },
    { before: -4095, during: -4096 },
    { before: -4097, during: -4097 },
  ])("and no less than before: %o", async ({ before, during, pageSize = 4096 }) => {
    using project = new Project();
    writeFileSync(
      join(project.folder, "20260101000001_a.sql"),
      "CREATE TABLE size AS SELECT cache_size FROM pragma_cache_size;",
    );
    using db = new Database(project.path);
    db.run(`PRAGMA page_size = ${pageSize}`);
    db.run(`PRAGMA cache_size = ${before}`);
    await new MigrationManager(db, project.folder).migrate();
    expect(db.query("SELECT cache_size FROM size").values()).toEqual([[during]]);
    expect(db.query("PRAGMA cache_size").values()).toEqual([[before]]);
  });

  test.each([
    { steps: 2999, during: -4096 },
    { steps: 3000, during: -16384 },
  ])("the more where many steps come: %o", async ({ steps, during }) => {
    using db = new Database(":memory:");
    const connection = SqliteConnection.over(db);
    const wait = { timeoutMs: 0, clock: SYSTEM_CLOCK, onWaiting: () => {} };
    await duringRun(connection, wait, async () => {
      await growCacheFor(connection, steps);
      expect(db.query("PRAGMA cache_size").values()).toEqual([[during]]);
    });
    expect(db.query("PRAGMA cache_size").values()).toEqual([[-2000]]);
  });
});
