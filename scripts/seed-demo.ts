/** Fills a database that has web_users and logs with rows, the same ones every time: bun scripts/seed-demo.ts PATH */
import { Database } from "bun:sqlite";

const USERS = 200;
const LOGS = 5_000;
const START = Date.UTC(2026, 0, 12, 10, 0, 0);
const LEVELS = ["INFO", "info", "Info", "WARNING", "Warning", "warning", "ERROR", "Error", "error", "INFO"];
const MESSAGES = ["signed in", "signed out", "saved a search", "exported a report", "could not be reached"];

const path = process.argv[2];
if (path === undefined) {
  console.error("usage: bun scripts/seed-demo.ts PATH");
  process.exit(2);
}

using db = new Database(path, { readwrite: true, create: false });
db.transaction(() => {
  insertUsers();
  insertLogs();
}).immediate();
console.error(`${USERS} users and ${LOGS} logs are in ${path}`);

/** Every 25th is an administrator and every seventh has no email. */
function insertUsers(): void {
  using insert = db.prepare(
    "INSERT INTO web_users (id, username, email, is_admin, created_at) VALUES (?, ?, ?, ?, ?)",
  );
  for (let id = 1; id <= USERS; id++) {
    const username = `user_${String(id).padStart(3, "0")}`;
    insert.run(id, username, emailOf(id, username), id % 25 === 0 ? 1 : 0, minute(id));
  }
}

function emailOf(id: number, username: string): string | null {
  return id % 7 === 0 ? null : `${username}@example.com`;
}

/** Levels in every spelling in turn; every ninth line is about no user. */
function insertLogs(): void {
  using insert = db.prepare("INSERT INTO logs (level, message, created_at, user_id) VALUES (?, ?, ?, ?)");
  for (let n = 0; n < LOGS; n++) {
    const userId = n % 9 === 0 ? null : (n % USERS) + 1;
    insert.run(LEVELS[n % LEVELS.length]!, MESSAGES[n % MESSAGES.length]!, minute(n), userId);
  }
}

function minute(n: number): string {
  return new Date(START + n * 60_000).toISOString().slice(0, 19).replace("T", " ");
}
