import type { MigrationFile } from "./file-name.ts";
import type { Migration, MigrationCode, MigrationSource } from "./migration.ts";
import { refuseDuplicates } from "./read-migration.ts";

/** A source of somebody else's, which may list its migrations in any order, or one of them twice. */
export class OrderedSource implements MigrationSource {
  private readonly source: MigrationSource;

  constructor(source: MigrationSource) {
    this.source = source;
  }

  get label(): string {
    return this.source.label;
  }

  list(): readonly MigrationFile[] {
    const files = [...this.source.list()].sort((one, other) => (one.version < other.version ? -1 : 1));
    refuseDuplicates(files);
    return files;
  }

  read(file: MigrationFile): Migration {
    return this.source.read(file);
  }

  load(migration: Migration): Promise<MigrationCode> {
    return this.source.load(migration);
  }
}
