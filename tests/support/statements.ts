import { type ScriptItem, type Statement, StatementReader } from "../../src/sql/statement-reader.ts";

export function itemsOf(sql: string): ScriptItem[] {
  const reader = new StatementReader(sql);
  const items: ScriptItem[] = [];
  for (let item = reader.next(); item !== null; item = reader.next()) items.push(item);
  return items;
}

export function statementsOf(sql: string): Statement[] {
  return itemsOf(sql).flatMap((item) => (item.kind === "statement" ? [item.statement] : []));
}

export function textsOf(sql: string): string[] {
  return statementsOf(sql).map(({ start, end }) => sql.slice(start, end));
}
