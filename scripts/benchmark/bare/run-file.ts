/** Runs the text of a file in one transaction: run-file DATABASE FILE */
import { Database } from "bun:sqlite";
import { readFileSync } from "node:fs";

const [file, script] = process.argv.slice(2) as [string, string];
using db = new Database(file);
db.run("BEGIN IMMEDIATE");
db.run(readFileSync(script, "utf8"));
db.run("COMMIT");
