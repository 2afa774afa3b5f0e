import { GodwitError } from "../base/failure.ts";
import { descriptionOf, type Migration, type MigrationSource } from "./migration.ts";

/**
 * All migrations of a source, to be taken somewhere else: what could not run there is refused here.
 * @throws GodwitError MIGRATIONS_NOT_FOUND, and what a file is refused for
 */
export function readToCarry(source: MigrationSource): readonly Migration[] {
  const migrations = source.list().map((file) => source.read(file));
  if (migrations.length === 0) {
    throw new GodwitError("MIGRATIONS_NOT_FOUND", `there are no migrations in ${source.label}`, {
      hint: "name another folder with --dir",
    });
  }
  for (const { body } of migrations) if (body.kind === "broken") throw body.failure;
  return migrations;
}

/** What is taken along of a file: its text, and of the older runner's files how they are described. */
export function carriedText(migration: Migration): string {
  const { body } = migration;
  if (body.kind === "sql" || body.kind === "code") return body.text;
  return `"""\nDescription: ${descriptionOf(migration)}\n"""\n`;
}
