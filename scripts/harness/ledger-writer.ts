/**
 * A program that writes to a database without pause: `bun ledger-writer.ts <file> <its number>`. Each transaction touches three tables that must agree. When
 * one is committed it prints its number; at SIGTERM it ends.
 */
import { Database } from "bun:sqlite";

const [path, writer] = [process.argv[2]!, Number(process.argv[3])];
const db = new Database(path, { readwrite: true, create: false });
db.run("PRAGMA busy_timeout = 60000");
const entry = db.query("INSERT INTO entries (writer, number, filler) VALUES (?, ?, randomblob(300))");
const counter = db.query("UPDATE counters SET number = ? WHERE writer = ?");
const total = db.query("UPDATE totals SET number = number + 1");
const commit = db.transaction((number: number) => {
  entry.run(writer, number);
  counter.run(number, writer);
  total.run();
});
let isOver = false;
process.on("SIGTERM", () => {
  isOver = true;
});
const [known] = db.query("SELECT number FROM counters WHERE writer = ?").values(writer);
for (let number = Number(known![0]) + 1; !isOver; number++) {
  commit.immediate(number);
  await Bun.write(Bun.stdout, `${number}\n`);
  await Bun.sleep(1);
  // Where the contents were exchanged meanwhile, its last number is another one.
  const [row] = db.query("SELECT number FROM counters WHERE writer = ?").values(writer);
  number = Math.max(number, Number(row![0]));
}
db.close();
