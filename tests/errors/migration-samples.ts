import { readFileSync, writeFileSync } from "node:fs";
import { v } from "../support/intent.ts";
import { pastHandle } from "../support/past-handle.ts";
import type { Sample } from "./sample.ts";

/** Migrations that are refused, or that fail. */
export const MIGRATION_SAMPLES = {
  BUNDLE_DAMAGED: async (project) => {
    project.tables(1);
    await project.godwit("bundle", "-o", "app-migrate");
    const path = project.root.join("app-migrate");
    const bytes = readFileSync(path);
    bytes[bytes.lastIndexOf("CREATE TABLE t1") + 1] = 0x41;
    writeFileSync(path, bytes);
    return project.shell("./app-migrate migrate --db app.db");
  },
  MIGRATION_NAME_INVALID: (project) => {
    project.root.write("migrations/2026_add_users.sql", "CREATE TABLE users (id);");
    return project.status();
  },
  VERSION_DUPLICATE: (project) => {
    project.tables(1);
    project.root.write(`migrations/${v(1)}_other.sql`, "CREATE TABLE other (id);");
    return project.status();
  },
  MIGRATION_UNREADABLE: (project) => {
    project.root.write(`migrations/${v(1)}_step_1.sql`, Buffer.from("-- up\nSELECT 'caf\xe9';\n", "latin1"));
    return project.migrate();
  },
  DIRECTIVE_INVALID: (project) => {
    project.sql(1, "CREATE TABLE t1 (id);", null, "-- Require: 20260101000000\n");
    return project.migrate();
  },
  MARKER_INVALID: (project) => {
    project.write(1, "-- +goose Up\nCREATE TABLE t1 (id);\n");
    return project.migrate();
  },
  SECTION_EMPTY: (project) => {
    project.sql(1, "-- nothing yet");
    return project.migrate();
  },
  SQL_UNTERMINATED: (project) => {
    project.sql(1, "INSERT INTO names VALUES ('it''s);");
    return project.migrate();
  },
  STATEMENT_NOT_ALLOWED: (project) => {
    project.sql(1, "CREATE TABLE t1 (id);\nCOMMIT;\nDROP TABLE t1;");
    return project.migrate();
  },
  CODE_INVALID: (project) => {
    project.write(1, "export function up(db) {\n  db.run('CREATE TABLE t1 (id)'\n}\n", "ts");
    return project.migrate();
  },
  PYTHON_PENDING: (project) => {
    project.write(1, "def up(conn): pass\n", "py");
    return project.migrate();
  },
  DOWN_MISSING: async (project) => {
    project.sql(1, "CREATE TABLE t1 (id);", "");
    await project.migrate();
    return project.godwit("rollback", "--db", "app.db");
  },
  REQUIREMENT_MISSING: (project) => {
    project.sql(2, "CREATE TABLE t2 (id);", null, `-- Requires: ${v(1)}\n`);
    return project.migrate();
  },
  MIGRATION_CHANGED: async (project) => {
    project.tables(1);
    await project.migrate();
    project.sql(1, "CREATE TABLE t1 (id, more);");
    return project.migrate();
  },
  MIGRATION_MISSING: async (project) => {
    project.tables(1, 2);
    await project.migrate();
    project.remove(1);
    return project.migrate();
  },
  OUT_OF_ORDER: async (project) => {
    project.tables(2);
    await project.migrate();
    project.tables(1);
    return project.migrate();
  },
  NOT_ATOMIC: (project) => {
    project.tables(1);
    project.sql(2, "VACUUM;", null, "-- Transaction: off\n");
    return project.migrate("--atomic");
  },
  MIGRATION_INCOMPLETE: async (project) => {
    project.sql(1, "CREATE TABLE t1 (id);\nSELECT nope;", null, "-- Transaction: off\n");
    await project.migrate();
    return project.migrate();
  },
  TARGET_UNKNOWN: (project) => {
    project.tables(1);
    return project.migrate("--to", v(9));
  },
  TARGET_BEHIND: async (project) => {
    project.tables(1, 2);
    await project.migrate();
    return project.migrate("--to", v(1));
  },
  NOTHING_TO_ROLL_BACK: async (project) => {
    project.tables(1);
    await project.migrate();
    return project.godwit("rollback", "--steps", "2", "--db", "app.db");
  },

  MIGRATION_FAILED: (project) => {
    project.tables(1);
    project.sql(2, "CREATE TABLE t2 (id);\nINSERT INTO t2 SELECT '日本', nope FROM t1;");
    return project.migrate();
  },
  VERIFY_FAILED: (project) => {
    project.write(
      1,
      "-- up\nCREATE TABLE t1 (name);\nINSERT INTO t1 VALUES ('a'), (''), (NULL);\n\n-- verify\nSELECT rowid, name FROM t1 WHERE name IS NOT 'a';\n",
    );
    return project.migrate();
  },
  FOREIGN_KEY_VIOLATION: async (project) => {
    project.sql(
      1,
      "CREATE TABLE users (id INTEGER PRIMARY KEY);\nCREATE TABLE notes (user_id REFERENCES users);",
    );
    project.sql(2, "INSERT INTO users VALUES (1);\nINSERT INTO notes VALUES (1), (17);");
    return project.migrate();
  },
  ROWS_LOST: async (project) => {
    project.sql(
      1,
      `CREATE TABLE users (id INTEGER PRIMARY KEY);
CREATE TABLE notes (user_id REFERENCES users ON DELETE CASCADE);
CREATE TABLE posts (editor_id REFERENCES users ON DELETE SET NULL);
INSERT INTO users VALUES (1), (2);
INSERT INTO notes VALUES (1), (2), (2);
INSERT INTO posts VALUES (1);`,
    );
    project.sql(2, "DELETE FROM users;", null, "-- Foreign keys: on\n");
    return project.migrate();
  },
  TRANSACTION_LOST: (project) => {
    project.tables(1);
    project.write(2, pastHandle('real.run("CREATE TABLE t2 (id)"); real.run("ROLLBACK");'), "ts");
    return project.migrate();
  },
  LOCK_LOST: (project) => {
    project.tables(1);
    project.write(
      2,
      `import { readFileSync } from "node:fs";
export function up(db) {
  db.run("CREATE TABLE t2 (id)");
  readFileSync("app.db");
}`,
      "ts",
    );
    return project.migrate();
  },
} as const satisfies Record<string, Sample>;
