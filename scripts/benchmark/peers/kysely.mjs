/** Applies what is pending, as Kysely's documentation shows it: kysely.mjs DATABASE FOLDER */
import { promises as fs } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { Kysely, SqliteDialect } from "kysely";
import { FileMigrationProvider, Migrator } from "kysely/migration";

const [file, migrationFolder] = process.argv.slice(2);
const db = new Kysely({ dialect: new SqliteDialect({ database: new Database(file) }) });
try {
  const provider = new FileMigrationProvider({ fs, path, migrationFolder });
  const { error, results } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) throw error;
  console.log(results.length);
} finally {
  await db.destroy();
}
