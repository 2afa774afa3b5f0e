import { Database } from "bun:sqlite";

/**
 * An application that holds a database open, and reads and writes it without pause: `bun busy-application.ts <file> <milliseconds between writes>`. For
 * each row that is committed it prints its number; on SIGTERM it prints `end <inode> <rows it sees>` and ends.
 */
const [path, pause] = [process.argv[2]!, Number(process.argv[3] ?? 0)];
const db = new Database(path, { readwrite: true, create: false });
db.run("PRAGMA busy_timeout = 20000");
const insert = db.query("INSERT INTO acknowledged (writer, number) VALUES (?, ?)");
const count = db.query<{ n: number }, []>("SELECT count(*) AS n FROM acknowledged");
let isOver = false;
process.on("SIGTERM", () => {
  isOver = true;
});
for (let number = 1; !isOver; number++) {
  insert.run(process.pid, number);
  await Bun.write(Bun.stdout, `${number}\n`);
  count.get();
  await Bun.sleep(pause);
}
await Bun.write(
  Bun.stdout,
  `end ${JSON.stringify(db.query("SELECT writer, number FROM acknowledged ORDER BY 1, 2").values())}\n`,
);
db.close();
