import { printable } from "../base/printable.ts";
import type { Connection, SchemaObject } from "../databases/connection.ts";
import { makesTable, reshapes } from "../sql/classification.ts";
import { foldName, unquoteIdentifier } from "../sql/identifier.ts";
import { Lexer } from "../sql/lexer.ts";
import { mentionedNames } from "../sql/mentioned-names.ts";
import { someHead } from "../sql/statement-facts.ts";
import type { PreparedStep } from "./prepare.ts";

/**
 * Finds what a rebuild takes along: the indexes and triggers of a table go when it is dropped, and its views are dropped so that the new
 * table can take the name (https://sqlite.org/lang_altertable.html#otheralter). The schema is read only where that can be, rows never.
 */
export class DroppedObjects {
  private readonly step: PreparedStep;
  private readonly before: readonly SchemaObject[];

  private constructor(step: PreparedStep, before: readonly SchemaObject[]) {
    this.step = step;
    this.before = before;
  }

  /** Whether anything can be rebuilt. */
  static concern({ work }: PreparedStep): boolean {
    if (work.kind === "code") return true;
    const { statements } = work;
    return someHead(statements, reshapes) && someHead(statements, makesTable);
  }

  static async before(step: PreparedStep, connection: Connection): Promise<DroppedObjects> {
    if (step.work.kind === "code") return DroppedObjects.ofCode(step);
    return new DroppedObjects(step, await connection.schemaObjects());
  }

  /** What code drops is looked at when it does. */
  static ofCode(step: PreparedStep): DroppedObjects {
    return new DroppedObjects(step, []);
  }

  get isOfCode(): boolean {
    return this.step.work.kind === "code";
  }

  /** One sentence for each object that is gone although its table was rebuilt. @param beforeCode what code dropped or altered, as it was */
  async notes(connection: Connection, beforeCode: readonly SchemaObject[]): Promise<readonly string[]> {
    const before = this.before.length > 0 ? this.before : firstOfEach(beforeCode);
    if (before.length === 0) return [];
    const gone = goneWithRebuild(before, await connection.schemaObjects());
    const meant = indexesDropped(this.step);
    return gone
      .filter(({ type, name }) => type !== "index" || !meant.has(foldName(name)))
      .map(({ type, name }) =>
        printable(`the ${type} ${name} went with the rebuilt table, and nothing made it again`),
      )
      .sort();
  }
}

/**
 * What is missing in `after` of all that belongs to a table made anew in between, or speaks of one. What belongs to a table that is gone
 * for good is not missed. Pure.
 */
function goneWithRebuild(before: readonly SchemaObject[], after: readonly SchemaObject[]): SchemaObject[] {
  const present = new Map(after.map((object) => [keyOf(object), object]));
  const rebuilt = before
    .filter((object) => object.type === "table" && isMadeAnew(object, present.get(keyOf(object))))
    .map(({ name }) => foldName(name));
  return before.filter((object) => {
    if (object.type === "table" || present.has(keyOf(object))) return false;
    const names = mentionedNames(object.sql);
    return rebuilt.some((table) => table === foldName(object.table) || names.has(table));
  });
}

/** What is dropped twice was, the first time, what there was before. */
function firstOfEach(objects: readonly SchemaObject[]): SchemaObject[] {
  const first = new Map<string, SchemaObject>();
  for (const object of objects) if (!first.has(keyOf(object))) first.set(keyOf(object), object);
  return [...first.values()];
}

function isMadeAnew({ identity }: SchemaObject, now: SchemaObject | undefined): boolean {
  return now !== undefined && now.identity !== identity;
}

function keyOf({ type, name }: SchemaObject): string {
  return `${type} ${foldName(name)}`;
}

/** The indexes that the file itself drops by name: nobody needs to be told of those. */
function indexesDropped({ work }: PreparedStep): ReadonlySet<string> {
  if (work.kind === "code") return new Set();
  const dropped = work.statements.filter(({ words }) => words[0] === "DROP" && words[1] === "INDEX");
  return new Set(dropped.map(({ start, end }) => lastName(work.text.slice(start, end))));
}

function lastName(statement: string): string {
  const lexer = new Lexer(statement);
  let name = "";
  while (lexer.next()) {
    if (lexer.kind === "word" || lexer.kind === "name") name = statement.slice(lexer.start, lexer.end);
  }
  return foldName(unquoteIdentifier(name));
}
