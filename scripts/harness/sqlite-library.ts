import { dlopen, ptr } from "bun:ffi";
import { DatabaseSync } from "node:sqlite";
import { SCRIPT_SCHEMA } from "./script-words.ts";

const NAMES = ["libsqlite3.so.0", "libsqlite3.dylib", "libsqlite3.so"];
const SIZE = 65_536;

/**
 * Where SQLite says that statements end. Two libraries are asked: the one inside Bun, which godwit runs on, prepares statements; it has
 * no door to sqlite3_complete, so that is the system's.
 */
export class SqliteLibrary {
  readonly version: string;
  readonly completeVersion: string;
  private readonly db = new DatabaseSync(":memory:");
  private readonly complete: (text: unknown) => unknown;
  private readonly buffer = new Uint8Array(SIZE);
  private readonly pointer = ptr(this.buffer);
  private readonly encoder = new TextEncoder();

  private constructor({ symbols }: NonNullable<ReturnType<typeof openSystemLibrary>>) {
    this.complete = symbols.sqlite3_complete as (text: unknown) => unknown;
    this.completeVersion = String(symbols.sqlite3_libversion());
    this.db.exec(SCRIPT_SCHEMA);
    this.version = String(this.db.prepare("SELECT sqlite_version() AS version").get()?.["version"]);
  }

  /** Null where the system has no SQLite library. */
  static open(): SqliteLibrary | null {
    const library = openSystemLibrary();
    return library === null ? null : new SqliteLibrary(library);
  }

  /**
   * How much of the text sqlite3_prepare_v2 takes for its first statement: sqlite3_sql() keeps just what came before pzTail.
   * @returns null where there is no statement. @throws what SQLite refuses it for
   */
  firstStatement(text: string): number | null {
    const statement = this.db.prepare(text);
    try {
      return statement.sourceSQL.length;
    } catch (error) {
      if ((error as { code?: string }).code === "ERR_INVALID_STATE") return null;
      throw error;
    }
  }

  isComplete(text: string): boolean {
    return this.completeAt(this.load(text));
  }

  /** For each semicolon, by its index in the text, whether the text up to it and with it is complete. */
  completeSemicolons(text: string): Map<number, boolean> {
    this.load(text);
    const answers = new Map<number, boolean>();
    let bytes = 0;
    for (let index = 0; index < text.length; index++) {
      const code = text.codePointAt(index)!;
      bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      if (code === 59) answers.set(index, this.completeAt(bytes));
      if (code >= 0x10000) index++;
    }
    return answers;
  }

  private load(text: string): number {
    return this.encoder.encodeInto(text, this.buffer).written;
  }

  private completeAt(length: number): boolean {
    const next = this.buffer[length]!;
    this.buffer[length] = 0;
    const answer = this.complete(this.pointer);
    this.buffer[length] = next;
    return answer === 1;
  }
}

function openSystemLibrary() {
  for (const name of NAMES) {
    try {
      return dlopen(name, {
        sqlite3_complete: { args: ["ptr"], returns: "i32" },
        sqlite3_libversion: { args: [], returns: "cstring" },
      });
    } catch {
      // Tried under the next name.
    }
  }
  return null;
}
