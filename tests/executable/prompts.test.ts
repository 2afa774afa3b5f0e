import { describe, expect, test } from "bun:test";
import { readdirSync, rmSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { KEYS, Terminal } from "../support/terminal.ts";

describe("create at a terminal", () => {
  test("asks for the description and the format", async () => {
    using project = new CliProject();
    using terminal = new Terminal(project.cwd, ["create"]);
    await terminal.shows("What does the migration do?");
    terminal.type(`Add user email${KEYS.enter}`);
    await terminal.shows("Which format?");
    terminal.type(KEYS.down);
    await terminal.shows("● TypeScript");
    terminal.type(KEYS.enter);
    expect(await terminal.exitCode()).toBe(0);
    expect(readdirSync(project.folder)).toEqual([expect.stringMatching(/^\d{14}_add_user_email\.ts$/)]);
    expect(terminal.lines.at(-1)).toBe(`migrations/${readdirSync(project.folder)[0]}`);
  });

  test("offers SQL first, and asks again for an empty description", async () => {
    using project = new CliProject();
    using terminal = new Terminal(project.cwd, ["create"]);
    await terminal.shows("What does the migration do?");
    terminal.type(KEYS.enter);
    await terminal.shows("Describe it in a few words.");
    terminal.type(`x${KEYS.enter}`);
    await terminal.shows("Which format?");
    terminal.type(KEYS.enter);
    expect(await terminal.exitCode()).toBe(0);
    expect(readdirSync(project.folder)).toEqual([expect.stringMatching(/^\d{14}_x\.sql$/)]);
  });

  test("asks only what it was not told", async () => {
    using project = new CliProject();
    using format = new Terminal(project.cwd, ["create", "by word"]);
    await format.shows("Which format?");
    expect(format.lines.join("\n")).not.toContain("What does the migration do?");
    format.type(KEYS.enter);
    expect(await format.exitCode()).toBe(0);
    using description = new Terminal(project.cwd, ["create", "--format=ts"]);
    await description.shows("What does the migration do?");
    description.type(`asked${KEYS.enter}`);
    expect(await description.exitCode()).toBe(0);
    using nothing = new Terminal(project.cwd, ["create", "--format=ts", "told"]);
    expect(await nothing.exitCode()).toBe(0);
    expect(nothing.lines).toEqual([expect.stringMatching(/^migrations\/\d{14}_told\.ts$/)]);
  });

  test.each([
    { name: "Ctrl-C", key: KEYS.cancel },
    { name: "Escape", key: KEYS.escape },
    { name: "Ctrl-D", key: KEYS.end },
  ])("$name at either question leaves no file", async ({ key }) => {
    for (const isSecond of [false, true]) {
      using project = new CliProject();
      using terminal = new Terminal(project.cwd, ["create"]);
      await terminal.shows("What does the migration do?");
      if (isSecond) {
        terminal.type(`x${KEYS.enter}`);
        await terminal.shows("Which format?");
      }
      terminal.type(key);
      expect(await terminal.exitCode()).toBe(130);
      expect(terminal.lines.at(-1)).toBe("error[CANCELLED] cancelled; nothing was changed");
      expect(readdirSync(project.folder)).toEqual([]);
    }
  });

  test("asks nothing where JSON is wanted", async () => {
    using project = new CliProject();
    using terminal = new Terminal(project.cwd, ["create", "--json"]);
    expect(await terminal.exitCode()).toBe(2);
    expect(JSON.parse(terminal.lines.join(""))).toMatchObject({ error: { code: "MISSING_ARGUMENT" } });
  });
});

describe("rollback at a terminal", () => {
  async function applied(): Promise<CliProject> {
    const project = new CliProject();
    project.tables(1, 2);
    await project.migrate();
    return project;
  }

  test("shows what it would undo, and answering no undoes nothing", async () => {
    using project = await applied();
    using terminal = new Terminal(project.cwd, ["rollback", "--db", "app.db"]);
    await terminal.shows(`Undo 1 migration in ${project.path}?`);
    await terminal.shows(`${v(2)}  Step 2`);
    terminal.type(KEYS.enter);
    expect(await terminal.exitCode()).toBe(130);
    expect(terminal.lines.at(-1)).toBe("error[CANCELLED] cancelled; nothing was changed");
    expect(project.applied()).toEqual([1, 2]);
  });

  test("answering yes undoes it", async () => {
    using project = await applied();
    using terminal = new Terminal(project.cwd, ["rollback", "--db", "app.db"]);
    await terminal.shows("Undo 1 migration");
    terminal.type("y");
    expect(await terminal.exitCode()).toBe(0);
    expect(terminal.lines.join("\n")).toContain(`rolled back  ${v(2)}  Step 2`);
    expect(project.applied()).toEqual([1]);
  });

  test("Ctrl-C undoes nothing", async () => {
    using project = await applied();
    using terminal = new Terminal(project.cwd, ["rollback", "--all", "--db", "app.db"]);
    await terminal.shows("Undo 2 migrations");
    terminal.type(KEYS.cancel);
    expect(await terminal.exitCode()).toBe(130);
    expect(project.applied()).toEqual([1, 2]);
  });

  test("--yes asks nothing", async () => {
    using project = await applied();
    using terminal = new Terminal(project.cwd, ["rollback", "--yes", "--db", "app.db"]);
    expect(await terminal.exitCode()).toBe(0);
    expect(terminal.lines.join("\n")).not.toContain("Undo");
    expect(project.applied()).toEqual([1]);
  });

  test("refuses before it asks", async () => {
    using project = await applied();
    rmSync(project.file(2));
    using terminal = new Terminal(project.cwd, ["rollback", "--db", "app.db"]);
    expect(await terminal.exitCode()).toBe(3);
    expect(terminal.lines.join("\n")).not.toContain("Undo");
  });
});

describe("the table at a terminal", () => {
  test("of 50 columns has no line wider than that", async () => {
    using project = new CliProject();
    for (const n of [1, 2, 3, 5])
      project.write(
        n,
        `-- Description: ユーザー設定テーブルを追加する number ${n}\nCREATE TABLE t${n} (id);\n`,
      );
    await project.migrate();
    project.write(2, "CREATE TABLE changed (id);");
    project.remove(3);
    project.tables(4, 6);
    using terminal = new Terminal(project.cwd, ["status", "--db", "app.db"], { columns: 50 });
    expect(await terminal.exitCode()).toBe(0);
    const text = terminal.lines.join("\n");
    for (const state of ["applied", "changed", "missing", "out of order", "pending"])
      expect(text).toContain(state);
    for (const line of terminal.lines) {
      if (!line.startsWith("database ")) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(50);
    }
  });

  test("is coloured, unless NO_COLOR is set", async () => {
    using project = new CliProject();
    project.tables(1);
    using plain = new Terminal(project.cwd, ["status", "--db", "app.db"]);
    await plain.exitCode();
    expect(plain.output).not.toContain("\u001b[33m");
    using coloured = new Terminal(project.cwd, ["status", "--db", "app.db"], { env: { NO_COLOR: "" } });
    await coloured.exitCode();
    expect(coloured.output).toContain("\u001b[33mpending\u001b[39m");
    expect(coloured.lines).toEqual(plain.lines);
  });
});
