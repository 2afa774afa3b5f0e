import type { Database } from "bun:sqlite";
import { randomHex } from "../../base/random.ts";
import { quoteIdentifier } from "../../sql/identifier.ts";
import type { RowLoss } from "../connection.ts";
import { DatabaseError } from "../database-error.ts";

interface WatchedColumn {
  readonly table: string;
  readonly column: string;
  /** The columns that one key's action changes together are one event. */
  readonly onDelete: string;
  readonly onUpdate: string;
  readonly fallback: string | null;
}

/**
 * Counts what foreign key actions take from tables: rows deleted, references cleared. Temporary triggers do the counting, since actions
 * fire triggers as any statement does (https://sqlite.org/foreignkeys.html#fk_actions): exact, and nothing is read that does not change.
 * They are gone with the watch or the transaction.
 */
export class TriggerWatch {
  private readonly db: Database;
  private readonly log: string;
  private readonly triggers: string[] = [];

  constructor(db: Database, isExcepted: (table: string) => boolean) {
    this.db = db;
    const suffix = randomHex(8);
    this.log = `temp.godwit_lost_${suffix}`;
    const columns = watchedColumns(db).filter(({ table }) => !isExcepted(table));
    if (columns.length === 0) return;
    db.run(
      `CREATE TABLE ${this.log} (name TEXT NOT NULL, what TEXT NOT NULL, rows INTEGER NOT NULL, PRIMARY KEY (name, what)) WITHOUT ROWID`,
    );
    for (const [index, table] of [...new Set(columns.map((column) => column.table))].entries()) {
      this.add(`${suffix}_${index}`, `AFTER DELETE ON main.${quoteIdentifier(table)}`, table, "deleted");
    }
    for (const [index, column] of columns.entries()) this.watchColumn(`${suffix}_c${index}`, column);
  }

  losses(): readonly RowLoss[] {
    if (this.triggers.length === 0) return [];
    this.requireLog();
    const rows = this.db.query(`SELECT name, what, rows FROM ${this.log} ORDER BY name, what`).values();
    return rows.map(([table, what, count]) => ({
      table: String(table),
      what: what === "deleted" ? "deleted" : "cleared",
      rows: Number(count),
    }));
  }

  /** PRAGMA temp_store drops all that is temporary (https://sqlite.org/pragma.html#pragma_temp_store). */
  private requireLog(): void {
    const log = this.log.slice("temp.".length);
    if (this.db.query("SELECT 1 FROM temp.sqlite_schema WHERE name = ?").values(log).length > 0) return;
    throw new DatabaseError("PRAGMA temp_store took the count of lost rows along", {
      kind: "statement",
      databaseCode: "SQLITE_ERROR",
      hint: "leave PRAGMA temp_store out of a migration that enforces foreign keys; see what its actions have taken",
    });
  }

  /** A trigger goes with its table. */
  end(): void {
    if (this.triggers.length === 0) return;
    for (const trigger of this.triggers) this.db.run(`DROP TRIGGER IF EXISTS ${trigger}`);
    this.db.run(`DROP TABLE IF EXISTS ${this.log}`);
  }

  /** SET NULL and SET DEFAULT; CASCADE on update keeps pointing at the same row. */
  private watchColumn(id: string, { table, column, onDelete, onUpdate, fallback }: WatchedColumn): void {
    const name = quoteIdentifier(column);
    const sets = [onDelete, onUpdate];
    const cleared = [
      ...(sets.includes("SET NULL") ? [`new.${name} IS NULL`] : []),
      ...(sets.includes("SET DEFAULT")
        ? [`CAST(new.${name} AS TEXT) IS CAST(${defaultOf(fallback)} AS TEXT)`]
        : []),
    ];
    if (cleared.length === 0) return;
    const event = `AFTER UPDATE OF ${name} ON main.${quoteIdentifier(table)} WHEN old.${name} IS NOT new.${name} AND (${cleared.join(" OR ")})`;
    this.add(id, event, table, "cleared");
  }

  private add(id: string, event: string, table: string, what: RowLoss["what"]): void {
    const trigger = `temp.godwit_watch_${id}`;
    const [name, log] = [`'${table.replaceAll("'", "''")}'`, this.log.slice("temp.".length)];
    this.db.run(
      `CREATE TRIGGER ${trigger} ${event} BEGIN INSERT INTO ${log} VALUES (${name}, '${what}', 1) ON CONFLICT DO UPDATE SET rows = rows + 1; END`,
    );
    this.triggers.push(trigger);
  }
}

/** The referencing columns of keys with an action that takes something away. */
function watchedColumns(db: Database): WatchedColumn[] {
  const rows = db
    .query(
      `SELECT t.name, k."from", k.on_delete, k.on_update, c.dflt_value
       FROM main.sqlite_schema AS t, pragma_foreign_key_list(t.name, 'main') AS k, pragma_table_xinfo(t.name, 'main') AS c
       WHERE t.type = 'table' AND t.rootpage > 0 AND instr(lower(t.sql), 'references') > 0 AND c.name = k."from" COLLATE NOCASE
         AND (k.on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT') OR k.on_update IN ('SET NULL', 'SET DEFAULT'))
       ORDER BY t.name, k.id, k.seq`,
    )
    .values() as [string, string, string, string, string | null][];
  return rows.map(([table, column, onDelete, onUpdate, fallback]) => ({
    table,
    column,
    onDelete,
    onUpdate,
    fallback,
  }));
}

const CONSTANTS: ReadonlySet<string> = new Set([
  "NULL",
  "TRUE",
  "FALSE",
  "CURRENT_TIME",
  "CURRENT_DATE",
  "CURRENT_TIMESTAMP",
]);

/** A bare word as a default is a string (https://sqlite.org/lang_createtable.html#the_default_clause); in an expression it would be a column. */
function defaultOf(declared: string | null): string {
  if (declared === null) return "NULL";
  const isWord = /^[A-Za-z_]\w*$/.test(declared) && !CONSTANTS.has(declared.toUpperCase());
  return isWord ? `'${declared}'` : `(${declared})`;
}
