import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A migration that the harness generates: it knows every statement, so it can say what must be in a database without godwit. */
export interface Step {
  readonly version: string;
  readonly kind: "sql" | "ts";
  /** Transaction: off */
  readonly isOff: boolean;
  readonly up: readonly string[];
  readonly down: readonly string[];
}

export type Form = "sql" | "ts" | "mixed" | "off";

type Pair = readonly [up: readonly string[], down: readonly string[]];

/** What an application had before: other tables with foreign keys, an index and a trigger. */
export const POPULATION: readonly string[] = [
  "CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
  "CREATE TABLE purchase (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customer (id) ON DELETE CASCADE, cents INTEGER NOT NULL)",
  "CREATE INDEX purchase_customer ON purchase (customer_id)",
  "CREATE TABLE audit (id INTEGER PRIMARY KEY, what TEXT)",
  "CREATE TRIGGER purchase_gone AFTER DELETE ON purchase BEGIN INSERT INTO audit (what) VALUES ('gone ' || old.id); END",
  "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) INSERT INTO customer SELECT i, 'customer ' || i FROM n",
  "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT INTO purchase SELECT i, 1 + i % 40, i * 100 FROM n",
];

const AUTHOR = "id INTEGER PRIMARY KEY, name TEXT NOT NULL";
const BOOK =
  "id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES author (id) ON DELETE CASCADE, title TEXT NOT NULL";

/** The twelve steps of SQLite's own page, as far as these tables need them. */
function rebuild(table: string, columns: string, values: string): string[] {
  return [
    `CREATE TABLE fresh (${columns})`,
    `INSERT INTO fresh SELECT ${values} FROM ${table}`,
    `DROP TABLE ${table}`,
    `ALTER TABLE fresh RENAME TO ${table}`,
  ];
}

const OWN: readonly Pair[] = [
  [
    [`CREATE TABLE author (${AUTHOR})`, "INSERT INTO author VALUES (1, 'Ada'), (2, 'Bea'), (3, 'Cleo')"],
    ["DELETE FROM author", "DROP TABLE author"],
  ],
  [
    [
      `CREATE TABLE book (${BOOK})`,
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) INSERT INTO book SELECT i, 1 + i % 3, printf('%0100d', i) FROM n",
      "CREATE INDEX book_author ON book (author_id)",
    ],
    ["DROP INDEX book_author", "DROP TABLE book"],
  ],
  [
    ["ALTER TABLE book ADD COLUMN pages INTEGER", "UPDATE book SET pages = id * 10"],
    ["UPDATE book SET pages = NULL", "ALTER TABLE book DROP COLUMN pages"],
  ],
  [
    rebuild("author", `${AUTHOR}, born INTEGER`, "id, name, 1800 + id"),
    rebuild("author", AUTHOR, "id, name"),
  ],
  [
    [
      "UPDATE book SET title = title || ' (second edition)' WHERE id % 2 = 0",
      "CREATE VIEW long_book AS SELECT title FROM book WHERE pages > 100",
    ],
    ["DROP VIEW long_book", "UPDATE book SET title = replace(title, ' (second edition)', '')"],
  ],
  [
    [
      "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)",
      "CREATE TRIGGER noted AFTER UPDATE ON book BEGIN INSERT INTO note (text) VALUES (new.title); END",
      "UPDATE book SET title = title WHERE id < 5",
    ],
    ["DROP TRIGGER noted", "DROP TABLE note"],
  ],
];

/** Rebuilds a table of the application that others point at: their rows must stay. */
const ON_POPULATION: Pair = [
  rebuild("customer", "id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT", "id, name, NULL"),
  rebuild("customer", "id INTEGER PRIMARY KEY, name TEXT NOT NULL", "id, name"),
];

const COUNTING = "SELECT count(*) FROM m WHERE j <> i";

/** Some ten milliseconds of counting, and few rows. */
function withLong([up, down]: Pair, index: number): Pair {
  if (index % 3 !== 1) return [up, down];
  const table = `slow_${index}`;
  const slow = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40), m (j) AS (SELECT 1 UNION ALL SELECT j + 1 FROM m WHERE j < 1000)`;
  return [
    [
      ...up,
      `CREATE TABLE ${table} (i INTEGER PRIMARY KEY, of INTEGER)`,
      `${slow} INSERT INTO ${table} SELECT i, (${COUNTING}) FROM n`,
    ],
    [`${slow} INSERT INTO ${table} SELECT i + 1000, (${COUNTING}) FROM n`, `DROP TABLE ${table}`, ...down],
  ];
}

/** Which of the migrations run without a transaction: one in the middle, with groups before and after it. */
const OFF = new Set([4]);

export function stepsOf(form: Form, isPopulated: boolean, hasLong = false): Step[] {
  const pairs = isPopulated ? [...OWN, ON_POPULATION] : OWN;
  return pairs.map(hasLong ? withLong : (pair) => pair).map(([up, down], index) => ({
    version: String(20260101000001 + index),
    kind: form === "ts" || (form === "mixed" && index % 2 === 1) ? "ts" : "sql",
    isOff: form === "off" && OFF.has(index),
    up,
    down,
  }));
}

/** Writes the files of the migrations into a new folder. @returns the folder. */
export function writeSteps(folder: string, steps: readonly Step[]): string {
  mkdirSync(folder, { recursive: true });
  for (const step of steps) {
    writeFileSync(
      join(folder, `${step.version}_step.${step.kind}`),
      step.kind === "sql" ? sqlText(step) : codeText(step),
    );
  }
  return folder;
}

function sqlText({ isOff, up, down }: Step): string {
  const section = (statements: readonly string[]) =>
    statements.map((statement) => `${statement};\n`).join("");
  return `${isOff ? "-- Transaction: off\n" : ""}-- up\n${section(up)}-- down\n${section(down)}`;
}

function codeText({ up, down }: Step): string {
  const body = (statements: readonly string[]) =>
    statements.map((statement) => `  db.run(${JSON.stringify(statement)});\n`).join("");
  return `export function up(db) {\n${body(up)}}\nexport async function down(db) {\n${body(down)}}\n`;
}
