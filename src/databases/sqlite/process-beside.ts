import { statSync } from "node:fs";
import { freemem } from "node:os";
import { isInWalUse } from "./database-file.ts";
import { CHECK } from "./integrity.ts";

/** Below this, starting a process takes longer than it saves. */
const SMALLEST_BYTES = 1 << 26;

/** A file of which more than this part fits into memory pushes itself out again while it is read. */
const LARGEST_PART_OF_MEMORY = 0.5;

/** SQLite looks through a file in the order of its keys: from a disk that is many times slower than from its beginning to its end. */
const READ = `const fs = require("node:fs");
const { GODWIT_FILE: file } = process.env;
if (process.env.GODWIT_FITS === "1") {
  const opened = fs.openSync(file);
  const buffer = Buffer.alloc(1 << 18);
  while (fs.readSync(opened, buffer) > 0);
  fs.closeSync(opened);
}
`;

const ASK = `const { Database } = require("bun:sqlite");
const db = process.env.GODWIT_READONLY === "1" ? new Database(file, { readonly: true }) : new Database(file, { readwrite: true });
db.run("PRAGMA busy_timeout = 30000");
db.run("PRAGMA query_only = 1");
fs.writeSync(1, JSON.stringify(db.query("${CHECK}").values().flat()));`;

/** Whether a file is so large that another process is worth its start. */
function isLarge(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > SMALLEST_BYTES;
}

/**
 * Asks for an integrity_check of a large database in a process of its own, so that a copy can be made meanwhile and this process can tell how far it is.
 * @returns what it says; null where the database is small, or no such process can be had, or it has no answer
 */
export async function checkBeside(path: string): Promise<readonly string[] | null> {
  if (!isLarge(path)) return null;
  try {
    const answer: unknown = JSON.parse((await runBeside(READ + ASK, path)) ?? "");
    return Array.isArray(answer) ? answer.map(String) : null;
  } catch {
    return null;
  }
}

/**
 * Has a large file in memory before SQLite jumps about in it. Another process reads it, since a file that is closed takes all locks of its process on it
 * along: https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_.
 */
export async function readAhead(path: string): Promise<void> {
  if (isLarge(path)) await runBeside(READ, path).catch(() => null);
}

/** @returns what it writes; null where it fails */
async function runBeside(script: string, path: string): Promise<string | null> {
  const child = Bun.spawn([process.execPath, "-e", script], {
    // A bunfig.toml where the command was given could run code.
    cwd: "/",
    env: {
      BUN_BE_BUN: "1",
      GODWIT_FILE: path,
      GODWIT_FITS: statSync(path).size < freemem() * LARGEST_PART_OF_MEMORY ? "1" : "0",
      GODWIT_READONLY: isInWalUse(path) ? "1" : "0",
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
  });
  const answer = await child.stdout.text();
  return (await child.exited) === 0 ? answer : null;
}
