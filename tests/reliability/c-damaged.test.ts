import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { digestOf } from "../support/digest.ts";
import { expectRefused } from "../support/expect-refused.ts";
import { v } from "../support/intent.ts";
import { documentOf } from "../support/run-godwit.ts";
import { JOURNAL_MODES } from "./journal-modes.ts";

setDefaultTimeout(60_000);

const ALL = [["migrate"], ["status"], ["rollback"], ["redo"], ["mark", v(1), "--applied"]];
const DATA = "abcdefghij".repeat(2000);

/** A database of some 30 pages: a table that spills over, an index, a history of one, and one migration to come. */
async function filledProject(mode: string): Promise<CliProject> {
  const project = new CliProject();
  project.tables(1);
  await project.migrate();
  project.exec(
    `PRAGMA journal_mode = ${mode};
     CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, body TEXT);
     CREATE INDEX items_name ON items (name);
     WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 200)
     INSERT INTO items SELECT i, 'name ' || i, substr('${DATA}', 1, 20 + i * 3) FROM c;`,
  );
  project.tables(2);
  return project;
}

/** Changes bytes of the database where they lie. */
function patch(project: CliProject, at: number, ...bytes: readonly number[]): void {
  const content = readFileSync(project.path);
  content.set(bytes, at);
  writeFileSync(project.path, content);
}

/** Numbers below `limit`, the same for the same seed (xorshift32). */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

const OTHER_FILES: Readonly<Record<string, Uint8Array | string>> = {
  "a host name": "build-7\n",
  "a picture": Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"),
  "a long text": "this is no database, ".repeat(1000),
  "a gzip archive": Bun.gzipSync(DATA),
  "a JSON document": JSON.stringify({ tables: [DATA] }),
  "an SQL dump": `PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n-- ${DATA}\nCOMMIT;\n`,
  "a header and no more": "SQLite format 3\0",
  zeros: new Uint8Array(8192),
};

test.each(Object.keys(OTHER_FILES))("C4: %s is no database, and stays as it is", async (name) => {
  using project = new CliProject();
  project.tables(1);
  writeFileSync(project.path, OTHER_FILES[name]!);
  for (const args of ALL) {
    await expectRefused(project, [...args, "--db", "app.db"], {
      exitCode: 4,
      code: "NOT_A_DATABASE",
      message: `${project.path} is no SQLite database`,
      hint: "holds something else",
    });
  }
});

test("C5: an encrypted database is told as one that may be encrypted", async () => {
  using project = new CliProject();
  project.tables(1);
  writeFileSync(project.path, crypto.getRandomValues(new Uint8Array(8192)));
  for (const args of ALL) {
    await expectRefused(project, [...args, "--db", "app.db"], {
      exitCode: 4,
      code: "NOT_A_DATABASE",
      hint: "encrypted",
    });
  }
});

test.each(JOURNAL_MODES)("C7: a database cut short between pages is refused (%s)", async (mode) => {
  using project = await filledProject(mode);
  const whole = readFileSync(project.path);
  expect(whole.length).toBeGreaterThan(20 * 4096);
  for (let size = 4096; size < whole.length; size += size < 40_000 ? 4096 : 16_384) {
    writeFileSync(project.path, whole);
    truncateSync(project.path, size);
    await expectRefused(project, ["migrate", "--db", "app.db"], { exitCode: 4, code: "DATABASE_CORRUPT" });
  }
  writeFileSync(project.path, whole);
  expect((await project.migrate()).exitCode).toBe(0);
});

test.each(JOURNAL_MODES)("C7: a database cut within a page is refused (%s)", async (mode) => {
  using project = await filledProject(mode);
  const whole = readFileSync(project.path);
  for (const size of [2, 99, 100, 511, 512, 1000, 4095, 4097]) {
    writeFileSync(project.path, whole.subarray(0, size));
    await expectRefused(project, ["migrate", "--db", "app.db"], {
      exitCode: 4,
      code: size < 512 ? "NOT_A_DATABASE" : "DATABASE_CORRUPT",
    });
  }
});

// SQLite reads the missing end of a last page as zeros, where the newest cells of the page may have been.
test.each(JOURNAL_MODES)("C7: a database whose last page is not whole is refused (%s)", async (mode) => {
  using project = await filledProject(mode);
  for (const missing of [1, 1000, 4000]) {
    const whole = readFileSync(project.path);
    writeFileSync(project.path, whole.subarray(0, whole.length - missing));
    await expectRefused(project, ["migrate", "--db", "app.db"], { exitCode: 4, code: "DATABASE_CORRUPT" });
    writeFileSync(project.path, whole);
  }
});

// A sample of what the torture script does ten thousand times. A flip that SQLite does not meet is not looked for: that would
// mean to read the whole database before each run.
const FLIPS = 40;

test.each(JOURNAL_MODES)(
  "C7: a flipped byte never crashes, hangs or makes a refusal write (%s)",
  async (mode) => {
    using project = await filledProject(mode);
    const whole = readFileSync(project.path);
    const seed = 1 + Math.floor(Math.random() * 2 ** 30);
    const random = randomFrom(seed);
    const counts: Record<string, number> = {};
    for (let flip = 0; flip < FLIPS; flip++) {
      // Every third one in the first page, which holds the header and the schema.
      const at = random(flip % 3 === 0 ? 4096 : whole.length);
      writeFileSync(project.path, whole);
      patch(project, at, whole[at]! ^ (1 + random(255)));
      const before = digestOf(project.path);
      const ended = await project.migrate("--json");
      const error = documentOf(ended)["error"] as { code: string; hint: string } | undefined;
      counts[error?.code ?? "applied"] = (counts[error?.code ?? "applied"] ?? 0) + 1;
      const state = { seed, flip, at, exitCode: ended.exitCode, code: error?.code };
      if (ended.exitCode !== 0) {
        expect({ ...state, after: digestOf(project.path) }).toEqual({ ...state, after: before });
        expect({ ...state, hint: error?.hint }).toEqual({ ...state, hint: expect.any(String) });
      }
      expect({ ...state, isKnown: [0, 3, 4].includes(ended.exitCode) }).toEqual({ ...state, isKnown: true });
    }
    console.log(`flipped bytes (${mode}, seed ${seed}): ${JSON.stringify(counts)}`);
  },
);

test("C7: a page that points outside the file is refused, and undone where a migration meets it", async () => {
  using project = await filledProject("delete");
  const [[root]] = project
    .query<[number]>("SELECT rootpage FROM sqlite_schema WHERE name = 'items'")
    .map(Object.values) as [[number]];
  // The right-most pointer of the table's root page: https://sqlite.org/fileformat2.html#b_tree_pages
  patch(project, (root - 1) * 4096 + 8, 0x7f, 0xff, 0xff, 0xff);
  project.sql(2, "CREATE TABLE t2 (id);\nUPDATE items SET name = upper(name);");
  const before = digestOf(project.path);
  const refused = await project.migrate();
  expect(refused.exitCode).toBe(4);
  expect(refused.stderr).toMatch(/^error\[DATABASE_CORRUPT\] .*damaged/);
  expect(refused.stderr).toContain("\n  unchanged: nothing was run\n");
  expect(digestOf(project.path)).toBe(before);
  const { stderr, exitCode } = await project.migrate("--no-backup");
  expect(exitCode).toBe(4);
  expect(stderr).toMatch(/^error\[\w+\] .*(malformed|damaged)/);
  expect(stderr).toContain("\n  rolled back: ");
  expect(stderr).toContain("\n  hint: ");
  expect(digestOf(project.path)).toBe(before);
});

test("C8: a database that only a newer SQLite may write is refused with that reason", async () => {
  using project = await filledProject("delete");
  // https://sqlite.org/fileformat2.html#file_format_version_numbers
  patch(project, 18, 3);
  expect((await project.status()).exitCode).toBe(0);
  const { hint, message } = await expectRefused(project, ["migrate", "--db", "app.db"], {
    exitCode: 4,
    code: "DATABASE_READONLY",
  });
  expect(`${message} ${hint}`).toContain("newer");
});

test("C8: a database that only a newer SQLite may read is refused with that reason", async () => {
  using project = await filledProject("delete");
  patch(project, 18, 3, 3);
  for (const args of ALL) {
    const { hint, message } = await expectRefused(project, [...args, "--db", "app.db"], {
      exitCode: 4,
      code: "NOT_A_DATABASE",
    });
    expect(`${message} ${hint}`).toContain("newer");
  }
});

test("C8: an unknown schema format is refused with that reason", async () => {
  using project = await filledProject("delete");
  patch(project, 44, 0, 0, 0, 5);
  for (const args of ALL) {
    const { hint } = await expectRefused(project, [...args, "--db", "app.db"], {
      exitCode: 4,
      code: "DATABASE_FAILED",
      message: "unsupported file format",
    });
    expect(hint).not.toContain("run again");
  }
});

test("C8: a table with an option of a newer SQLite is named", async () => {
  using project = await filledProject("delete");
  const content = readFileSync(project.path);
  const at = content.indexOf("CREATE TABLE t1 (id INTEGER PRIMARY KEY)");
  patch(project, at, ...Buffer.from("CREATE TABLE t1 (id INTEGER) STRICTER   "));
  for (const args of ALL) {
    await expectRefused(project, [...args, "--db", "app.db"], {
      exitCode: 4,
      code: "DATABASE_CORRUPT",
      message: /t1.*STRICTER/,
      hint: /newer SQLite/,
    });
  }
});
