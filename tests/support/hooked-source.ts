import type { MigrationFile } from "../../src/migrations/file-name.ts";
import type { Migration, MigrationCode, MigrationSource } from "../../src/migrations/migration.ts";

/** Another source with something done before a file is read or its code is imported. */
export class HookedSource implements MigrationSource {
  readonly label: string;
  onRead: (file: MigrationFile) => void = () => {};
  onLoad: (migration: Migration) => void = () => {};
  private readonly inner: MigrationSource;

  constructor(inner: MigrationSource) {
    this.inner = inner;
    this.label = inner.label;
  }

  list(): readonly MigrationFile[] {
    return this.inner.list();
  }

  read(file: MigrationFile): Migration {
    this.onRead(file);
    return this.inner.read(file);
  }

  load(migration: Migration): Promise<MigrationCode> {
    this.onLoad(migration);
    return this.inner.load(migration);
  }
}
