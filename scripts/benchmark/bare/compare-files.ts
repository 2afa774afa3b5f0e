/**
 * What a run with nothing to do cannot be without: every file read, what is to be applied of it hashed and compared with the history.
 * compare-files DATABASE FOLDER prints how many are the same, and exits 1 where one is not.
 */
import { Database } from "bun:sqlite";
import { readdirSync, readFileSync } from "node:fs";

const [file, folder] = process.argv.slice(2) as [string, string];
using db = new Database(file, { readwrite: true, create: false });
const history = db.query<[string, string], []>("SELECT version, checksum FROM schema_migrations").values();
const checksums = new Map(history as [string, string][]);
const names = readdirSync(folder).sort();
const same = names.filter((name) => {
  const text = readFileSync(`${folder}/${name}`, "utf8");
  const up = text.slice(text.indexOf("-- up\n") + 6, text.indexOf("-- down\n")).trim();
  return checksums.get(name.slice(0, 14)) === new Bun.CryptoHasher("sha256").update(up).digest("hex");
});
console.log(same.length);
if (same.length !== names.length) process.exitCode = 1;
