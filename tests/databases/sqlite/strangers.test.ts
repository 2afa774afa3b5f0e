import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { DatabaseSync } from "node:sqlite";
import { makeBackup } from "../../../src/features/backup/make-backup.ts";
import { verifyDatabase } from "../../../src/features/verification/verify-database.ts";
import { Project } from "../../support/project.ts";

/** A database with an index that asks for a function which only its application registers. */
async function strange(): Promise<Project> {
  const project = new Project();
  project.sql(1, "CREATE TABLE plain (id INTEGER PRIMARY KEY);\nINSERT INTO plain VALUES (1), (2);");
  await project.run();
  const db = new DatabaseSync(project.path);
  db.function("ours", { deterministic: true }, (value) => value);
  db.exec(
    "CREATE TABLE strange (x TEXT); INSERT INTO strange VALUES ('a'); CREATE INDEX strange_x ON strange (ours(x))",
  );
  db.close();
  return project;
}

describe("a database that needs its application's own functions", () => {
  test("has restore points all the same", async () => {
    using project = await strange();
    project.sql(2, "DELETE FROM plain WHERE id = 1;");
    await project.run();
    const point = await makeBackup(project.subject());
    using copy = new Database(point.file, { readonly: true });
    expect(copy.query("SELECT id FROM plain").values()).toEqual([[2]]);
    expect(copy.query("SELECT name FROM sqlite_schema WHERE type = 'index'").values()).toContainEqual([
      "strange_x",
    ]);
  });

  test("can be verified as far as it can be read", async () => {
    using project = await strange();
    expect(await verifyDatabase(project.subject())).toMatchObject({ isSound: true, integrity: [] });
  });

  test("is refused where what can be read of it is damaged", async () => {
    using project = await strange();
    project.exec("CREATE INDEX plain_id ON plain (id)");
    const [page] = project.column("SELECT rootpage FROM sqlite_schema WHERE name = 'plain_id'");
    const bytes = Buffer.from(await Bun.file(project.path).arrayBuffer());
    bytes[Number(page) * 4096 - 1] = 0x7a;
    await Bun.write(project.path, bytes);
    await expect(makeBackup(project.subject())).rejects.toMatchObject({ code: "DATABASE_CORRUPT" });
  });
});
