import { decodeText, needsCare } from "../base/decode-text.ts";
import { isGodwitError } from "../base/failure.ts";
import { readExports } from "./code-exports.ts";
import { importFailure } from "./code-file.ts";
import { type MigrationFile, parseFileName } from "./file-name.ts";
import type { CodeBody, Migration, MigrationCode, MigrationSource } from "./migration.ts";
import { parseMigration, readMigration, refuseDuplicates } from "./read-migration.ts";

/** Migrations that a program carries: what a module holds that `godwit embed` wrote. */
export interface EmbeddedMigrations {
  /** The folder's name, as messages show it. */
  readonly folder: string;
  readonly migrations: readonly EmbeddedMigration[];
}

interface EmbeddedMigration {
  /** The name of the file that it was. */
  readonly file: string;
  readonly text: string;
  /** Imports the code; none for SQL. */
  readonly load?: () => Promise<Record<string, unknown>>;
}

interface CarriedMigration extends EmbeddedMigration {
  readonly trace?: CodeBody["trace"];
}

/** Migrations that a program carries, without any folder. Their checksums are those of the folder that they come from. */
export class CarriedSource implements MigrationSource {
  readonly label: string;
  private readonly carried = new Map<string, CarriedMigration>();
  private readonly files: readonly MigrationFile[];

  /**
   * @param folder how messages name it
   * @throws GodwitError MIGRATION_NAME_INVALID, VERSION_DUPLICATE
   */
  constructor(folder: string, migrations: readonly CarriedMigration[]) {
    this.label = folder;
    const files: MigrationFile[] = [];
    for (const migration of migrations) {
      const file = parseFileName(migration.file, `${folder}/${migration.file}`);
      if (file === null) continue;
      files.push(file);
      this.carried.set(file.file, migration);
    }
    this.files = files.sort((one, other) => (one.version < other.version ? -1 : 1));
    refuseDuplicates(this.files);
  }

  list(): readonly MigrationFile[] {
    return this.files;
  }

  read(file: MigrationFile): Migration {
    const { text, trace } = this.find(file);
    const migration = needsCare(text)
      ? readMigration(file, () => decodeText(file.file, Buffer.from(text)))
      : parseMigration(file, text);
    if (migration.body.kind !== "code" || trace === undefined) return migration;
    return { ...migration, body: { ...migration.body, trace } };
  }

  async load(migration: Migration): Promise<MigrationCode> {
    const { load } = this.find(migration);
    if (load === undefined) throw new Error(`${migration.file} holds no code`);
    try {
      return readExports(migration, await load());
    } catch (thrown) {
      throw isGodwitError(thrown) ? thrown : importFailure(migration, thrown);
    }
  }

  private find({ file }: MigrationFile): CarriedMigration {
    const migration = this.carried.get(file);
    if (migration === undefined) throw new Error(`${file} is not carried`);
    return migration;
  }
}
