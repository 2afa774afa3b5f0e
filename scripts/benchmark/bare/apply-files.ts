/**
 * What a run cannot be without: every file read and hashed, its statements run and a row written for it, in one transaction.
 * apply-files DATABASE FOLDER
 */
import { Database } from "bun:sqlite";
import { readdirSync, readFileSync } from "node:fs";

type Up = (db: Database) => void;

const [file, folder] = process.argv.slice(2) as [string, string];
const files: { name: string; checksum: string; up: Up }[] = [];
for (const name of readdirSync(folder).sort()) {
  const path = `${folder}/${name}`;
  const text = readFileSync(path, "utf8");
  const sql = text.slice(text.indexOf("-- up\n") + 6, text.indexOf("-- down\n")).trim();
  const isCode = name.endsWith(".ts");
  const checksum = new Bun.CryptoHasher("sha256").update(isCode ? text : sql).digest("hex");
  files.push({ name, checksum, up: isCode ? (await import(path)).up : (db) => void db.run(sql) });
}
using db = new Database(file);
db.run("BEGIN IMMEDIATE");
db.run(
  "CREATE TABLE schema_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, version TEXT UNIQUE NOT NULL, checksum TEXT)",
);
const record = db.query("INSERT INTO schema_migrations (version, checksum) VALUES (?, ?)");
for (const { name, checksum, up } of files) {
  up(db);
  record.run(name.slice(0, 14), checksum);
}
db.run("COMMIT");
