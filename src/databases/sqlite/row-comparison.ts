import { Database } from "bun:sqlite";
import { foldName, quoteIdentifier } from "../../sql/identifier.ts";
import { toDatabaseError } from "./driver-error.ts";
import { withoutStrangers } from "./strangers.ts";

/** How the rows of one table differ in two databases. */
export interface TableChange {
  readonly table: string;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  /** Some of the rows, in words. */
  readonly examples: readonly string[];
}

const EXAMPLES = 5;
const VALUE_WIDTH = 60;

interface Column {
  readonly name: string;
  /** An expression in SQL; null without one. */
  readonly byDefault: string | null;
  /** Its place in the primary key, from 1; 0 outside of it. */
  readonly keyPart: number;
}

/**
 * Compares the rows of two databases, exactly: by primary key, or by rowid where there is none. A value differs if its type does. A column that only one
 * of them has counts where a row holds something else in it than its default. Virtual tables are left out: what they hold is in tables of their own.
 * So are tables that need a collation or function of the application's: without it SQLite can neither read nor change them.
 * @returns the tables that differ; a table that only one of them has is one whose rows are all inserted, or all deleted
 * @throws DatabaseError
 */
export function compareRows(
  before: string,
  after: string,
  isLeftOut: (table: string) => boolean,
): readonly TableChange[] {
  let db: Database | undefined;
  try {
    db = new Database(after, { readwrite: true, create: false });
    db.run("ATTACH ? AS before", [before]);
    db.run("PRAGMA query_only = 1");
    return new RowComparison(db).run(isLeftOut);
  } catch (thrown) {
    throw toDatabaseError(thrown) ?? thrown;
  } finally {
    db?.close();
  }
}

class RowComparison {
  private readonly db: Database;

  constructor(db: Database) {
    this.db = db;
  }

  run(isLeftOut: (table: string) => boolean): TableChange[] {
    const [was, is] = [this.tables("before"), this.tables("main")];
    const keys = [...new Set([...was.keys(), ...is.keys()])].sort();
    return keys
      .filter((key) => !isLeftOut(key))
      .map(
        (key) => withoutStrangers(() => this.compare(was.get(key), is.get(key))) ?? { ...NONE, table: key },
      )
      .filter(({ inserted, updated, deleted }) => inserted + updated + deleted > 0);
  }

  /** Names by their folded forms. */
  private tables(schema: string): Map<string, string> {
    const rows = this.db
      .query(
        `SELECT name FROM ${schema}.sqlite_schema WHERE type = 'table' AND rootpage > 0 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
      )
      .values();
    return new Map(rows.map(([name]) => [foldName(String(name)), String(name)]));
  }

  private compare(was: string | undefined, is: string | undefined): TableChange {
    if (was === undefined) return { ...NONE, table: is!, inserted: this.count("main", is!) };
    if (is === undefined) return { ...NONE, table: was, deleted: this.count("before", was) };
    const [old, present] = [this.columns("before", was), this.columns("main", is)];
    const key = keyOf(old, present);
    if (key === null && !(this.hasRowid("before", was) && this.hasRowid("main", is)))
      return this.byContents(was, is, old, present);
    return this.byKey(was, is, { old, present, key: key ?? ["rowid"] });
  }

  private byKey(
    was: string,
    is: string,
    { old, present, key }: { old: Column[]; present: Column[]; key: readonly string[] },
  ): TableChange {
    const [a, b] = [`before.${quoteIdentifier(was)} AS a`, `main.${quoteIdentifier(is)} AS b`];
    const isSame = key.map((name) => `a.${keyName(name)} IS b.${keyName(name)}`).join(" AND ");
    const differs = differences(old, present).join(" OR ") || "0";
    const gone = `FROM ${a} WHERE NOT EXISTS (SELECT 1 FROM ${b} WHERE ${isSame})`;
    const fresh = `FROM ${b} WHERE NOT EXISTS (SELECT 1 FROM ${a} WHERE ${isSame})`;
    const changed = `FROM ${a} JOIN ${b} ON ${isSame} WHERE ${differs}`;
    const change = {
      table: is,
      inserted: this.number(`SELECT count(*) ${fresh}`),
      updated: this.number(`SELECT count(*) ${changed}`),
      deleted: this.number(`SELECT count(*) ${gone}`),
    };
    const named = (side: string) => key.map((name) => `${side}.${keyName(name)}`).join(", ");
    const label = (values: readonly unknown[]) =>
      `${is} ${key.map((name, at) => `${name}=${show(values[at])}`).join(" ")}`;
    const examples = [
      ...(change.deleted > 0
        ? this.rows(`SELECT ${named("a")} ${gone}`).map((row) => `${label(row)} is gone`)
        : []),
      ...(change.inserted > 0
        ? this.rows(`SELECT ${named("b")} ${fresh}`).map((row) => `${label(row)} is new`)
        : []),
      ...(change.updated > 0 ? this.updates(changed, named("b"), { old, present, label }) : []),
    ];
    return { ...change, examples: examples.slice(0, EXAMPLES) };
  }

  private updates(
    changed: string,
    named: string,
    {
      old,
      present,
      label,
    }: { old: Column[]; present: Column[]; label: (values: readonly unknown[]) => string },
  ): string[] {
    const width = named.split(", ").length;
    const both = pairs(old, present);
    const values = both.map(({ was, is }) => `a.${quoteIdentifier(was)}, b.${quoteIdentifier(is)}`);
    return this.rows(`SELECT ${[named, ...values].join(", ")} ${changed}`).map((row) => {
      const parts = both.flatMap(({ is }, index) => {
        const [before, after] = row.slice(width + 2 * index, width + 2 * index + 2);
        return sameValue(before, after) ? [] : [`${is} ${show(before)} -> ${show(after)}`];
      });
      return `${label(row)}: ${parts.join(", ") || "other columns differ"}`;
    });
  }

  /** Without any key, rows that are equal are told apart by how many there are. */
  private byContents(was: string, is: string, old: Column[], present: Column[]): TableChange {
    const both = pairs(old, present);
    const list = (side: "was" | "is") => both.map((pair) => quoteIdentifier(pair[side])).join(", ");
    const grouped = (schema: string, table: string, columns: string) =>
      `SELECT ${columns}, count(*) AS number FROM ${schema}.${quoteIdentifier(table)} GROUP BY ${columns}`;
    const one = grouped("before", was, list("was"));
    const other = grouped("main", is, list("is"));
    return {
      ...NONE,
      table: is,
      deleted: this.number(`SELECT count(*) FROM (${one} EXCEPT ${other})`),
      inserted: this.number(`SELECT count(*) FROM (${other} EXCEPT ${one})`),
    };
  }

  private columns(schema: string, table: string): Column[] {
    return this.db
      .query("SELECT name, dflt_value, pk FROM pragma_table_xinfo(?, ?) WHERE hidden = 0")
      .values(table, schema)
      .map(([name, byDefault, keyPart]) => ({
        name: String(name),
        byDefault: byDefault === null ? null : String(byDefault),
        keyPart: Number(keyPart),
      }));
  }

  private hasRowid(schema: string, table: string): boolean {
    const [row] = this.db
      .query("SELECT wr FROM pragma_table_list WHERE schema = ? AND name = ?")
      .values(schema, table);
    return Number(row?.[0] ?? 0) === 0;
  }

  private count(schema: string, table: string): number {
    return this.number(`SELECT count(*) FROM ${schema}.${quoteIdentifier(table)}`);
  }

  private number(sql: string): number {
    return Number(this.db.query(sql).values()[0]?.[0] ?? 0);
  }

  private rows(sql: string): unknown[][] {
    return this.db.query(`${sql} LIMIT ${EXAMPLES}`).values();
  }
}

const NONE = { inserted: 0, updated: 0, deleted: 0, examples: [] };

/** The key that both have; null where one has none, or another. */
function keyOf(old: readonly Column[], present: readonly Column[]): string[] | null {
  const [was, is] = [old, present].map((columns) =>
    columns
      .filter(({ keyPart }) => keyPart > 0)
      .sort((one, other) => one.keyPart - other.keyPart)
      .map(({ name }) => foldName(name)),
  );
  return was!.length > 0 && was!.join("\0") === is!.join("\0") ? was! : null;
}

function keyName(name: string): string {
  return name === "rowid" ? "rowid" : quoteIdentifier(name);
}

function pairs(old: readonly Column[], present: readonly Column[]): { was: string; is: string }[] {
  const names = new Map(old.map(({ name }) => [foldName(name), name]));
  return present.flatMap(({ name }) => {
    const was = names.get(foldName(name));
    return was === undefined ? [] : [{ was, is: name }];
  });
}

/** Conditions of SQL, one for each column, under which a row of `a` differs from one of `b`. */
function differences(old: readonly Column[], present: readonly Column[]): string[] {
  const both = pairs(old, present);
  const alone = present.filter(({ name }) => !both.some(({ is }) => is === name));
  return [
    ...both.map(({ was, is }) => {
      const [a, b] = [`a.${quoteIdentifier(was)}`, `b.${quoteIdentifier(is)}`];
      return `(${a} IS NOT ${b} COLLATE BINARY OR typeof(${a}) <> typeof(${b}))`;
    }),
    ...alone.map(({ name, byDefault }) => `b.${quoteIdentifier(name)} IS NOT (${byDefault ?? "NULL"})`),
  ];
}

function sameValue(one: unknown, other: unknown): boolean {
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other) === 0;
  return one === other;
}

function show(value: unknown): string {
  if (value === null || value === undefined) return "NULL";
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString("hex").slice(0, VALUE_WIDTH)}'`;
  const text = typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value);
  return text.length > VALUE_WIDTH ? `${text.slice(0, VALUE_WIDTH - 1)}…` : text;
}
