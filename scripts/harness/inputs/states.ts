import {
  type InputCase,
  refused,
  SEED,
  SEED_ROWS,
  sql,
  sqlName,
  TABLES,
  table,
  version,
} from "./input-case.ts";

const MIGRATED = [["migrate"]] as const;
const OWN =
  "CREATE TABLE schema_migrations (id INTEGER PRIMARY KEY, version TEXT, description TEXT, applied_at TEXT, execution_time_ms INTEGER, checksum TEXT);";
const TWO = { ...table(1), ...table(2) };

/** Histories and databases that stand in the way. */
export const STATES: readonly InputCase[] = [
  ...histories(),
  ...targets(),
  ...foreign(),
  ...databases(),
  ...locks(),
];

function histories(): InputCase[] {
  return [
    refused("a file changed after it was applied", "MIGRATION_CHANGED", TWO, {
      first: MIGRATED,
      changes: sql(1, "CREATE TABLE t1 (id, more);"),
      applied: [1, 2],
    }),
    refused("an applied file that is gone", "MIGRATION_MISSING", TWO, {
      first: MIGRATED,
      changes: { [sqlName(1)]: undefined },
      applied: [1, 2],
    }),
    refused("a file older than the newest applied", "OUT_OF_ORDER", table(2), {
      first: MIGRATED,
      changes: table(1),
      applied: [2],
    }),
    refused("rolled back without its file", "MIGRATION_MISSING", TWO, {
      first: MIGRATED,
      changes: { [sqlName(2)]: undefined },
      words: ["rollback"],
      applied: [1, 2],
    }),
    refused(
      "rolled back without a way down",
      "DOWN_MISSING",
      { ...table(1), ...sql(2, "CREATE TABLE t2 (id);") },
      {
        first: MIGRATED,
        words: ["rollback", "--steps", "2"],
        applied: [1, 2],
      },
    ),
    refused(
      "one that stopped half-way",
      "MIGRATION_INCOMPLETE",
      { ...table(1), ...table(2) },
      {
        first: [["migrate", "--steps", "1"]],
        seed: `${SEED}CREATE TABLE schema_migrations_incomplete (version TEXT PRIMARY KEY NOT NULL, statement INTEGER NOT NULL, started_at TIMESTAMP NOT NULL);`,
        applied: [1],
        incomplete: [],
        exit: 0,
        code: null,
        words: ["status"],
      },
    ),
    refused("one that stopped half-way, on migrate", "MIGRATION_INCOMPLETE", TWO, {
      seed: `${SEED}CREATE TABLE schema_migrations_incomplete (version TEXT PRIMARY KEY NOT NULL, statement INTEGER NOT NULL, started_at TIMESTAMP NOT NULL);INSERT INTO schema_migrations_incomplete VALUES ('${version(1)}', 2, '2026-01-01 00:00:00');`,
      incomplete: [1],
    }),
  ];
}

function targets(): InputCase[] {
  return [
    refused("an unknown target", "TARGET_UNKNOWN", TWO, { words: ["migrate", "--to", version(9)] }),
    refused("a target behind", "TARGET_BEHIND", TWO, {
      first: MIGRATED,
      words: ["migrate", "--to", version(1)],
      applied: [1, 2],
    }),
    refused("an unknown target to go back to", "TARGET_UNKNOWN", TWO, {
      first: MIGRATED,
      words: ["rollback", "--to", version(9)],
      applied: [1, 2],
    }),
    refused("nothing to roll back", "NOTHING_TO_ROLL_BACK", TWO, { words: ["rollback"] }),
    refused("more steps back than there are", "NOTHING_TO_ROLL_BACK", TWO, {
      first: MIGRATED,
      words: ["rollback", "--steps", "3"],
      applied: [1, 2],
    }),
    refused("all the way back without yes", "CONFIRMATION_REQUIRED", TWO, {
      first: MIGRATED,
      words: ["rollback", "--all"],
      exit: 2,
      applied: [1, 2],
    }),
    refused("a version to mark that is none", "INVALID_VALUE", TWO, {
      words: ["mark", "17", "--applied"],
      exit: 2,
    }),
    refused("a flag that is none", "UNKNOWN_FLAG", TWO, { words: ["migrate", "--forse"], exit: 2 }),
    refused("a count that is none", "INVALID_VALUE", TWO, { words: ["migrate", "--steps", "0"], exit: 2 }),
    refused("two flags that exclude each other", "CONFLICTING_FLAGS", TWO, {
      words: ["migrate", "--steps", "1", "--to", version(1)],
      exit: 2,
    }),
  ];
}

function foreign(): InputCase[] {
  const seeds: readonly (readonly [string, string])[] = [
    ["golang-migrate's table", "CREATE TABLE schema_migrations (version bigint, dirty boolean);"],
    ["dbmate's table", "CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY);"],
    ["Rails' table", "CREATE TABLE schema_migrations (version varchar NOT NULL PRIMARY KEY);"],
    [
      "a table with a trigger",
      `${OWN}CREATE TRIGGER g AFTER INSERT ON schema_migrations BEGIN DELETE FROM users; END;`,
    ],
    ["a view", "CREATE VIEW schema_migrations AS SELECT 1 AS version;"],
    [
      "a table with a needed column more",
      "CREATE TABLE schema_migrations (id INTEGER PRIMARY KEY, version TEXT, description TEXT, applied_at TEXT, execution_time_ms INTEGER, checksum TEXT, who TEXT NOT NULL);",
    ],
  ];
  return [
    ...seeds.map(([name, seed]) =>
      refused(`as history, ${name}`, "HISTORY_FOREIGN", TWO, { seed: `${SEED}${seed}`, applied: [] }),
    ),
    refused("a history without a version in a row", "HISTORY_INVALID", TWO, {
      seed: `${SEED}${OWN}INSERT INTO schema_migrations (description) VALUES ('x');`,
      applied: [],
    }),
    refused("a history with a version twice", "HISTORY_INVALID", TWO, {
      seed: `${SEED}${OWN}INSERT INTO schema_migrations (version, description) VALUES ('${version(1)}', 'x'), ('${version(1)}', 'y');`,
      applied: [1, 1],
    }),
  ];
}

function databases(): InputCase[] {
  const bad = (name: string, code: string, more: Partial<InputCase>) =>
    refused(name, code, TWO, { exit: 4, ...more });
  const noise = Buffer.from(Array.from({ length: 8192 }, (_, n) => (n * 73 + (n >> 5) * 41 + 7) % 256));
  return [
    bad("no database that must be there", "DATABASE_NOT_FOUND", {
      seed: null,
      words: ["migrate", "--must-exist"],
    }),
    bad("no database to roll back in", "DATABASE_NOT_FOUND", { seed: null, words: ["rollback"] }),
    bad("text in place of a database", "NOT_A_DATABASE", {
      seed: Buffer.from("this is no database, and long enough to look like one".repeat(20)),
    }),
    bad("noise in place of a database", "NOT_A_DATABASE", { seed: noise }),
    {
      name: "status without a database",
      files: TWO,
      seed: null,
      words: ["status"],
      exit: 0,
      code: null,
      holds: "same",
    },
    {
      name: "status --check without a database",
      files: TWO,
      seed: null,
      words: ["status", "--check"],
      exit: 1,
      code: null,
      holds: "same",
    },
    {
      name: "status --check with one pending",
      files: table(1),
      first: MIGRATED,
      changes: table(2),
      words: ["status", "--check"],
      exit: 1,
      code: null,
      applied: [1],
      holds: "same",
    },
    {
      name: "a bad file without a database",
      files: sql(1, "COMMIT;"),
      seed: null,
      exit: 3,
      code: "STATEMENT_NOT_ALLOWED",
      holds: "same",
    },
    {
      name: "an empty file as database",
      files: table(1),
      seed: Buffer.alloc(0),
      exit: 0,
      code: null,
      applied: [1],
      holds: [[TABLES, "t1"]],
    },
  ];
}

function locks(): InputCase[] {
  const both = { applied: [1, 2], holds: [[TABLES, "t1,t2"], SEED_ROWS] } satisfies Partial<InputCase>;
  return [
    refused("a writer that does not end", "DATABASE_BUSY", TWO, {
      exit: 4,
      words: ["migrate", "--lock-timeout", "0"],
      held: { sql: "BEGIN IMMEDIATE" },
    }),
    refused("a reader that keeps COMMIT out", "DATABASE_BUSY", TWO, {
      exit: 4,
      words: ["migrate", "--lock-timeout", "0"],
      held: { sql: "BEGIN; SELECT * FROM users;" },
      mode: "delete",
    }),
    {
      name: "a writer that ends in time",
      files: TWO,
      held: { sql: "BEGIN IMMEDIATE", endsInTime: true },
      exit: 0,
      code: null,
      ...both,
    },
    {
      name: "a reader that ends in time",
      files: TWO,
      held: { sql: "BEGIN; SELECT * FROM users;", endsInTime: true },
      exit: 0,
      code: null,
      ...both,
    },
    {
      name: "a reader beside a write-ahead log",
      files: TWO,
      words: ["migrate", "--lock-timeout", "0"],
      held: { sql: "BEGIN; SELECT * FROM users;" },
      mode: "wal",
      exit: 0,
      code: null,
      ...both,
    },
  ];
}
