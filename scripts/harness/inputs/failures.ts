import {
  type Check,
  failed,
  type InputCase,
  raw,
  SEED_ROWS,
  sql,
  TABLES,
  table,
  version,
} from "./input-case.ts";

const FIRST_ONLY: readonly Check[] = [[TABLES, "t1"], SEED_ROWS];
const FIRST_KEPT: Partial<InputCase> = { applied: [1], holds: FIRST_ONLY };
const OFF = "-- Transaction: off\n";
const ENFORCED = "-- Foreign keys: on\n";

/** A history with a version that has neither file nor checksum. */
const OLD_HISTORY = {
  seed: `${historyTable()}INSERT INTO schema_migrations (version, description) VALUES ('${version(0)}', 'old');`,
};

/** SQL that fails while it runs: it leaves nothing, and what came before it stays. */
export const FAILURES: readonly InputCase[] = [
  failed(
    "a syntax error in the second statement",
    "MIGRATION_FAILED",
    sql(1, "CREATE TABLE t1 (id);\nNOPE;"),
  ),
  failed(
    "a table that is not there",
    "MIGRATION_FAILED",
    sql(1, "DELETE FROM notes;\nINSERT INTO nope VALUES (1);"),
  ),
  failed(
    "a constraint",
    "MIGRATION_FAILED",
    sql(1, "DELETE FROM notes;\nINSERT INTO users VALUES (1, 'x');"),
  ),
  failed(
    "OR FAIL, half of it done",
    "MIGRATION_FAILED",
    sql(1, "INSERT OR FAIL INTO users VALUES (7, 'x'), (1, 'x');"),
  ),
  failed(
    "the second of two fails",
    "MIGRATION_FAILED",
    { ...table(1), ...sql(2, "CREATE TABLE t2 (id);\nDELETE FROM notes;\nNOPE;") },
    FIRST_KEPT,
  ),
  failed(
    "the second of two fails, told to a person",
    "MIGRATION_FAILED",
    { ...table(1), ...sql(2, "DELETE FROM notes;\nNOPE;") },
    { ...FIRST_KEPT, isText: true },
  ),
  failed(
    "the last statement of one that only creates fails",
    "MIGRATION_FAILED",
    {
      ...table(1),
      ...sql(2, "CREATE TABLE t2 (id);\nCREATE TABLE t2_more (id);\nCREATE TABLE notes (id);"),
      ...table(3),
    },
    FIRST_KEPT,
  ),
  failed(
    "the fourth of five that only make tables fails",
    "MIGRATION_FAILED",
    { ...table(1), ...table(2), ...table(3), ...sql(4, "CREATE TABLE notes (id);"), ...table(5) },
    { applied: [1, 2, 3], holds: [[TABLES, "t1,t2,t3"], SEED_ROWS] },
  ),
  failed(
    "the second of three fails",
    "MIGRATION_FAILED",
    { ...table(1), ...sql(2, "DROP TABLE notes;\nNOPE;"), ...table(3) },
    FIRST_KEPT,
  ),
  failed(
    "OR ROLLBACK",
    "MIGRATION_FAILED",
    { ...table(1), ...sql(2, "CREATE TABLE t2 (id);\nINSERT OR ROLLBACK INTO users VALUES (1, 'x');") },
    FIRST_KEPT,
  ),
  failed(
    "RAISE(ROLLBACK)",
    "MIGRATION_FAILED",
    {
      ...table(1),
      ...sql(
        2,
        "CREATE TRIGGER g BEFORE DELETE ON notes BEGIN SELECT RAISE(ROLLBACK, 'no; END;'); END;\nDELETE FROM notes;",
      ),
    },
    FIRST_KEPT,
  ),
  failed(
    "a full database",
    "DATABASE_FAILED",
    sql(1, "CREATE TABLE t1 (a);\nPRAGMA max_page_count = 10;\nINSERT INTO t1 SELECT zeroblob(100000);"),
  ),
  failed(
    "verify finds a row",
    "VERIFY_FAILED",
    raw(1, "-- up\nDELETE FROM notes WHERE id = 1;\n-- verify\nSELECT id FROM notes WHERE user_id IS NULL;"),
  ),
  failed(
    "verify writes",
    "MIGRATION_FAILED",
    raw(1, "-- up\nCREATE TABLE t1 (id);\n-- verify\nDELETE FROM notes RETURNING NULL;"),
  ),
  failed(
    "verify cannot be run",
    "MIGRATION_FAILED",
    raw(1, "-- up\nCREATE TABLE t1 (id);\n-- verify\nSELECT nope FROM t1;"),
  ),
  failed(
    "a key that points nowhere",
    "FOREIGN_KEY_VIOLATION",
    sql(1, "INSERT INTO notes VALUES (9, 17, 'x');"),
  ),
  failed(
    "a parent taken away",
    "FOREIGN_KEY_VIOLATION",
    { ...table(1), ...sql(2, "DELETE FROM users WHERE id = 2;") },
    FIRST_KEPT,
  ),
  failed(
    "a parent that is not unique",
    "FOREIGN_KEY_VIOLATION",
    sql(1, "CREATE TABLE p (a);\nCREATE TABLE c (a REFERENCES p (a));"),
  ),
  failed(
    "a key refused at once",
    "MIGRATION_FAILED",
    sql(1, "INSERT INTO notes VALUES (9, 17, 'x');", null, ENFORCED),
  ),
  failed(
    "a key refused by COMMIT",
    "FOREIGN_KEY_VIOLATION",
    {
      ...table(1),
      ...sql(
        2,
        "CREATE TABLE c (a REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO c VALUES (17);",
        null,
        ENFORCED,
      ),
    },
    FIRST_KEPT,
  ),
  failed(
    "a rebuild refused by COMMIT",
    "FOREIGN_KEY_VIOLATION",
    sql(
      1,
      "CREATE TABLE p2 (id INTEGER PRIMARY KEY);\nINSERT INTO p2 SELECT id FROM p;\nDROP TABLE p;\nALTER TABLE p2 RENAME TO p;",
      null,
      ENFORCED,
    ),
    {
      seed: "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (a REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED); INSERT INTO p VALUES (1); INSERT INTO c VALUES (1);",
    },
  ),
  failed("a change of the history", "MIGRATION_FAILED", sql(1, "DELETE FROM schema_migrations;"), {
    ...OLD_HISTORY,
    applied: [0],
  }),
  failed(
    "a history that refuses the record",
    "HISTORY_INVALID",
    { ...table(1), ...table(2) },
    {
      seed: `${historyTable("CHECK (version NOT LIKE '%02')")}`,
      applied: [1],
      holds: [[TABLES, "t1"]],
    },
  ),
  failed(
    "the first statement outside a transaction",
    "MIGRATION_FAILED",
    sql(1, "NOPE;\nDROP TABLE notes;", null, OFF),
    { holds: [[TABLES, ""], SEED_ROWS] },
  ),
  failed(
    "a later statement outside a transaction",
    "MIGRATION_FAILED",
    sql(1, "CREATE TABLE t1 (id);\nNOPE;\nDROP TABLE notes;", null, OFF),
    {
      exit: 5,
      applied: [],
      incomplete: [1],
      holds: FIRST_ONLY,
    },
  ),
  failed(
    "verify outside a transaction",
    "VERIFY_FAILED",
    raw(1, `${OFF}-- up\nCREATE TABLE t1 (id);\n-- verify\nSELECT 1;`),
    {
      exit: 5,
      applied: [],
      incomplete: [1],
      holds: FIRST_ONLY,
    },
  ),
  failed(
    "an own transaction that stays open",
    "TRANSACTION_LOST",
    sql(1, "BEGIN;\nDELETE FROM notes;", null, OFF),
    { holds: [SEED_ROWS] },
  ),
  failed(
    "an own transaction that stays open after another",
    "TRANSACTION_LOST",
    sql(1, "BEGIN;\nCREATE TABLE t1 (id);\nCOMMIT;\nBEGIN;\nDELETE FROM notes;", null, OFF),
    {
      exit: 5,
      applied: [],
      incomplete: [1],
      holds: FIRST_ONLY,
    },
  ),
  failed(
    "rows taken by a foreign key",
    "ROWS_LOST",
    { ...table(1), ...sql(2, "DELETE FROM users WHERE id = 1;", null, ENFORCED) },
    FIRST_KEPT,
  ),
  failed(
    "rows taken by a rebuild",
    "ROWS_LOST",
    sql(
      1,
      "CREATE TABLE u (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\nINSERT INTO u SELECT * FROM users;\nDROP TABLE users;\nALTER TABLE u RENAME TO users;",
      null,
      ENFORCED,
    ),
  ),
  failed("down fails", "MIGRATION_FAILED", sql(1, "CREATE TABLE t1 (id);", "DELETE FROM notes;\nNOPE;"), {
    first: [["migrate"]],
    words: ["rollback"],
    ...FIRST_KEPT,
    holds: "same",
  }),
  failed(
    "redo fails on its way up",
    "MIGRATION_FAILED",
    sql(1, "CREATE TABLE t1 (id);\nINSERT INTO log VALUES (1);", "DROP TABLE t1;"),
    {
      seed: "CREATE TABLE log (a UNIQUE);",
      first: [["migrate"]],
      words: ["redo"],
      applied: [1],
      holds: "same",
    },
  ),
];

function historyTable(constraint = ""): string {
  return `CREATE TABLE schema_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, version TEXT UNIQUE NOT NULL ${constraint}, description TEXT NOT NULL, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, execution_time_ms INTEGER, checksum TEXT);`;
}
