import { foldName } from "../sql/identifier.ts";
import { foldSql, normaliseSql, readTableDefinition, type TableDefinition } from "../sql/table-definition.ts";
import type { SchemaObject } from "./connection.ts";

/** How one schema differs from another, in words. */
export interface SchemaComparison {
  readonly differences: readonly string[];
  /** What is the same to every statement that names its columns. */
  readonly warnings: readonly string[];
}

/**
 * Compares what two schemas mean, not how they are written.
 * @param before what should be there
 * @param after what is there
 */
export function compareSchemas(
  before: readonly SchemaObject[],
  after: readonly SchemaObject[],
  isLeftOut: (table: string) => boolean,
): SchemaComparison {
  const [was, is] = [before, after].map((objects) =>
    byName(objects.filter(({ table }) => !isLeftOut(table))),
  );
  const differences: string[] = [];
  const warnings: string[] = [];
  for (const [key, object] of was!) {
    const other = is!.get(key);
    if (other === undefined) differences.push(`the ${nameOf(object)} is gone`);
    else compareObjects(object, other, differences, warnings);
  }
  for (const [key, object] of is!)
    if (!was!.has(key)) differences.push(`the ${nameOf(object)} is left behind`);
  return { differences, warnings };
}

function byName(objects: readonly SchemaObject[]): Map<string, SchemaObject> {
  return new Map(objects.map((object) => [`${object.type} ${foldName(object.name)}`, object]));
}

function nameOf({ type, name, table }: SchemaObject): string {
  return type === "index" || type === "trigger" ? `${type} ${name} of ${table}` : `${type} ${name}`;
}

function compareObjects(
  before: SchemaObject,
  after: SchemaObject,
  differences: string[],
  warnings: string[],
): void {
  const [was, is] = [before, after].map(({ type, sql }) =>
    type === "table" ? readTableDefinition(sql) : null,
  );
  if (was == null || is == null) {
    const [one, other] = [before, after].map(({ sql }) => normaliseSql(sql));
    if (foldSql(one!) !== foldSql(other!))
      differences.push(`the ${nameOf(before)} was ${one}, and is ${other}`);
    return;
  }
  differences.push(...compareColumns(before.name, was, is), ...compareRest(before.name, was, is));
  const orders = [was, is].map(({ columns }) => columns.map(({ name }) => foldName(name)).join("\0"));
  const isSameSet =
    was.columns.length === is.columns.length && compareColumns(before.name, was, is).length === 0;
  if (isSameSet && orders[0] !== orders[1])
    warnings.push(
      `the columns of ${before.name} stand in another order: ${is.columns.map(({ name }) => name).join(", ")}`,
    );
}

function compareColumns(table: string, was: TableDefinition, is: TableDefinition): string[] {
  const found: string[] = [];
  const others = new Map(is.columns.map((column) => [foldName(column.name), column]));
  for (const { name, definition } of was.columns) {
    const other = others.get(foldName(name));
    others.delete(foldName(name));
    if (other === undefined) found.push(`the column ${table}.${name} is gone`);
    else if (foldSql(definition) !== foldSql(other.definition))
      found.push(`the column ${table}.${name} was ${shown(definition)}, and is ${shown(other.definition)}`);
  }
  for (const { name } of others.values()) found.push(`the column ${table}.${name} is left behind`);
  return found;
}

function shown(definition: string): string {
  return definition === "" ? "without a type" : definition;
}

function compareRest(table: string, was: TableDefinition, is: TableDefinition): string[] {
  return [
    ...missing(was.constraints, is.constraints).map((text) => `the constraint of ${table} is gone: ${text}`),
    ...missing(is.constraints, was.constraints).map(
      (text) => `a constraint of ${table} is left behind: ${text}`,
    ),
    ...missing(was.options, is.options).map((text) => `the table ${table} is no longer ${text}`),
    ...missing(is.options, was.options).map((text) => `the table ${table} is now ${text}`),
  ];
}

function missing(these: readonly string[], those: readonly string[]): string[] {
  const folded = new Set(those.map(foldSql));
  return these.filter((text) => !folded.has(foldSql(text)));
}
