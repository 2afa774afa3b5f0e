import { GodwitError } from "../base/failure.ts";
import type { Connection } from "../databases/connection.ts";

/** How a table of the history's name looks. */
export interface TableShape {
  readonly exists: boolean;
  readonly hasChecksum: boolean;
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

/**
 * Looks at the table without changing anything.
 * @throws GodwitError HISTORY_FOREIGN for a table of another shape, naming the tool that makes it where the columns tell.
 */
export async function readTableShape(connection: Connection, table: string): Promise<TableShape> {
  const objects = await connection.all<{ type: string; name: string; isVirtual: number | bigint }>(
    `SELECT type, name, type = 'table' AND rootpage = 0 AS isVirtual FROM main.sqlite_schema
     WHERE tbl_name = ? COLLATE NOCASE AND type IN ('table', 'view', 'trigger')`,
    table,
  );
  const object = objects.find(({ type }) => type !== "trigger");
  if (object === undefined) return { exists: false, hasChecksum: false };
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
  return { exists: true, hasChecksum: names.includes("checksum") };
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
