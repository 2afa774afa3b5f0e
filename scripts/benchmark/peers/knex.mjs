/** Applies what is pending, as knex's documentation shows it: knex.mjs DATABASE FOLDER */
import knex from "knex";

const [filename, directory] = process.argv.slice(2);
const db = knex({ client: "better-sqlite3", connection: { filename }, useNullAsDefault: true });
try {
  const [, names] = await db.migrate.latest({ directory, loadExtensions: [".mjs"] });
  console.log(names.length);
} finally {
  await db.destroy();
}
