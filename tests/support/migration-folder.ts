import { join } from "node:path";
import { FolderSource } from "../../src/migrations/folder-source.ts";
import type { Migration, MigrationCode, MigrationContext } from "../../src/migrations/migration.ts";
import { v } from "./intent.ts";
import { TempDir } from "./temp-dir.ts";

/** What is handed to code that does not look at it. */
export const CONTEXT: MigrationContext = {
  log: () => {},
  progress: () => {},
  signal: new AbortController().signal,
};

/** A folder of migrations in a folder of the test's own. */
export class MigrationFolder implements Disposable {
  readonly dir = new TempDir();
  readonly path: string;
  readonly source: FolderSource;
  private readonly name: string;

  constructor(name = "migrations") {
    this.name = name;
    this.path = this.dir.join(name);
    this.source = new FolderSource(this.path);
  }

  [Symbol.dispose](): void {
    this.dir[Symbol.dispose]();
  }

  /** Writes a file of the folder. @returns its path, as failures name it. */
  write(name: string, content: string | Uint8Array): string {
    return this.dir.write(join(this.name, name), content);
  }

  /** Writes `<version>_a.<kind>` and reads it as a migration. */
  migration(text: string | Uint8Array, kind = "ts"): Migration {
    this.write(`${v(1)}_a.${kind}`, text);
    return this.read();
  }

  /** The first migration of the folder. */
  read(): Migration {
    return this.source.read(this.source.list()[0]!);
  }

  load(text: string, kind = "ts"): Promise<MigrationCode> {
    return this.source.load(this.migration(text, kind));
  }

  /** What `up` of the text returns. */
  async up(text: string, kind = "ts"): Promise<unknown> {
    const code = await this.load(text, kind);
    return code.up(null, CONTEXT);
  }
}
