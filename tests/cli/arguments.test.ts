import { describe, expect, test } from "bun:test";
import { checkArguments, type Flags } from "../../src/cli/arguments.ts";
import { failureOf } from "../support/failures.ts";

function checked(...argv: string[]): { command: string | null; flags: Flags } {
  const { command, flags } = checkArguments(argv);
  return { command: command?.name ?? null, flags };
}

async function refused(...argv: string[]) {
  const { code, message, hint, exitCode, outcome } = await failureOf(() => checkArguments(argv));
  expect({ exitCode, outcome }).toEqual({ exitCode: 2, outcome: "unchanged" });
  return { code, message, hint };
}

describe("a sound command line", () => {
  test.each([
    { argv: [], command: null, flags: {} },
    { argv: ["--version"], command: null, flags: { version: true } },
    { argv: ["version"], command: null, flags: { version: true } },
    { argv: ["help"], command: null, flags: { help: true } },
    { argv: ["help", "up"], command: "migrate", flags: { help: true } },
    { argv: ["up"], command: "migrate", flags: {} },
    { argv: ["down"], command: "rollback", flags: {} },
    { argv: ["new", "add x"], command: "create", flags: { description: "add x" } },
    { argv: ["status", "--db", "a.db"], command: "status", flags: { db: "a.db" } },
    { argv: ["--db", "a.db", "status"], command: "status", flags: { db: "a.db" } },
    { argv: ["-u", "a.db", "-d", "m", "status"], command: "status", flags: { db: "a.db", dir: "m" } },
    { argv: ["--url=a.db", "status", "--db", "a.db"], command: "status", flags: { db: "a.db" } },
    { argv: ["--to", "20260101000001", "up"], command: "migrate", flags: { to: "20260101000001" } },
    { argv: ["--check", "status", "--json"], command: "status", flags: { check: true, json: true } },
    { argv: ["status", "--json=false"], command: "status", flags: { json: false } },
    { argv: ["status", "--db=a=b.db"], command: "status", flags: { db: "a=b.db" } },
    { argv: ["create", "--", "--dry-run"], command: "create", flags: { description: "--dry-run" } },
    { argv: ["create", "-"], command: "create", flags: { description: "-" } },
    { argv: ["status", "--db", "-"], command: "status", flags: { db: "-" } },
    {
      argv: ["mark", "20260101000001", "--applied", "--through"],
      command: "mark",
      flags: { applied: true, through: true, version: "20260101000001" },
    },
  ])("$argv", ({ argv, command, flags }) => {
    expect(checked(...argv)).toEqual({ command, flags });
  });
});

describe("a positional", () => {
  test("is given by its place, not by a flag of its name", async () => {
    expect(await refused("--version=20260101000001", "mark", "--applied")).toMatchObject({
      code: "UNKNOWN_FLAG",
      message: "unknown flag --version for mark",
    });
  });

  test("comes once", async () => {
    expect(await refused("mark", "20260101000001", "20260101000002")).toMatchObject({
      code: "UNEXPECTED_ARGUMENT",
      hint: "see: godwit mark --help",
    });
  });
});

describe("an unknown word", () => {
  test("after version is refused", async () => {
    expect(await refused("version", "status")).toEqual({
      code: "UNEXPECTED_ARGUMENT",
      message: 'unexpected argument "status"',
      hint: "see: godwit --help",
    });
  });

  test.each([
    { argv: ["statsu"], hint: "did you mean status?" },
    { argv: ["pu"], hint: "did you mean up?" },
    { argv: ["roll"], hint: "did you mean rollback?" },
    { argv: ["frobnicate"], hint: "see: godwit --help" },
  ])("$argv is no command", async ({ argv, hint }) => {
    expect(await refused(...argv)).toEqual({
      code: "UNKNOWN_COMMAND",
      message: `unknown command "${argv[0]}"`,
      hint,
    });
  });

  test.each([
    {
      argv: ["up", "--stpes", "1"],
      message: "unknown flag --stpes for migrate",
      hint: "did you mean --steps?",
    },
    {
      argv: ["up", "--dry-rum"],
      message: "unknown flag --dry-rum for migrate",
      hint: "did you mean --dry-run?",
    },
    {
      argv: ["status", "--to=1"],
      message: "unknown flag --to for status",
      hint: "see: godwit status --help",
    },
    {
      argv: ["--check", "up"],
      message: "unknown flag --check for migrate",
      hint: "see: godwit migrate --help",
    },
    {
      argv: ["status", "--version"],
      message: "unknown flag --version for status",
      hint: "see: godwit status --help",
    },
    {
      argv: ["migrate", "--database", "app.db"],
      message: "unknown flag --database for migrate",
      hint: "did you mean --db?",
    },
    {
      argv: ["--migrations-dir=sql", "status"],
      message: "unknown flag --migrations-dir",
      hint: "did you mean --dir?",
    },
    { argv: ["--vresion"], message: "unknown flag --vresion", hint: "did you mean --version?" },
    { argv: ["status", "-x"], message: "unknown flag -x for status", hint: "see: godwit status --help" },
    {
      argv: ["create", "--description", "x"],
      message: "unknown flag --description for create",
      hint: "see: godwit create --help",
    },
    {
      argv: ["status", "--no-json"],
      message: "unknown flag --no-json for status",
      hint: "did you mean --json?",
    },
    {
      argv: ["status", "--__proto__"],
      message: "unknown flag --__proto__ for status",
      hint: "see: godwit status --help",
    },
  ])("$argv is no flag", async ({ argv, message, hint }) => {
    expect(await refused(...argv)).toEqual({ code: "UNKNOWN_FLAG", message, hint });
  });

  test("a second positional is refused, with the quotes that were forgotten", async () => {
    expect(await refused("create", "add", "email")).toEqual({
      code: "UNEXPECTED_ARGUMENT",
      message: 'unexpected argument "email"',
      hint: 'put it in quotes: godwit create "add email"',
    });
    expect(await refused("status", "app.db")).toEqual({
      code: "UNEXPECTED_ARGUMENT",
      message: 'unexpected argument "app.db"',
      hint: "see: godwit status --help",
    });
  });
});

describe("values", () => {
  test.each([
    { argv: ["status", "--db"], written: "--db", hint: "write --db=VALUE" },
    { argv: ["status", "--db="], written: "--db", hint: "write --db=VALUE" },
    { argv: ["status", "--db", ""], written: "--db", hint: "write --db=VALUE" },
    { argv: ["status", "--db", "--json"], written: "--db", hint: "write --db=VALUE" },
    { argv: ["status", "-u", "-d", "m"], written: "-u", hint: "write -u VALUE" },
    { argv: ["--url"], written: "--url", hint: "write --url=VALUE" },
  ])("$argv lacks one", async ({ argv, written, hint }) => {
    expect(await refused(...argv)).toEqual({
      code: "MISSING_VALUE",
      message: `${written} needs a value`,
      hint,
    });
  });

  test("two different ones for one flag conflict, whatever its spelling and place", async () => {
    const conflict = { code: "CONFLICTING_FLAGS", hint: "give it once" } as const;
    expect(await refused("--db", "a.db", "status", "--url", "b.db")).toEqual({
      ...conflict,
      message: "--url is given twice, as a.db and as b.db",
    });
    expect(await refused("up", "--steps=1", "--steps=2")).toEqual({
      ...conflict,
      message: "--steps is given twice, as 1 and as 2",
    });
    expect(await refused("status", "--json", "--json=false")).toEqual({
      ...conflict,
      message: "--json is given twice, as true and as false",
    });
  });

  test("one that a flag does not take is refused", async () => {
    expect(await refused("status", "--json=yes")).toEqual({
      code: "INVALID_VALUE",
      message: '--json takes no value, but was given "yes"',
      hint: "write --json alone",
    });
    expect(await refused("create", "x", "--format", "tss")).toEqual({
      code: "INVALID_VALUE",
      message: '--format takes sql or ts, not "tss"',
      hint: "did you mean ts?",
    });
    expect(await refused("create", "x", "--format=python")).toEqual({
      code: "INVALID_VALUE",
      message: '--format takes sql or ts, not "python"',
      hint: undefined,
    });
  });

  test("a word after a plain flag is the positional, not its value", () => {
    expect(checked("mark", "--applied", "20260101000001").flags).toEqual({
      applied: true,
      version: "20260101000001",
    });
  });
});
