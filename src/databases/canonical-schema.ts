import { foldName } from "../sql/identifier.ts";
import { normaliseSql, readTableDefinition } from "../sql/table-definition.ts";
import type { SchemaObject } from "./connection.ts";

const TYPES = ["table", "index", "trigger", "view"];

/** One table, index, trigger or view as text: a line for each column and constraint. */
export interface SchemaBlock {
  readonly key: string;
  readonly lines: readonly string[];
}

/**
 * A schema as text, in an order that depends on names only. Two databases that were built in different ways and came to the same have the same text.
 * @param isLeftOut names of tables that do not belong to it
 */
export function canonicalSchema(
  objects: readonly SchemaObject[],
  isLeftOut: (table: string) => boolean,
): readonly SchemaBlock[] {
  return objects
    .filter(({ table }) => !isLeftOut(table))
    .map((object) => ({ key: keyOf(object), lines: linesOf(object) }))
    .sort((one, other) => (one.key < other.key ? -1 : 1));
}

/** Tables with what hangs on them, then views. */
function keyOf({ type, name, table }: SchemaObject): string {
  return [type === "view" ? 1 : 0, foldName(table), TYPES.indexOf(type), foldName(name)].join("\0");
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
const CONTEXT = 3;

/** The difference of two schemas as unified lines (`+`, `-`, a space), object by object; empty where there is none. */
export async function schemaDiff(
  before: readonly SchemaBlock[],
  after: readonly SchemaBlock[],
): Promise<readonly string[]> {
  const [was, is] = [before, after].map((blocks) => new Map(blocks.map(({ key, lines }) => [key, lines])));
  const keys = [...new Set([...was!.keys(), ...is!.keys()])].sort();
  const lines: string[] = [];
  for (const key of keys) lines.push(...(await blockDiff(was!.get(key) ?? [], is!.get(key) ?? [])));
  return lines;
}

async function blockDiff(before: readonly string[], after: readonly string[]): Promise<readonly string[]> {
  const [was, is] = [before, after].map((lines) => lines.map((line) => `${line}\n`).join(""));
  if (was === is) return [];
  const { structuredPatch } = await import("diff");
  const { hunks } = structuredPatch("", "", was!, is!, "", "", { context: CONTEXT });
  return hunks.flatMap(({ lines, oldStart }, index) => [
    // Whose column it is must be seen in a long table too.
    ...(index === 0 && oldStart > 1 ? [` ${before[0]}`, "…"] : []),
    ...(index > 0 ? ["…"] : []),
    ...lines,
  ]);
}
