import { GodwitError } from "../base/failure.ts";
import type { Connection } from "../databases/connection.ts";
import { quoteIdentifier } from "../sql/identifier.ts";

/** How a table of the history's name looks. */
export interface TableShape {
  readonly exists: boolean;
  readonly hasChecksum: boolean;
  /** Whether there is the companion for migrations that stopped half-way. */
  readonly hasIncomplete: boolean;
}

interface SchemaRow {
  readonly [name: string]: string | number | bigint | null;
  readonly type: string;
  readonly name: string;
  readonly sql: string;
  readonly isVirtual: number | bigint;
  /** Or of its companion. */
  readonly isHistory: number | bigint;
}

interface Column {
  readonly [name: string]: string | number | bigint | null;
  readonly name: string;
  readonly type: string;
  /** A handle may give integers as bigints. */
  readonly required: number | bigint;
}

const REQUIRED = ["version", "description", "applied_at", "execution_time_ms"];
const OURS = new Set([...REQUIRED, "id", "checksum"]);

/** @param name quoted */
export function createTable(name: string): string {
  return `CREATE TABLE ${name} (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version TEXT UNIQUE NOT NULL,
    description TEXT NOT NULL,
    applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    execution_time_ms INTEGER,
    checksum TEXT
)`;
}

export function incompleteTableOf(table: string): string {
  return `${table}_incomplete`;
}

/**
 * Looks at the table without changing anything. By one statement where the table is as godwit makes it: SQLite goes through the whole schema for each.
 * @throws GodwitError HISTORY_FOREIGN for a table of another shape, naming the tool that makes it where the columns tell.
 */
export async function readTableShape(connection: Connection, table: string): Promise<TableShape> {
  const rows = await connection.all<SchemaRow>(
    `SELECT type, name, sql, type = 'table' AND rootpage = 0 AS isVirtual, tbl_name = ?1 COLLATE NOCASE AS isHistory
     FROM main.sqlite_schema WHERE tbl_name COLLATE NOCASE IN (?1, ?2) AND type IN ('table', 'view', 'trigger')`,
    table,
    incompleteTableOf(table),
  );
  const objects = rows.filter(({ isHistory }) => Number(isHistory) === 1);
  const hasIncomplete = rows.some(({ type, isHistory }) => Number(isHistory) === 0 && type === "table");
  const object = objects.find(({ type }) => type !== "trigger");
  if (object === undefined) return { exists: false, hasChecksum: false, hasIncomplete };
  if (objects.length === 1 && object.sql === createTable(quoteIdentifier(table)))
    return { exists: true, hasChecksum: true, hasIncomplete };
  const columns = await connection.all<Column>(
    `SELECT lower(name) AS name, lower(type) AS type, "notnull" AND dflt_value IS NULL AND pk = 0 AS required FROM pragma_table_info(?, 'main')`,
    table,
  );
  const names = columns.map(({ name }) => name);
  const isOurs =
    object.type === "table" &&
    REQUIRED.every((name) => names.includes(name)) &&
    columns.every(({ name, required }) => OURS.has(name) || Number(required) === 0);
  if (!isOurs) throw foreign(table, whyNotOurs(object.type, columns), columns);
  if (Number(object.isVirtual) === 1) throw foreign(table, "it is a virtual table", columns);
  const trigger = objects.find(({ type }) => type === "trigger");
  if (trigger !== undefined) throw foreign(table, `it has the trigger ${trigger.name}`, columns);
  return { exists: true, hasChecksum: names.includes("checksum"), hasIncomplete };
}

function foreign(table: string, why: string, columns: readonly Column[]): GodwitError {
  const names = columns.map(({ name }) => name).join(", ");
  return new GodwitError("HISTORY_FOREIGN", `the table ${table} is not godwit's: ${why}`, {
    details: [`columns: ${names}`],
    hint: "keep it, and name another table for godwit with --table",
  });
}

/** By the columns, the tools that use the same name are recognised. */
function whyNotOurs(type: string, columns: readonly Column[]): string {
  if (type === "view") return "it is a view";
  const names = columns.map(({ name }) => name).sort();
  switch (names.join(" ")) {
    case "version":
      return /\(128\)|\(255\)/.test(columns[0]!.type)
        ? "it looks like dbmate's"
        : "it looks like the one of Rails (or dbmate)";
    case "dirty version":
      return "it looks like golang-migrate's";
    case "inserted_at version":
      return "it looks like Ecto's";
    default:
      return "its columns are not the history's";
  }
}
