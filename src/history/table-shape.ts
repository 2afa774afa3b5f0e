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
  const [object] = await connection.all<{ type: string }>(
    "SELECT type FROM main.sqlite_schema WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')",
    table,
  );
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
  if (!isOurs) throw foreign(table, object.type, columns);
  return { exists: true, hasChecksum: names.includes("checksum") };
}

function foreign(table: string, type: string, columns: readonly Column[]): GodwitError {
  const names = columns.map(({ name }) => name).join(", ");
  const owner = type === "view" ? "it is a view" : (ownerOf(columns) ?? "its columns are not the history's");
  return new GodwitError("HISTORY_FOREIGN", `the table ${table} is not godwit's: ${owner}`, {
    details: [`columns: ${names}`],
    hint: "keep it, and name another table for godwit with --table",
  });
}

/** Recognises the tools that use the same name, by their columns. */
function ownerOf(columns: readonly Column[]): string | null {
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
      return null;
  }
}
