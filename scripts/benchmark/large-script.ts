import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";

export const LARGE_SCRIPT_BYTES = 50_000_000;

const CHUNK = 1000;
const ROWS_OF_LONG = 5;
const TEXTS = [
  "It''s a plain line; nothing ends here",
  "Grüße aus Zürich — naïve café",
  "a comment? -- no, and /* neither */ is this",
  '東京 and back, "quoted" twice',
  "two\nlines",
];

/** Writes a migration as a dump might be: one table and its rows, mostly one in a statement. @returns how many rows */
export function writeLargeScript(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, "w");
  let bytes = writeSync(
    file,
    "-- up\nCREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT, amount REAL);\n",
  );
  let rows = 0;
  while (bytes < LARGE_SCRIPT_BYTES) {
    let text = "";
    for (let index = 0; index < CHUNK; index++) {
      const count = index % 10 === 9 ? ROWS_OF_LONG : 1;
      text += insert(rows + 1, count);
      rows += count;
    }
    bytes += writeSync(file, text);
  }
  closeSync(file);
  return rows;
}

function insert(first: number, count: number): string {
  const rows = Array.from({ length: count }, (_, index) => {
    const id = first + index;
    return `(${id}, 'Note ${id}', '${TEXTS[id % TEXTS.length]}', ${id / 4})`;
  });
  return `INSERT INTO notes (id, title, body, amount) VALUES ${rows.join(", ")};\n`;
}
