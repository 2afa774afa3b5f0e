import {
  type Check,
  good,
  type InputCase,
  raw,
  SEED,
  SEED_ROWS,
  sql,
  sqlName,
  TABLES,
  table,
} from "./input-case.ts";

const MADE: Check = [TABLES, "t1"];
const rows = (expected: string): Check => ["SELECT group_concat(a, '|') FROM t1", expected];
const holding = (name: string, text: string | Uint8Array, ...checks: readonly Check[]) =>
  good(name, raw(1, text), [1], [MADE, ...checks, SEED_ROWS]);
const T1 = "CREATE TABLE t1 (a);";
const REBUILD = `CREATE TABLE users_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, more TEXT);
INSERT INTO users_new (id, name) SELECT id, name FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;`;

/** Files that look wrong and are right: all of them is run, and nothing else. */
export const GOOD: readonly InputCase[] = [
  holding("a byte order mark before the marker", `\uFEFF-- up\n${T1}\n-- down\nDROP TABLE users;`),
  holding(
    "line ends of Windows",
    `-- up\r\n${T1}\r\nINSERT INTO t1 VALUES (1);\r\n-- down\r\nDROP TABLE users;\r\n`,
    rows("1"),
  ),
  holding(
    "a vertical tab before a marker",
    `-- up\n${T1}\nINSERT INTO t1 VALUES (1);\v\n-- down\nDROP TABLE t1;\n`,
    rows("1"),
  ),
  holding("line ends of old Macs", `-- up\r${T1}\r-- down\rDROP TABLE users;\r`),
  holding(
    "several statements and no last semicolon",
    `${T1} INSERT INTO t1 VALUES (1); INSERT INTO t1 VALUES (2)`,
    rows("1|2"),
  ),
  holding("a comment without a line end last", `${T1}\nINSERT INTO t1 VALUES (1); -- that is all`, rows("1")),
  holding(
    "a marker in a string",
    `-- up\n${T1}\nINSERT INTO t1 VALUES ('x\n-- down\ny');\nINSERT INTO t1 VALUES (2);\n`,
    rows("x\n-- down\ny|2"),
  ),
  holding(
    "a marker in a block comment",
    `-- up\n${T1}\n/* as it was:\n-- down\nfor now */\nINSERT INTO t1 VALUES (1);\n`,
    rows("1"),
  ),
  holding(
    "a marker in a quoted name",
    `-- up\n${T1}\nINSERT INTO t1 SELECT "x\n-- down\ny" FROM (SELECT 1 AS "x\n-- down\ny");\n`,
    rows("1"),
  ),
  holding(
    "a marker in a name in brackets",
    `-- up\n${T1}\nINSERT INTO t1 SELECT [x\n-- down\ny] FROM (SELECT 1 AS [x\n-- down\ny]);\n`,
    rows("1"),
  ),
  good(
    "a trigger with semicolons, CASE and a marker",
    sql(
      1,
      `${T1}\nCREATE TRIGGER g AFTER DELETE ON notes BEGIN\n  INSERT INTO t1 VALUES (CASE old.id WHEN 1 THEN 'one; END;' ELSE 'more' END);\n  -- down\n  INSERT INTO t1 SELECT 'end';\nEND;\nDELETE FROM notes WHERE id < 3;`,
      "DROP TRIGGER g;",
    ),
    [1],
    [rows("one; END;|end|more|end"), ["SELECT count(*) FROM notes", "1"]],
  ),
  holding(
    "semicolons and comment marks in strings",
    `${T1} INSERT INTO t1 VALUES (';'), ('/*'), ('--'), ('it''s;');`,
    rows(";|/*|--|it's;"),
  ),
  holding("prose with colons", `-- Note: this is prose: really\n-- see https://example.org\n-- up\n${T1}`),
  holding("other scripts than Latin", `${T1}\nINSERT INTO t1 VALUES ('日本😀é');`, rows("日本😀é")),
  good("a rebuild of a parent", sql(1, REBUILD), [1], [SEED_ROWS]),
  good(
    "a rebuild in a frame",
    sql(1, `PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n${REBUILD}\nCOMMIT;\nPRAGMA foreign_keys=ON;`),
    [1],
    [SEED_ROWS],
  ),
  good(
    "a key that pointed nowhere before",
    sql(1, "INSERT INTO notes VALUES (4, 1, 'd');\nDELETE FROM notes WHERE id = 4;"),
    [1],
    [["SELECT count(*) FROM notes", "4"]],
    {
      seed: `${SEED}INSERT INTO notes VALUES (9, 17, 'lost');`,
    },
  ),
  good("verify that finds nothing", raw(1, `-- up\n${T1}\n-- verify\nSELECT a FROM t1;`), [1], [MADE]),
  good(
    "statements that no transaction takes",
    sql(1, `${T1}\nVACUUM;`, null, "-- Transaction: off\n"),
    [1],
    [MADE, SEED_ROWS],
    { incomplete: [] },
  ),
  good("the newest is rolled back", { ...table(1), ...table(2) }, [1], [MADE, SEED_ROWS], {
    first: [["migrate"]],
    words: ["rollback"],
  }),
  good(
    "four that only make tables",
    { ...table(1), ...table(2), ...table(3), ...table(4) },
    [1, 2, 3, 4],
    [[TABLES, "t1,t2,t3,t4"], SEED_ROWS],
  ),
  good(
    "the third of four that only make tables makes two",
    { ...table(1), ...table(2), ...sql(3, "CREATE TABLE t3 (id);\nCREATE TABLE t3b (id);"), ...table(4) },
    [1, 2, 3, 4],
    [[TABLES, "t1,t2,t3,t3b,t4"], SEED_ROWS],
  ),
  good("all are rolled back", { ...table(1), ...table(2) }, [], [[TABLES, ""], SEED_ROWS], {
    first: [["migrate"]],
    words: ["rollback", "--all", "--yes"],
  }),
  good(
    "one is rolled back and applied again",
    { ...table(1), ...table(2) },
    [1, 2],
    [[TABLES, "t1,t2"], SEED_ROWS],
    { first: [["migrate"]], words: ["redo"] },
  ),
  good("one step of three", { ...table(1), ...table(2), ...table(3) }, [1], [MADE], {
    words: ["migrate", "--steps", "1"],
  }),
  good("up to a version", { ...table(1), ...table(2), ...table(3) }, [1, 2], [[TABLES, "t1,t2"]], {
    words: ["migrate", "--to", "20260101000002"],
  }),
  good("a changed file that is let pass", { ...table(1) }, [1, 2], [[TABLES, "t1,t2"]], {
    first: [["migrate"]],
    changes: { ...sql(1, "CREATE TABLE other (id);"), ...table(2) },
    words: ["migrate", "--allow-changed"],
  }),
  good(
    "an applied file without a checksum that is gone",
    { ...table(1), ...table(2) },
    [1, 2],
    [[TABLES, "t2"]],
    {
      seed: `${SEED}CREATE TABLE schema_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, version TEXT UNIQUE NOT NULL, description TEXT NOT NULL, applied_at TIMESTAMP, execution_time_ms INTEGER);INSERT INTO schema_migrations (version, description) VALUES ('20260101000001', 'by Python');`,
      changes: { [sqlName(1)]: undefined },
    },
  ),
  good("a table that is named otherwise", table(1), [1], [["SELECT count(*) FROM t1", "0"]], {
    words: ["migrate", "--table", "other"],
    table: "other",
  }),
];
