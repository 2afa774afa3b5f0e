import { locate, locateFile, type SourceLocation } from "../base/source-text.ts";
import type { Migration } from "../migrations/migration.ts";
import { foldName } from "../sql/identifier.ts";
import { mentionedNames } from "../sql/mentioned-names.ts";
import type { Statement } from "../sql/statement-reader.ts";
import type { PreparedStep } from "./prepare.ts";

/** The line of a header; the file where it has none. */
export function locateHeader({ file, body }: Migration, key: string): SourceLocation {
  const text = body.kind === "sql" || body.kind === "code" ? body.text : "";
  const line = new RegExp(`^.*\\b${key.replaceAll(" ", "[ \\t_-]+")}[ \\t]*:`, "im").exec(text);
  return line === null ? locateFile(file) : locate(file, text, line.index + line[0].search(/\S/));
}

const CHANGES_ROWS: ReadonlySet<string> = new Set(["INSERT", "UPDATE", "DELETE", "REPLACE", "DROP", "WITH"]);

/** Where a step most likely does what is wrong with the tables named: the last statement that changes one, or the function of the code. */
export function locateCause({ migration, work }: PreparedStep, tables: readonly string[]): SourceLocation {
  const { file } = migration;
  if (work.kind === "code") return locateFunction(migration, work.name);
  const lower = tables.map(foldName);
  const isCause = ({ start, end, words }: Statement) => {
    if (!CHANGES_ROWS.has(words[0] ?? "")) return false;
    const names = mentionedNames(work.text.slice(start, end));
    return lower.some((table) => names.has(table));
  };
  const statement = work.statements.findLast(isCause) ?? work.statements[0];
  return statement === undefined ? locateFile(file) : locate(file, work.text, statement.start);
}

/** The line on which code defines `up`, `down` or `verify`, if it can be seen. */
export function locateFunction({ file, body }: Migration, name: string): SourceLocation {
  const text = body.kind === "code" ? body.text : "";
  const found = new RegExp(
    `^[ \\t]*(?:export\\b.*\\b)?(?:async\\s+)?(?:function\\s*\\*?\\s*)?${name}\\b\\s*[(=:]`,
    "m",
  ).exec(text);
  return found === null ? locateFile(file) : locate(file, text, found.index + found[0].lastIndexOf(name));
}
