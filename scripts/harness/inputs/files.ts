import { type InputCase, raw, refused, sql, sqlName, table, version } from "./input-case.ts";

const CREATE = "CREATE TABLE t1 (id);";

/** SQL files that are refused: nothing of them, and nothing before them, is run. */
export const BAD_FILES: readonly InputCase[] = [
  ...unreadable(),
  ...markers(),
  ...unterminated(),
  ...statements(),
  ...headers(),
  ...names(),
];

function unreadable(): InputCase[] {
  const code = "MIGRATION_UNREADABLE";
  const utf16 = Buffer.from(`\uFEFF${CREATE}`, "utf16le");
  return [
    refused("a NUL after a statement", code, raw(1, `${CREATE}\0DROP TABLE users;`)),
    refused("a NUL in a literal", code, raw(1, `${CREATE} INSERT INTO t1 VALUES ('a\0b');`)),
    refused("a NUL at the end", code, raw(1, `${CREATE}\n\0`)),
    refused("a NUL at the start", code, raw(1, `\0${CREATE}`)),
    refused("a NUL in a comment", code, raw(1, `-- \0\n${CREATE}`)),
    refused("Latin-1", code, raw(1, Buffer.from(`${CREATE} INSERT INTO t1 VALUES ('caf\xe9');`, "latin1"))),
    refused("a cut character", code, raw(1, Buffer.concat([Buffer.from(CREATE), Buffer.from([0xc3, 0x28])]))),
    refused(
      "a surrogate in UTF-8",
      code,
      raw(1, Buffer.concat([Buffer.from("-- "), Buffer.from([0xed, 0xa0, 0x80])])),
    ),
    refused("UTF-16, low byte first", code, raw(1, utf16)),
    refused("UTF-16, high byte first", code, raw(1, Buffer.from(utf16).swap16())),
    refused("a bad second file", code, { ...table(1), ...raw(2, "SELECT 1;\0") }),
  ];
}

function markers(): InputCase[] {
  const code = "MARKER_INVALID";
  return [
    refused("an empty file", "SECTION_EMPTY", raw(1, "")),
    refused("a byte order mark alone", "SECTION_EMPTY", raw(1, "\uFEFF")),
    refused("comments alone", "SECTION_EMPTY", raw(1, "-- nothing\n/* to do */\n")),
    refused("semicolons alone", "SECTION_EMPTY", raw(1, ";;;\n;")),
    refused("an empty up", "SECTION_EMPTY", sql(1, "", "DROP TABLE users;")),
    refused("down alone", code, raw(1, "-- down\nDROP TABLE users;")),
    refused("up twice", code, raw(1, `-- up\n${CREATE}\n-- up\nDROP TABLE users;`)),
    refused("down twice", code, raw(1, `-- up\n${CREATE}\n-- down\nSELECT 1;\n-- down\nSELECT 2;`)),
    refused("SQL before the first marker", code, raw(1, `DROP TABLE users;\n-- up\n${CREATE}`)),
    refused("dbmate's marker", code, raw(1, `-- migrate:up\n${CREATE}\n-- migrate:down\nDROP TABLE t1;`)),
    refused("goose's marker", code, raw(1, `-- +goose Up\n${CREATE}\n-- +goose Down\nDROP TABLE t1;`)),
    refused(
      "a marker behind a statement without its semicolon",
      code,
      raw(1, `-- up\n${CREATE}\nINSERT INTO t1 SELECT 1\n-- down\nVACUUM;\nDROP TABLE users;`),
    ),
    refused("a misspelt marker", code, raw(1, `-- up\n${CREATE}\n-- dwon\nDROP TABLE users;`)),
    refused("a marker that shares its line", code, raw(1, `-- up\n${CREATE} -- down\nDROP TABLE users;`)),
  ];
}

function unterminated(): InputCase[] {
  const open = (what: string, text: string) =>
    refused(`an open ${what}`, "SQL_UNTERMINATED", raw(1, `${CREATE}\n${text}`));
  return [
    open("block comment", "/* to be continued\nDROP TABLE users;"),
    open("block comment at the end", "SELECT 1; /*"),
    open("block comment that looks closed", "/*/ DROP TABLE users;"),
    open("string", "INSERT INTO t1 VALUES ('it''s);\n"),
    open("name in double quotes", 'CREATE TABLE "t2 (id);'),
    open("name in brackets", "CREATE TABLE [t2 (id);"),
    open("name in backticks", "CREATE TABLE `t2 (id);"),
    open("blob", "INSERT INTO t1 VALUES (x'00);"),
    open("trigger", "CREATE TRIGGER g AFTER INSERT ON t1 BEGIN SELECT 1;\nDROP TABLE users;"),
    open(
      "trigger whose END has no semicolon",
      "CREATE TRIGGER g AFTER INSERT ON t1 BEGIN SELECT 1; END\nDROP TABLE users;",
    ),
    refused("an open comment before the marker", "SQL_UNTERMINATED", raw(1, `/* \n-- up\n${CREATE}`)),
    refused("an open comment in down", "SQL_UNTERMINATED", sql(1, CREATE, "/* DROP TABLE t1;")),
  ];
}

function statements(): InputCase[] {
  const code = "STATEMENT_NOT_ALLOWED";
  const named = (text: string) => refused(text, code, sql(1, `${CREATE}\n${text};\nDROP TABLE users;`));
  return [
    refused("a BEGIN without its semicolon", code, sql(1, `BEGIN TRANSACTION\n${CREATE}\nCOMMIT;`)),
    ...["COMMIT", "\vCOMMIT", "COMMIT; BEGIN", "END", "ROLLBACK", "BEGIN", "SAVEPOINT s", "RELEASE s"].map(
      named,
    ),
    ...["VACUUM", "PRAGMA journal_mode = OFF", "ATTACH 'x.db' AS x", "DETACH x"].map(named),
    ...["SELECT ?1", "INSERT INTO t1 VALUES (:id)", "SELECT $a(;)"].map(named),
    refused("a command of the shell", code, sql(1, `.read other.sql\n${CREATE}`)),
    refused("COMMIT behind a comment", code, sql(1, `${CREATE}\n/* done */ -- now\n COMMIT;`)),
    refused("COMMIT in down", code, sql(1, CREATE, "COMMIT;\nDROP TABLE t1;"), {
      exit: 3,
      first: [["migrate"]],
      words: ["rollback"],
      applied: [1],
    }),
  ];
}

function headers(): InputCase[] {
  const code = "DIRECTIVE_INVALID";
  const head = (name: string, text: string, as = code) => refused(name, as, sql(1, CREATE, null, text));
  return [
    head("a misspelt header", "-- Require: 20260101000000\n"),
    head("a header with another value", "-- Transaction: maybe\n"),
    head("a header given twice", "-- Transaction: off\n-- Transaction: on\n"),
    head("a requirement that is no version", "-- Requires: 17\n"),
    head("a requirement that is not there", `-- Requires: ${version(9)}\n`, "REQUIREMENT_MISSING"),
    head("a requirement that comes later", `-- Requires: ${version(2)}\n`, "REQUIREMENT_MISSING"),
    refused("a header below its marker", code, raw(1, `-- up\n-- Transaction: off\n${CREATE}`)),
  ];
}

function names(): InputCase[] {
  const code = "MIGRATION_NAME_INVALID";
  return [
    refused("a version twice", "VERSION_DUPLICATE", {
      ...table(1),
      [`${version(1)}_other.sql`]: "CREATE TABLE other (id);",
    }),
    refused("a version twice, in two languages", "VERSION_DUPLICATE", {
      ...table(1),
      [`${version(1)}_other.ts`]: "export function up() {}",
    }),
    refused("a short version", code, { ...table(1), "2026_users.sql": CREATE }),
    refused("a version alone", code, { [`${version(1)}.sql`]: CREATE }),
    refused("a name with a space", code, { [`${version(1)}_add users.sql`]: CREATE }),
    refused("a folder named like a migration", code, { ...table(1), [sqlName(2)]: null }),
    refused("a link that leads nowhere", code, { ...table(1), [sqlName(2)]: "->nowhere.sql" }),
    refused("a link to itself", code, { ...table(1), [sqlName(2)]: `->${sqlName(2)}` }),
    refused("Python", "PYTHON_PENDING", { [`${version(1)}_old.py`]: "def up(conn): pass\n" }),
    refused("no migrations", "MIGRATIONS_NOT_FOUND", { "README.md": "nothing" }, { exit: 2 }),
  ];
}
