import type { GodwitError } from "../base/failure.ts";
import type { Statement } from "../sql/statement-reader.ts";
import { describeSlug, type MigrationFile } from "./file-name.ts";

/** What is intended: one migration, read and parsed, its code not loaded. */
export interface Migration extends MigrationFile {
  /** As its header has it; `descriptionOf` says what is shown. */
  readonly description: string | null;
  /** Lower-case hex SHA-256; null where there is none to compare with (`.py`, a file that cannot be read). */
  readonly checksum: string | null;
  /** Versions that must be applied, or stand earlier in the plan. */
  readonly requires: readonly string[];
  /** False for `Transaction: off`. */
  readonly transactional: boolean;
  /** True for `Foreign keys: on`. */
  readonly foreignKeysOn: boolean;
  readonly body: MigrationBody;
}

/** What a person reads: the file's name, where its header says nothing. Made when it is asked for: most starts show none. */
export function descriptionOf({ description, slug }: Pick<Migration, "description" | "slug">): string {
  return description ?? describeSlug(slug);
}

export type MigrationBody = SqlBody | CodeBody | PythonBody | BrokenBody;

export interface SqlBody {
  readonly kind: "sql";
  /** The normalised text of the whole file; statements are indexes into it. */
  readonly text: string;
  /** Whether there is a statement under `-- down`. */
  readonly hasDown: boolean;
  /** Statements are read when they are asked for: most starts ask for none. */
  readonly up: readonly Statement[];
  readonly down: readonly Statement[];
  readonly verify: readonly Statement[];
}

export interface CodeBody {
  readonly kind: "code";
  /** The normalised text that was hashed, and that will be run. */
  readonly text: string;
  /**
   * Where what runs was made from the text beforehand: the place in the text, from 1, that a line of a stack means, and null
   * where it means another file.
   */
  readonly trace?: (frame: string) => { readonly line: number; readonly column: number } | null;
}

interface PythonBody {
  readonly kind: "python";
}

/** A file that cannot be read or parsed. It stops every command that needs the file, and no other. */
interface BrokenBody {
  readonly kind: "broken";
  readonly failure: GodwitError;
}

/** A folder, or whatever else carries migrations. */
export interface MigrationSource {
  /** How messages name it: `migrations`. */
  readonly label: string;
  /**
   * All migrations by name, sorted by version. One of somebody else's may give them in any order.
   * @throws GodwitError MIGRATIONS_NOT_FOUND, MIGRATION_NAME_INVALID, VERSION_DUPLICATE
   */
  list(): readonly MigrationFile[];
  /** Reads and parses one. Never throws for what is in the file: see BrokenBody. */
  read(file: MigrationFile): Migration;
  /** Imports a migration's code. @throws GodwitError CODE_INVALID */
  load(migration: Migration): Promise<MigrationCode>;
}

/** What a migration in code exports. `db` is the driver's own handle: bun:sqlite's Database on SQLite. */
export interface MigrationCode {
  readonly up: CodeFunction;
  readonly down: CodeFunction | null;
  readonly verify: CodeFunction | null;
}

export type CodeFunction = (db: unknown, context: MigrationContext) => unknown;

/** The second argument of `up`, `down` and `verify`. */
export interface MigrationContext {
  /** Shows a line while the migration runs. */
  log(message: string): void;
  /** Reports rows done, and how many there are if that is known. */
  progress(done: number, total?: number): void;
  /** Aborted when the run is being cancelled. */
  readonly signal: AbortSignal;
}
