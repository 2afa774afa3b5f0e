import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { MigrationManager } from "../../src/engine/migration-manager.ts";
import { Project } from "../support/project.ts";

describe("during a run more of the file stays in memory,", () => {
  test.each([
    { before: -2000, during: -16384 },
    { before: 32767, during: -16384, pageSize: 512 },
    { before: 32768, during: 32768, pageSize: 512 },
    { before: 100, during: -16384 },
    { before: 4095, during: -16384 },
    { before: 4096, during: 4096 },
    { before: -16383, during: -16384 },
    { before: -16385, during: -16385 },
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
});
