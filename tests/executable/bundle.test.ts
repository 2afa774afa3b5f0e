import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { bundle, fillToBundle } from "../support/bundled-project.ts";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { documentOf, type Ended, runProcess } from "../support/run-godwit.ts";
import { TempDir } from "../support/temp-dir.ts";

const project = new CliProject();
const bare = new TempDir();

/** Runs the bundle in a folder where nothing else is, with nothing in its environment. */
function bundled(...args: readonly string[]): Promise<Ended> {
  return runProcess([bare.join("app-migrate"), ...args], { cwd: bare.path });
}

beforeAll(async () => {
  fillToBundle(project);
  await bundle(project, "-o", "app-migrate");
  renameSync(project.root.join("app-migrate"), bare.join("app-migrate"));
});

afterAll(() => {
  project[Symbol.dispose]();
  bare[Symbol.dispose]();
});

describe("a bundle, alone in an empty folder,", () => {
  test("migrates, and the folder then has nothing pending", async () => {
    const { stdout, exitCode } = await bundled("migrate", "--db", "app.db");
    expect({ exitCode, last: stdout.trim().split("\n").at(-1) }).toEqual({
      exitCode: 0,
      last: expect.stringMatching(/^3 migrations applied in /),
    });
    const values = await bundledRows("app.db");
    expect(values).toEqual(["package", "json", "text", "2 development"]);
    const folder = await project.godwit("migrate", "--db", bare.join("app.db"));
    expect(folder.stdout).toBe(`nothing is pending in ${bare.join("app.db")}\n`);
    expect((await project.godwit("status", "--check", "--db", bare.join("app.db"))).exitCode).toBe(0);
  });

  test("rolls back what the folder applied", async () => {
    const database = bare.join("other.db");
    await project.godwit("migrate", "--db", database);
    const { stdout } = await bundled("rollback", "--to", v(1), "--db", "other.db");
    expect(stdout).toBe("");
    expect((await bundled("rollback", "--steps", "1", "--db", "other.db", "--json")).exitCode).toBe(3);
  });

  test("tells its manifest, the same each time", async () => {
    const first = await bundled("status", "--json", "--db", "none.db");
    const document = documentOf(first);
    expect(document["manifest"]).toMatchObject({
      godwit: document["godwit"],
      migrations: [1, 2, 3].map((number) => ({ version: v(number), checksum: expect.any(String) })),
    });
    expect((await bundled("status", "--json", "--db", "none.db")).stdout).toBe(first.stdout);
  });

  test("says in its help that it is sealed, and how many it carries", async () => {
    const [first] = (await bundled("--help")).stdout.split("\n");
    expect(first).toBe(
      `app-migrate carries 3 migrations of migrations, ${v(1)} to ${v(3)}: --dir, create, bundle and embed are not for it`,
    );
  });

  test("says what to do next by its own name", async () => {
    expect((await bundled("status", "--db", "none.db")).stdout).toEndWith(
      "apply with: app-migrate migrate\n",
    );
    expect((await bundled("status")).stderr).toContain("hint: name it with --db");
    expect((await bundled("migrate", "--db", "none.db", "--to", "1")).stderr).toContain("app-migrate status");
    const { error } = documentOf(await bundled("migrate", "--to", "1", "--db", "none.db", "--json")) as {
      error: { hint: string };
    };
    expect(error.hint).toEndWith("app-migrate status");
  });

  test.each([
    [["create", "more"], "has no create"],
    [["bundle", "-o", "x"], "has no bundle"],
    [["status", "--db", "app.db", "--dir", "migrations"], "reads no folder"],
  ])("refuses %j", async (args, why) => {
    const { stderr, exitCode } = await bundled(...args);
    expect(stderr).toStartWith("error[SEALED] this executable is sealed: it carries its migrations, and ");
    expect(stderr).toContain(why);
    expect(exitCode).toBe(2);
  });

  test("heeds no folder that the environment or godwit.toml names", async () => {
    using folder = new TempDir();
    folder.write("godwit.toml", 'dir = "nowhere"\n');
    const ended = await runProcess([bare.join("app-migrate"), "status", "--db", "app.db"], {
      cwd: folder.path,
      env: { GODWIT_DIR: "elsewhere" },
    });
    expect(ended).toMatchObject({ stderr: "", exitCode: 0 });
  });

  test("holds its SQL as plain text", () => {
    expect(
      readFileSync(bare.join("app-migrate")).includes(
        "CREATE TABLE notes (text TEXT); -- plain text\n-- down\n",
      ),
    ).toBe(true);
  });
});

async function bundledRows(database: string): Promise<unknown[]> {
  using copy = new TempDir();
  copyFileSync(bare.join(database), copy.join("copy.db"));
  using db = new Database(copy.join("copy.db"));
  return db.query("SELECT text FROM notes").values().flat();
}

describe("a byte that was changed", () => {
  test.each([
    ["in SQL", "CREATE TABLE notes (text", `${v(1)}_step_1.sql`],
    ["in TypeScript", "/** Description: Fill the notes", `${v(2)}_step_2.ts`],
    ["in what TypeScript has become", "DELETE FROM notes", null],
    ["in the index", '{"format":1,', "its index"],
  ])("%s is refused, by every command", async (_, text, part) => {
    using folder = new TempDir();
    const bytes = readFileSync(bare.join("app-migrate"));
    // What is sealed is the last that holds it: the bundler's own copy, if any, comes before.
    const at = bytes.indexOf(text, bytes.indexOf('{"format":1,"folder"'));
    bytes[at + 2]! ^= 1;
    writeFileSync(folder.join("app-migrate"), bytes);
    chmodSync(folder.join("app-migrate"), 0o755);
    const run = (...args: string[]) =>
      runProcess([folder.join("app-migrate"), ...args], { cwd: folder.path });
    for (const args of [["migrate", "--db", "a.db"], ["status", "--db", "a.db"], ["--help"]]) {
      const { stderr, exitCode } = await run(...args);
      expect(stderr).toStartWith("error[BUNDLE_DAMAGED] this executable is damaged: ");
      if (part !== null) expect(stderr).toContain(`${part} is not what was sealed in it`);
      expect(exitCode).toBe(3);
    }
    expect(readdirSync(folder.path)).toEqual(["app-migrate"]);
  });
});

describe("made twice", () => {
  const isSame = (path: string) => readFileSync(path).equals(readFileSync(bare.join("app-migrate")));

  test("in other folders and under other names, it is the same file", async () => {
    using other = new CliProject();
    fillToBundle(other);
    await bundle(other, "-o", "another");
    expect(isSame(other.root.join("another"))).toBe(true);
    expect(statSync(other.root.join("another")).mode & 0o111).not.toBe(0);
    expect(readdirSync(other.cwd).sort()).toEqual(["another", "migrations"]);
  });

  test("from elsewhere, with all of it deeper, it is the same file", async () => {
    using other = new CliProject();
    fillToBundle(other);
    mkdirSync(other.root.join("far/down"), { recursive: true });
    mkdirSync(other.root.join("out/er/most"), { recursive: true });
    renameSync(other.folder, other.root.join("far/down/migrations"));
    await bundle(other, "--dir", "far/down/migrations", "-o", "out/er/most/app");
    expect(isSame(other.root.join("out/er/most/app"))).toBe(true);
  });
});
