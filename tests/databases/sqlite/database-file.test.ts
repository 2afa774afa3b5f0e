import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { DatabaseSync } from "node:sqlite";
import { uriOf } from "../../../src/databases/sqlite/database-file.ts";
import { TempDir } from "../../support/temp-dir.ts";

test.each(["a b.db", "a?mode=memory#%41 ü.db", "50%.db"])("the URI of %s means that file", (name) => {
  using folder = new TempDir();
  const path = folder.join(name);
  using db = new Database(path);
  db.run("CREATE TABLE t (x)");
  using opened = new DatabaseSync(uriOf(path, "mode=rw"));
  expect(opened.prepare("SELECT name FROM sqlite_schema").all().map(Object.values)).toEqual([["t"]]);
});

test("a share of Windows is a path in a URI, not a host", () => {
  const path = "\\\\nas\\backups\\a.db";
  expect(uriOf(path, "cache=shared", new URL("file://nas/backups/a.db"))).toBe(
    "file:////nas/backups/a.db?cache=shared",
  );
});
