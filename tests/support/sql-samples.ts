/** One statement each, that SQLite prepares alone on a database made by `SAMPLE_SCHEMA`. */
export const SAMPLE_SCHEMA = "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); CREATE TABLE u (a, b, c);";

export const SAMPLE_STATEMENTS: readonly string[] = [
  "SELECT 1;",
  "CREATE TABLE n1 (a INTEGER PRIMARY KEY, b TEXT DEFAULT ';' NOT NULL);",
  "INSERT OR REPLACE INTO t (a, b) VALUES (1, 'it''s; -- up\n');",
  "INSERT INTO t (b) VALUES ('/* open');",
  'CREATE TABLE "a;b" ("c""; -- down" TEXT, `d;` INT, [e; /*] BLOB);',
  "SELECT a -- ; comment\n, b /* ; -- up */ FROM t;",
  "SELECT x'00ff', X'', .5, 1.5e-3, 1e+2, 0xE, 'ä😀';",
  "SELECT '{}' ->> '$.a;b', - -1, 4 / 2 FROM t;",
  "CREATE INDEX n2 ON t (b) WHERE b <> ';';",
  "CREATE VIEW n3 AS SELECT a, CASE b WHEN 'x' THEN 1 ELSE 2 END AS begin_end FROM t;",
  "UPDATE t SET b = CASE WHEN a > 1 THEN 'END;' ELSE b END;",
  "CREATE TRIGGER n4 AFTER INSERT ON t BEGIN UPDATE u SET a = 1; DELETE FROM u; END;",
  "CREATE TEMP TRIGGER n5 AFTER UPDATE ON t BEGIN\n  UPDATE u SET a = CASE new.a WHEN 1 THEN 2 END;\n  -- up\n  SELECT CASE WHEN 1 THEN CASE WHEN 2 THEN 3 END END;\nEND;",
  "CREATE TRIGGER IF NOT EXISTS n6 BEFORE DELETE ON t WHEN old.a > 1 BEGIN SELECT RAISE(ABORT, 'no; END;'); END /* ; */ ;",
  "EXPLAIN CREATE TRIGGER n7 AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END;",
  "/* head */ WITH x AS (SELECT 1) SELECT * FROM x;",
  "DELETE FROM t WHERE b IN ('a', ';');",
  "PRAGMA user_version;",
  "SELECT 'a\nb;\n' AS \"x\ny\";",
  "ALTER TABLE t ADD COLUMN ünïcode TEXT;",
];
