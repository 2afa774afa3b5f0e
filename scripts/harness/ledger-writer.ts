/**
 * A program that has a database open and writes and reads without pause: `bun ledger-writer.ts <file> <its number>`. Each transaction touches three tables
 * that must agree. When one is committed it prints its number. At SIGTERM it stops writing and prints `stopped`; at the next one it prints what it sees, and
 * ends. It fails where it sees tables that do not agree.
 */
import { Database } from "bun:sqlite";
import { disagreementsIn, viewOf } from "./ledger.ts";

const [path, writer] = [process.argv[2]!, Number(process.argv[3])];
const db = new Database(path, { readwrite: true, create: false });
db.run("PRAGMA busy_timeout = 60000");
const entry = db.query("INSERT INTO entries (writer, number, filler) VALUES (?, ?, randomblob(300))");
const counter = db.query("UPDATE counters SET number = ? WHERE writer = ?");
const total = db.query("UPDATE totals SET number = number + 1");
const known = db.query<{ number: number }, [number]>("SELECT number FROM counters WHERE writer = ?");
const commit = db.transaction((number: number) => {
  entry.run(writer, number);
  counter.run(number, writer);
  total.run();
});
let asked = 0;
let wake = () => {};
process.on("SIGTERM", () => {
  asked++;
  wake();
});

// Where the contents were exchanged meanwhile, its last number there is an older one; no number comes twice.
for (let number = known.get(writer)!.number + 1; asked === 0; number++) {
  commit.immediate(number);
  await Bun.write(Bun.stdout, `${number}\n`);
  await Bun.sleep(1);
  const problems = disagreementsIn(db);
  if (problems.length > 0) throw new Error(`after ${number}: ${problems.join(", ")}`);
}
await Bun.write(Bun.stdout, "stopped\n");
while (asked < 2)
  await new Promise<void>((resolve) => {
    wake = resolve;
  });
await Bun.write(Bun.stdout, `sees ${viewOf(db)}\n`);
db.close();
