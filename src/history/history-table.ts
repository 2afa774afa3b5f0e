import { GodwitError } from "../base/failure.ts";
import { printable } from "../base/printable.ts";
import type { Command, Connection, Row, Value } from "../databases/connection.ts";
import { DatabaseError } from "../databases/database-error.ts";
import { foldName, quoteIdentifier } from "../sql/identifier.ts";
import {
  type AppliedRecord,
  EMPTY_HISTORY,
  type History,
  type IncompleteRecord,
  isoTime,
  storedTime,
} from "./history.ts";
import { createTable, incompleteTableOf, readTableShape, type TableShape } from "./table-shape.ts";

interface AppliedRow extends Row {
  /** A column without a type holds whatever was put into it. */
  readonly version: string | number | bigint | Uint8Array | null;
  readonly description: string | null;
  readonly appliedAt: Value;
  readonly executionTimeMs: Value;
  readonly checksum: string | null;
}

interface IncompleteRow extends Row {
  readonly version: string;
  readonly statement: number;
  readonly started_at: string | null;
}

type Change = Required<Command>;

/** What is written when a migration has been applied. */
export interface NewRecord {
  readonly version: string;
  readonly description: string;
  readonly appliedAt: Date;
  /** Null for one that was marked, not run. */
  readonly executionTimeMs: number | null;
  readonly checksum: string | null;
}

/**
 * The history table of one database, in the older Python runner's shape plus a nullable checksum, and its
 * companion for migrations that stopped half-way. Reading never writes; the first write makes what is missing.
 */
export class HistoryTable {
  private readonly connection: Connection;
  readonly table: string;
  private ownMention: RegExp | null = null;
  private readonly incompleteTable: string;
  private readonly name: string;
  private readonly insertion: string;
  private readonly deletion: string;
  /** What the open transaction has recorded or forgotten, and whether there was a row before that. */
  private readonly changes: { readonly version: string; readonly wasThere: boolean }[] = [];
  private newestBefore = 0;

  constructor(connection: Connection, table: string) {
    this.connection = connection;
    this.table = table;
    this.name = qualified(table);
    this.incompleteTable = incompleteTableOf(table);
    this.insertion = `INSERT INTO ${this.name} (version, description, applied_at, execution_time_ms, checksum) VALUES (?, ?, ?, ?, ?)`;
    this.deletion = `DELETE FROM ${this.name} WHERE version = ?`;
  }

  /** Finds the table's name in a text, whatever its capitals. */
  get mention(): RegExp {
    this.ownMention ??= new RegExp(this.table.replace(/[^A-Za-z0-9_]/g, "\\$&"), "i");
    return this.ownMention;
  }

  /** Rows in the order of their versions. @throws GodwitError HISTORY_FOREIGN, HISTORY_INVALID */
  async read(): Promise<History> {
    if (await this.connection.isInTransaction()) return this.readRows();
    await this.connection.run("BEGIN");
    try {
      return await this.readRows();
    } finally {
      await this.connection.run("COMMIT");
    }
  }

  /** A transaction begins: what it records and forgets is kept in mind for `lastChange`. */
  async beginChanges(): Promise<void> {
    this.changes.length = 0;
    this.newestBefore = Number((await this.rowNumber(`SELECT max(rowid) AS id FROM ${this.name}`)) ?? 0);
  }

  /** How many changes the open transaction has made. */
  get changeCount(): number {
    return this.changes.length;
  }

  /** The changes after so many were undone by a savepoint. */
  dropChanges(count: number): void {
    this.changes.splice(count);
  }

  /**
   * What has become of the version that was recorded or forgotten last: the same inside the transaction and after its commit, and another where that is
   * undone. Null where nothing is other than it was before the transaction, or where that cannot be told: a number that comes again, where there is no
   * AUTOINCREMENT.
   */
  async lastChange(): Promise<string | null> {
    const last = this.changes.at(-1);
    if (last === undefined) return null;
    const { wasThere } = this.changes.find(({ version }) => version === last.version)!;
    const now = await this.rowNumber(`SELECT rowid AS id FROM ${this.name} WHERE version = ?`, last.version);
    if (now === undefined) return wasThere ? `${last.version} gone` : null;
    if (now === null || (wasThere && now <= this.newestBefore)) return null;
    return `${last.version} ${now}`;
  }

  /** Undefined where there is no such row, null where the table cannot be asked. */
  private async rowNumber(sql: string, ...values: string[]): Promise<number | null | undefined> {
    try {
      const [row] = await this.connection.all<{ id: number | bigint | null }>(sql, ...values);
      return row === undefined ? undefined : Number(row.id);
    } catch (error) {
      if (error instanceof DatabaseError) return null;
      throw error;
    }
  }

  /** Makes the table, or adds the column that the older runner's lacks. Inside the caller's transaction. */
  async ensure(): Promise<void> {
    const shape = await readTableShape(this.connection, this.table);
    if (!shape.exists) await this.connection.run(createTable(this.name));
    else if (!shape.hasChecksum)
      await this.connection.run(`ALTER TABLE ${this.name} ADD COLUMN checksum TEXT`);
  }

  record(record: NewRecord): Promise<void> {
    return this.change(this.recording(record));
  }

  forget(version: string): Promise<void> {
    return this.change(this.forgetting(version));
  }

  /** What `record` runs. It counts as run: the caller does so at once. */
  recording({ version, description, appliedAt, executionTimeMs, checksum }: NewRecord): Change {
    this.changes.push({ version, wasThere: false });
    return {
      sql: this.insertion,
      values: [version, description, storedTime(appliedAt), executionTimeMs, checksum],
    };
  }

  /** What `forget` runs. It counts as run. */
  forgetting(version: string): Change {
    this.changes.push({ version, wasThere: true });
    return { sql: this.deletion, values: [version] };
  }

  private change({ sql, values }: Change): Promise<void> {
    return this.connection.execute(sql, ...values);
  }

  async setChecksum(version: string, checksum: string | null): Promise<void> {
    await this.connection.execute(
      `UPDATE ${this.name} SET checksum = ? WHERE version = ?`,
      checksum,
      version,
    );
  }

  /** Notes which statement of a `Transaction: off` migration is about to run; the first call also makes the table. */
  async recordIncomplete(version: string, statement: number, startedAt: Date): Promise<void> {
    const name = qualified(this.incompleteTable);
    await this.connection.run(
      `CREATE TABLE IF NOT EXISTS ${name} (version TEXT PRIMARY KEY NOT NULL, statement INTEGER NOT NULL, started_at TIMESTAMP NOT NULL)`,
    );
    await this.connection.execute(
      `INSERT INTO ${name} (version, statement, started_at) VALUES (?, ?, ?)
       ON CONFLICT (version) DO UPDATE SET statement = excluded.statement`,
      version,
      statement,
      storedTime(startedAt),
    );
  }

  /** Removes the note again, and the companion table with its last row. */
  async forgetIncomplete(version: string): Promise<void> {
    if (!(await this.hasIncompleteTable())) return;
    const name = qualified(this.incompleteTable);
    await this.connection.execute(`DELETE FROM ${name} WHERE version = ?`, version);
    const [left] = await this.connection.all(`SELECT 1 FROM ${name} LIMIT 1`);
    if (left === undefined) await this.connection.run(`DROP TABLE ${name}`);
  }

  private async readRows(): Promise<History> {
    const shape = await readTableShape(this.connection, this.table);
    const incomplete = shape.hasIncomplete ? await this.readIncomplete() : [];
    return shape.exists
      ? { applied: await this.readApplied(shape), incomplete }
      : { ...EMPTY_HISTORY, incomplete };
  }

  private async readApplied(shape: TableShape): Promise<AppliedRecord[]> {
    const rows = await this.connection.all<AppliedRow>(
      `SELECT version, description, applied_at AS appliedAt, execution_time_ms AS executionTimeMs,
       ${shape.hasChecksum ? "checksum" : "NULL"} AS checksum FROM ${this.name} ORDER BY version`,
    );
    let before: AppliedRow["version"] = null;
    for (const { version, description } of rows) {
      if (version === null || version instanceof Uint8Array)
        throw this.invalid(`has a row without a version${describe(description)}`);
      if (version === before) throw this.invalid(`has two rows for ${printable(String(version))}`);
      before = version;
    }
    return rows.every(isRecord) ? rows : rows.map((row) => ({ ...row, version: String(row.version) }));
  }

  private async readIncomplete(): Promise<IncompleteRecord[]> {
    const rows = await this.incompleteRows();
    return rows.map(({ version, statement, started_at }) => ({
      version,
      statement: Number(statement),
      startedAt: isoTime(started_at),
    }));
  }

  private async incompleteRows(): Promise<IncompleteRow[]> {
    try {
      return await this.connection.all<IncompleteRow>(
        `SELECT version, statement, started_at FROM ${qualified(this.incompleteTable)} ORDER BY version`,
      );
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.kind !== "statement") throw error;
      throw new GodwitError(
        "HISTORY_FOREIGN",
        `the table ${this.incompleteTable} is not godwit's: ${error.message}`,
        {
          hint: "keep it, and name another table for godwit with --table",
          cause: error,
        },
      );
    }
  }

  private async hasIncompleteTable(): Promise<boolean> {
    const rows = await this.connection.all(
      "SELECT 1 FROM main.sqlite_schema WHERE name = ? COLLATE NOCASE AND type = 'table'",
      this.incompleteTable,
    );
    return rows.length > 0;
  }

  private invalid(what: string): GodwitError {
    return new GodwitError("HISTORY_INVALID", `the history table ${this.table} ${what}`, {
      hint: "mend the row by hand, then run again",
    });
  }
}

/** Whether a table is the history, or its companion for migrations that stopped half-way. */
export function isHistoryTable(name: string, table: string): boolean {
  const folded = foldName(name);
  return folded === foldName(table) || folded === foldName(incompleteTableOf(table));
}

/** A column without a type gives numbers for versions that look like one. */
function isRecord(row: AppliedRow): row is AppliedRow & AppliedRecord {
  return typeof row.version === "string";
}

/** What leads to a row that has no version. */
function describe(description: string | null): string {
  return description === null ? "" : `: "${printable(String(description)).slice(0, 80)}"`;
}

/** In the database itself: a temporary table of the same name would come first. */
function qualified(table: string): string {
  return `main.${quoteIdentifier(table)}`;
}
