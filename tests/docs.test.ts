import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { accessSync, constants, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ArgsDef } from "citty";
import { FAILURE_CODES, GodwitError } from "../src/base/failure.ts";
import { COMMANDS, ROOT_ARGS } from "../src/cli/command-tree.ts";
import { summarise } from "../src/engine/state.ts";
import { initDatabase, MigrationManager } from "../src/index.ts";
import { codeWords, readSections, type Section, tableRows } from "./support/readme.ts";
import { installInto, ReadmeRun } from "./support/readme-run.ts";
import { runGodwit, runProcess } from "./support/run-godwit.ts";
import { TempDir } from "./support/temp-dir.ts";

const ROOT = resolve(import.meta.dir, "..");
const readme = readFileSync(join(ROOT, "README.md"), "utf8");
const sections = readSections(readme);

function sectionOf(title: string): Section {
  const found = sections.find((section) => section.title === title);
  if (found === undefined) throw new Error(`README.md has no section "${title}"`);
  return found;
}

function source(file: string): string {
  return readFileSync(join(ROOT, "src", file), "utf8");
}

describe("the README's blocks", () => {
  const withBlocks = sections
    .filter(({ blocks }) => blocks.length > 0)
    .map((section) => ({
      ...section,
      list: section.blocks.map(({ language, role, line }) => `${line} ${language} ${role}`).join(", "),
    }));

  test.each(withBlocks)("$title: $list", async ({ blocks }) => {
    using folder = new TempDir();
    const run = new ReadmeRun(folder);
    for (const block of blocks) await run.take(block);
    expect(run.done).toEqual(blocks.map(({ line }) => line));
  });

  test("there is no fence that is no block", () => {
    const fences = readme.split("\n").filter((line) => /^\s*(```|~~~)/.test(line)).length;
    expect(withBlocks.flatMap(({ blocks }) => blocks).length).toBe(fences / 2);
    expect(fences).toBeGreaterThan(40);
  });

  test.each(["```sh\nls", "```bash\nls\n```", "```sql\nSELECT 1;\n```", "```\nls\n```", "```text\nls\n```"])(
    "a block that nothing runs is refused: %j",
    (text) => expect(() => readSections(text)).toThrow("README.md:1"),
  );

  test("all TypeScript passes the compiler", async () => {
    using folder = new TempDir();
    installInto(folder);
    for (const [index, { blocks }] of sections.entries()) {
      for (const { language, file, text } of blocks)
        if (language === "ts" || (language === "sql" && !file!.endsWith(".db")))
          folder.write(join(String(index), file!), text);
      if (blocks.some(({ text }) => text.includes('"./embedded.ts"')))
        await runGodwit(folder.join(String(index)), "embed", "-o", "embedded.ts");
    }
    const compilerOptions = { typeRoots: [join(ROOT, "node_modules/@types")] };
    const config = {
      extends: join(ROOT, "tsconfig.json"),
      compilerOptions,
      include: ["*/**/*.ts"],
      exclude: [],
    };
    folder.write("tsconfig.json", JSON.stringify(config));
    const { stdout, exitCode } = await runProcess([join(ROOT, "node_modules/.bin/tsc")], {
      cwd: folder.path,
    });
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 0 });
  });

  test.each(["scripts/demo", "scripts/test", "scripts/torture", "scripts/bench", "scripts/release"])(
    "./%s, which it names first, can be run",
    (script) => {
      expect(sections[0]!.lines.join("\n")).toContain(`./${script}`);
      accessSync(join(ROOT, script), constants.X_OK);
    },
  );
});

describe("the README's tables", () => {
  const rows = tableRows(sectionOf("Commands"));
  const ownFlags = rows.filter((row) => row.length === 3);
  const [commands, flags] = [false, true].map((isFlag) =>
    rows.filter((row) => row.length === 2 && row[0]!.startsWith("`-") === isFlag),
  ) as [string[][], string[][]];

  test("every command with its alias, and no other", () => {
    const declared = COMMANDS.map(({ name, alias }) => (alias === undefined ? [name] : [name, alias]));
    expect(commands.map(([cell]) => codeWords(cell!))).toEqual(declared);
  });

  test.each(COMMANDS)("$name with every flag it has, and no other", ({ name, args }) => {
    const shown = ownFlags.filter(([of]) => of === `\`${name}\``).flatMap(([, flag]) => codeWords(flag!));
    expect([...new Set(shown.map((word) => word.split(" ")[0]!))].sort()).toEqual(flagsOf(args));
    for (const option of optionsOf(args)) expect(shown).toContain(option);
  });

  test("every flag that all commands have, with its alias", () => {
    const aliases = Object.values(ROOT_ARGS).flatMap((arg) => ("alias" in arg ? [`-${arg.alias}`] : []));
    const shown = flags.flatMap(([cell]) => codeWords(cell!));
    expect(shown.sort()).toEqual([...flagsOf(ROOT_ARGS), ...aliases].sort());
  });

  test("exit codes", () => {
    const shown = tableRows(sectionOf("Exit codes")).map(([code]) => Number(code));
    const ofFailures = FAILURE_CODES.map((code) => new GodwitError(code, "").exitCode);
    const leftChanged = new GodwitError("MIGRATION_FAILED", "", { outcome: "left_changed" }).exitCode;
    expect(shown).toEqual([...new Set([0, 1, leftChanged, ...ofFailures])].sort((a, b) => a - b));
  });

  test("error codes, each with its exit code", () => {
    const shown = tableRows(sectionOf("Error codes")).map(([code, exit]) => `${codeWords(code!)[0]} ${exit}`);
    expect(shown).toEqual(FAILURE_CODES.map((code) => `${code} ${new GodwitError(code, "").exitCode}`));
  });

  test("states", () => {
    const shown = tableRows(sectionOf("States")).map(([state]) => state!.replaceAll(" ", "_"));
    expect(shown.sort()).toEqual(Object.keys(summarise([])).sort());
  });

  test("settings: every variable and every key of godwit.toml", () => {
    const settings = source("cli/settings.ts");
    const shown = tableRows(sectionOf("Settings")).flatMap((row) => row.flatMap(codeWords));
    for (const [variable] of settings.matchAll(/GODWIT_[A-Z]+\b|DATABASE_URL\b/g))
      expect(shown).toContain(variable);
    const keys = /CONFIG_KEYS = \[([^\]]+)\]/.exec(settings)![1]!.matchAll(/"(\w+)"/g);
    for (const [, key] of keys) expect(shown).toContain(key!);
  });

  test("what SQLite can change is what the SQLite inside can change", () => {
    const section = sectionOf("What SQLite can change");
    const wrong = tableRows(section).filter(([statement, answer]) => {
      using db = new Database(":memory:");
      db.run(section.blocks[0]!.text);
      return canRun(db, codeWords(statement!)[0]!) !== answer!.startsWith("yes");
    });
    expect(wrong).toEqual([]);
    expect(tableRows(section).length).toBeGreaterThan(20);
  });
});

describe("the README on the library", () => {
  test("every pragma with the default that a connection gets", async () => {
    using folder = new TempDir();
    folder.write("migrations/20260214120000_a.sql", "CREATE TABLE a (id INTEGER PRIMARY KEY);");
    using db = await initDatabase(folder.join("app.db"), { migrations: folder.join("migrations") });
    const actual = {
      journalMode: String(pragma(db, "journal_mode")).toUpperCase(),
      synchronous: ["OFF", "NORMAL", "FULL", "EXTRA"][Number(pragma(db, "synchronous"))],
      foreignKeys: pragma(db, "foreign_keys") === 1,
      busyTimeoutMs: pragma(db, "busy_timeout"),
      cacheSizeKib: -Number(pragma(db, "cache_size")),
    };
    const rows = tableRows(sectionOf("At start-up")).map((row) =>
      row.slice(0, 2).map((cell) => codeWords(cell)[0]!),
    );
    expect(Object.fromEntries(rows.map(([name, value]) => [name!, JSON.parse(value!)]))).toEqual(actual);
    const declared = [...source("databases/sqlite/pragmas.ts").matchAll(/readonly (\w+)\?:/g)];
    expect(rows.map(([name]) => name!)).toEqual(declared.map((match) => match[1]!));
  });

  test("every method of the manager", () => {
    const shown = tableRows(sectionOf("In your own code")).map(
      ([cell]) => codeWords(cell!)[0]!.split("(")[0]!,
    );
    const methods = Object.getOwnPropertyNames(MigrationManager.prototype).filter(
      (name) => name !== "constructor",
    );
    expect(shown).toEqual(methods);
  });

  test("every event", () => {
    const kinds = [...source("engine/events.ts").matchAll(/(?:kind: |\| )"([a-z-]+)"/g)].map(
      (match) => match[1]!,
    );
    expect(kinds.length).toBeGreaterThan(8);
    const shown = codeWords(sectionOf("In your own code").lines.join("\n"));
    for (const kind of kinds) expect(shown).toContain(kind);
  });
});

function flagsOf(args: ArgsDef): string[] {
  return Object.entries(args)
    .filter(([, arg]) => arg.type !== "positional")
    .map(([name]) => `--${name}`)
    .sort();
}

function optionsOf(args: ArgsDef): string[] {
  return Object.entries(args).flatMap(([name, arg]) =>
    arg.type === "enum" ? (arg.options ?? []).map((option) => `--${name} ${option}`) : [],
  );
}

function canRun(db: Database, sql: string): boolean {
  try {
    db.run(sql);
    return true;
  } catch {
    return false;
  }
}

function pragma(db: Database, name: string): unknown {
  return db.query(`PRAGMA ${name}`).values()[0]?.[0];
}
