/** Runs the loop of the migration in one transaction, without godwit around it: shout-names DATABASE */
import { Database } from "bun:sqlite";
import { up } from "../migrations/shout-names.ts";

using db = new Database(process.argv[2]!);
db.run("BEGIN IMMEDIATE");
up(db);
db.run("COMMIT");
