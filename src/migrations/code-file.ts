import { existsSync } from "node:fs";
import { basename } from "node:path";
import { checksum } from "../base/checksum.ts";
import { GodwitError, messageOf, stackOf } from "../base/failure.ts";
import { locate, locateFile, locateLine, type SourceLocation } from "../base/source-text.ts";
import { fileNameOf } from "./file-name.ts";
import { type Header, HeaderReader } from "./header.ts";
import type { CodeBody, Migration } from "./migration.ts";

interface CodeFile {
  readonly header: Header;
  readonly checksum: string;
  readonly body: CodeBody;
}

/** Reads a TypeScript or JavaScript migration without running it. @throws GodwitError DIRECTIVE_INVALID */
export function readCodeFile(file: string, text: string): CodeFile {
  return { header: readHeader(file, text), checksum: checksum(text), body: { kind: "code", text } };
}

const LEADING_COMMENTS = /^(?:#![^\n]*\n)?((?:\s*(?:\/\*[\s\S]*?\*\/|\/\/[^\n]*))*)/;

/**
 * Headers stand in the comments before the first line of code, so that they are known without running it. All of those: a licence or
 * `// @ts-check` may come first.
 */
function readHeader(file: string, text: string): Header {
  const reader = new HeaderReader(file, text);
  const [whole, comments] = LEADING_COMMENTS.exec(text)!;
  let index = whole.length - comments!.length;
  for (const line of comments!.split("\n")) {
    const words = line.replace(/^\s*(?:\/\*+|\*+\/?|\/\/+)?/, "").replace(/\*+\/\s*$/, "");
    reader.take(words, index + indentOf(line));
    index += line.length + 1;
  }
  return reader.header;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/**
 * Whether there is a way back: null where only running the code could tell (a default object, `export *`).
 * A file that does not parse, or exports nothing, gives null as well; it is refused when it is to run.
 */
export function isReversible(migration: Migration): boolean | null {
  const { body } = migration;
  if (body.kind === "sql") return body.hasDown;
  if (body.kind !== "code") return body.kind === "python" ? false : null;
  const names = scanExports(body.text);
  if (names === null) return null;
  if (names.includes("down")) return true;
  if (names.length === 0) return null;
  return mayExportMore(body.text, names) ? null : false;
}

/** Whether only running a module could tell what else it exports: a default object, `export *`. */
export function mayExportMore(text: string, names: readonly string[]): boolean {
  return names.includes("default") || /^\s*export\s*\*/m.test(text);
}

/** The names that a module exports; null where it does not parse. Runs nothing. */
export function scanExports(text: string): string[] | null {
  try {
    return new Bun.Transpiler({ loader: "ts" }).scan(text).exports;
  } catch {
    return null;
  }
}

/**
 * A failure to import, as Bun reports it (BuildMessage, ResolveMessage, an AggregateError of them, or what the module threw).
 * @param path where the file was imported from, links resolved: messages name it as the user does
 */
export function importFailure(migration: Migration, thrown: unknown, path = migration.file): GodwitError {
  const first = firstOf(thrown);
  const isUnreachable =
    isMessage(first, ResolveMessage) && isItself(migration, first.specifier) && existsSync(path);
  return new GodwitError(
    "CODE_INVALID",
    isUnreachable ? UNREACHABLE : importMessage(migration, first, path),
    {
      location: importPlace(migration, first),
      hint: isUnreachable
        ? "let the process open more files (ulimit -n), and look at the permissions of the folder"
        : "godwit imports a migration before it touches the database; mend the file and run again",
      cause: thrown,
    },
  );
}

/** Of a file that is there Bun says that it is not found, whatever the system has answered. */
const UNREACHABLE = "the file cannot be imported: too many open files, or a folder that may not be read";

function firstOf(thrown: unknown): unknown {
  try {
    return thrown instanceof AggregateError ? (thrown.errors[0] ?? thrown) : thrown;
  } catch {
    return thrown;
  }
}

function importMessage(migration: Migration, thrown: unknown, path: string): string {
  if (isMessage(thrown, ResolveMessage) && isItself(migration, thrown.specifier))
    return "the file has gone since it was read";
  return messageOf(thrown).replaceAll(queried(migration, path), migration.file).replace(QUERY, "");
}

function importPlace(migration: Migration, thrown: unknown): SourceLocation {
  const text = migration.body.kind === "code" ? migration.body.text : "";
  if (isMessage(thrown, BuildMessage) && thrown.position !== null) {
    const { file, line, column, lineText } = thrown.position;
    if (isItself(migration, file)) return locateLine(migration.file, text, line, Math.max(1, column));
    return { ...locateLine(file, lineText, 1, Math.max(1, column)), line };
  }
  if (isMessage(thrown, ResolveMessage) && isItself(migration, thrown.referrer)) {
    const { specifier } = thrown;
    const index = Math.max(text.indexOf(`"${specifier}"`), text.indexOf(`'${specifier}'`));
    if (index !== -1) return locate(migration.file, text, index);
  }
  return locateThrown(migration, thrown) ?? locateFile(migration.file);
}

/** `instanceof` runs code of the object's own where that is a proxy. */
function isMessage<T>(thrown: unknown, kind: new (...args: never[]) => T): thrown is T {
  try {
    return thrown instanceof kind;
  } catch {
    return false;
  }
}

/** The query that keeps versions of a file apart in Bun's module cache; it is not part of any name a user knows. */
const LOAD_QUERY = "?godwit=";

const QUERY = /\?godwit=[0-9a-f]*/g;

export function withoutQuery(text: string): string {
  return text.replace(QUERY, "");
}

/** The specifier under which a migration at `path` is imported. */
export function queried({ checksum }: Migration, path: string): string {
  return `${path}${LOAD_QUERY}${checksum}`;
}

/** Behind a link the file has another name: there the query tells. */
function isItself(migration: Migration, path: string): boolean {
  return path.endsWith(queried(migration, "")) || basename(withoutQuery(path)) === fileNameOf(migration);
}

/** The innermost place inside the migration's own file on the stack of what was thrown. */
export function locateThrown(migration: Migration, thrown: unknown): SourceLocation | null {
  if (migration.body.kind !== "code") return null;
  const { text, trace = ownPlace(migration) } = migration.body;
  for (const frame of stackOf(thrown).split("\n")) {
    const place = trace(frame);
    if (place !== null) return locateLine(migration.file, text, place.line, place.column);
  }
  return null;
}

function ownPlace(migration: Migration): NonNullable<CodeBody["trace"]> {
  const names = [fileNameOf(migration), queried(migration, "")];
  return (frame) => {
    if (!names.some((name) => frame.includes(name))) return null;
    const place = /:(\d+):(\d+)\)?\s*$/.exec(withoutQuery(frame));
    return place === null ? null : { line: Number(place[1]), column: Number(place[2]) };
  };
}
