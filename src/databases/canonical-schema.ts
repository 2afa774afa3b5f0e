import { foldName } from "../sql/identifier.ts";
import { normaliseSql, readTableDefinition } from "../sql/table-definition.ts";
import type { SchemaObject } from "./connection.ts";

const TYPES = ["table", "index", "trigger", "view"];

/**
 * A schema as lines of text, one for each column, constraint and object, in an order that depends on names only. Two databases that were built in
 * different ways and came to the same have the same text.
 * @param isLeftOut names of tables that do not belong to it
 */
export function canonicalSchema(
  objects: readonly SchemaObject[],
  isLeftOut: (table: string) => boolean,
): readonly string[] {
  const key = ({ type, name, table }: SchemaObject) =>
    [type === "view" ? 1 : 0, foldName(table), TYPES.indexOf(type), foldName(name)].join("\0");
  return objects
    .filter(({ table }) => !isLeftOut(table))
    .sort((one, other) => (key(one) < key(other) ? -1 : 1))
    .flatMap(linesOf);
}

function linesOf({ type, name, sql }: SchemaObject): string[] {
  const definition = type === "table" ? readTableDefinition(sql) : null;
  if (definition === null) return [`${normaliseSql(sql)};`];
  const { columns, constraints, options } = definition;
  const parts = [...columns.map((column) => `${column.name} ${column.definition}`.trimEnd()), ...constraints];
  return [
    `CREATE TABLE ${name} (`,
    ...parts.map((part, index) => `  ${part}${index < parts.length - 1 ? "," : ""}`),
    `)${options.length === 0 ? "" : ` ${options.join(", ")}`};`,
  ];
}

/** Lines around a change that are shown too. */
const CONTEXT = 2;

/** The difference of two schemas as unified lines (`+`, `-`, a space), without headers; empty where there is none. */
export async function schemaDiff(
  before: readonly string[],
  after: readonly string[],
): Promise<readonly string[]> {
  if (before.join("\n") === after.join("\n")) return [];
  const { structuredPatch } = await import("diff");
  const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");
  const { hunks } = structuredPatch("", "", text(before), text(after), "", "", { context: CONTEXT });
  return hunks.flatMap(({ lines }, index) => [...(index > 0 ? ["…"] : []), ...lines]);
}
