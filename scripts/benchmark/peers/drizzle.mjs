/** Applies what is pending with Drizzle's migrator for better-sqlite3: drizzle.mjs DATABASE FOLDER */
import { createRequire } from "node:module";

// As CommonJS: Node 24 takes eight times as long to load Drizzle as ES modules.
const require = createRequire(import.meta.url);
const Database = require("better-sqlite3");
const { drizzle } = require("drizzle-orm/better-sqlite3");
const { migrate } = require("drizzle-orm/better-sqlite3/migrator");

const [file, migrationsFolder] = process.argv.slice(2);
const client = new Database(file);
migrate(drizzle({ client }), { migrationsFolder });
client.close();
