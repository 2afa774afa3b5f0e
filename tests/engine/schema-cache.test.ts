import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SqliteConnection } from "../../src/databases/sqlite/sqlite-connection.ts";
import { MigrationManager } from "../../src/engine/migration-manager.ts";
import { growCache } from "../../src/engine/schema-cache.ts";
import { Project } from "../support/project.ts";

describe("where many steps come, more of the file stays in memory,", () => {
  test.each([
    { before: -2000, during: -8000 },
    { before: 100, during: -8000 },
    { before: -64000, during: -64000 },
    { before: 50000, during: 50000 },
  ])("and no less than before: %o", async ({ before, during }) => {
    using db = new Database(":memory:");
    db.run(`PRAGMA cache_size = ${before}`);
    const connection = SqliteConnection.over(db);
    await growCache(connection, 2999);
    expect(await connection.cacheSize()).toBe(before);
    await growCache(connection, 3000);
    expect(await connection.cacheSize()).toBe(during);
  });

  test("until the run is over", async () => {
    using project = new Project();
    for (let n = 1; n < 3000; n++)
      writeFileSync(join(project.folder, `${20260101000000 + n}_a.sql`), `CREATE TABLE t${n} (id);`);
    const code = 'db.run("CREATE TABLE size AS SELECT cache_size FROM pragma_cache_size")';
    writeFileSync(
      join(project.folder, `${20260101003000}_a.ts`),
      `export function up(db: Database) { ${code}; }`,
    );
    using db = new Database(project.path);
    await new MigrationManager(db, project.folder).migrate();
    expect(db.query("SELECT cache_size FROM size").values()).toEqual([[-8000]]);
    expect(db.query("PRAGMA cache_size").values()).toEqual([[-2000]]);
  });
});
