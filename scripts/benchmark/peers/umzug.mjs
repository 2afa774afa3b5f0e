/**
 * Applies what is pending: umzug.mjs DATABASE FOLDER EXTENSION. SQL and the storage are as in the examples of umzug: a resolver that runs the
 * text, a table in the same database.
 */
import { readFileSync } from "node:fs";
import Database from "better-sqlite3";
import { Umzug } from "umzug";

const [file, cwd, extension] = process.argv.slice(2);
const db = new Database(file);
db.exec("CREATE TABLE IF NOT EXISTS umzug_migrations (name TEXT PRIMARY KEY)");
const storage = {
  executed: async () => db.prepare("SELECT name FROM umzug_migrations ORDER BY name").pluck().all(),
  logMigration: async ({ name }) => void db.prepare("INSERT INTO umzug_migrations VALUES (?)").run(name),
  unlogMigration: async ({ name }) =>
    void db.prepare("DELETE FROM umzug_migrations WHERE name = ?").run(name),
};
const glob = [`*.${extension}`, { cwd }];
const resolve = ({ name, path }) => ({ name, up: async () => db.exec(readFileSync(path, "utf8")) });
const migrations = extension === "sql" ? { glob, resolve } : { glob };
const done = await new Umzug({ migrations, context: db, storage, logger: undefined }).up();
console.log(done.length);
db.close();
