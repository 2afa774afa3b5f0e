import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { GODWIT, runProcess } from "../support/run-godwit.ts";
import { Terminal } from "../support/terminal.ts";

/** What the shell's script would be told for these words, without the descriptions. */
async function offered(project: CliProject, ...words: string[]): Promise<string[]> {
  const { stdout, stderr, exitCode } = await runProcess([GODWIT, "complete", "--", ...words], {
    cwd: project.cwd,
    env: { HOME: project.cwd },
  });
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  return stdout
    .trimEnd()
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split("\t")[0]!);
}

function filled(): CliProject {
  const project = new CliProject();
  project.tables(1, 2);
  for (const name of [
    "app.db",
    "old.sqlite3",
    "notes.txt",
    "data/more.db",
    "app.db.godwit/x.db",
    "old.sqlite3.godwit/20260214T120000Z.db",
    "odd $(name).db",
    ".hidden.db",
    `.more/other/${v(9)}_a.sql`,
  ])
    project.root.write(name, "");
  Bun.spawnSync(["mkfifo", project.root.join("pipe")]);
  return project;
}

describe("completed are", () => {
  test.each([
    ["commands and their other names", ["m"], ["migrate", "mark"]],
    ["commands after a flag that stands before them", ["--db", "app.db", "redo"], ["redo"]],
    ["flags of the command", ["migrate", "--st"], ["--steps"]],
    ["flags of every command", ["status", "--js"], ["--json"]],
    ["what a flag takes", ["create", "--format", ""], ["sql", "ts"]],
    ["what a flag takes, behind =", ["migrate", "--commit=e"], ["each"]],
    ["versions, the newest first", ["migrate", "--to", ""], [v(2), v(1)]],
    ["versions, behind =", ["rollback", `--to=${v(1)}`], [v(1)]],
    ["the version that mark takes", ["mark", v(2).slice(0, 13)], [v(2), v(1)]],
    ["database files and folders", ["status", "--db", ""], ["app.db", "data/", "migrations/", "old.sqlite3"]],
    ["database files in a folder", ["status", "--db=data/"], ["data/more.db"]],
    ["database files by the short name", ["status", "-u", "o"], ["old.sqlite3"]],
    ["hidden ones where that is what is typed", ["status", "--db", ".h"], [".hidden.db"]],
    ["folders", ["--dir", "d"], ["data/"]],
    ["any file that is to be written", ["bundle", "-o", "no"], ["notes.txt"]],
    ["commands after a flag with its value behind =", ["--db=app.db", "redo"], ["redo"]],
    ["versions after a flag with its value behind =", ["--table=t", "migrate", "--to", ""], [v(2), v(1)]],
    ["platforms", ["bundle", "--target", "win"], ["windows-x64"]],
    ["shells", ["complete", ""], ["bash", "zsh", "fish"]],
    ["programs after exec --", ["exec", "--db", "app.db", "--", "basenam"], ["basename"]],
    ["programs by their path", ["exec", "--", "./no"], ["./notes.txt"]],
    ["files for a program", ["exec", "--", "cat", "no"], ["notes.txt"]],
    ["folders where a program's name begins", ["exec", "--", "migration"], ["migrations/"]],
    ["nothing behind -- where no program is taken", ["migrate", "--", "m"], []],
    ["no restore points where there are none", ["restore", "--db", "app.db", "2"], []],
    ["nothing for a description", ["create", "m"], []],
    ["versions after a word too much", ["migrate", "--dir", ".more/other", "extra", "--to", ""], [v(9)]],
    ["versions after a flag that is none", ["migrate", "--dri", "--dir", ".more/other", "--to", ""], [v(9)]],
    [
      "versions where the settings are in a pipe",
      ["migrate", "--env-file", "pipe", "--to", ""],
      [v(2), v(1)],
    ],
    ["versions of a folder of one's own", ["migrate", "--dir", "~/.more/other", "--to", ""], [v(9)]],
    ["nothing of a folder that is not there", ["migrate", "--dir", "nowhere", "--to", ""], []],
  ])("%s", async (_, words, expected) => {
    using project = filled();
    expect(await offered(project, ...words)).toEqual(expected);
  });

  test("all flags of a command after one dash", async () => {
    using project = filled();
    const found = await offered(project, "log", "-");
    expect(found).toContain("--limit");
    expect(found).toContain("--db");
    expect(found.every((flag) => flag.startsWith("--"))).toBe(true);
  });

  test("versions of the folder that the line or godwit.toml names", async () => {
    using project = new CliProject();
    project.root.write(`other/${v(7)}_a.sql`, "SELECT 1;");
    expect(await offered(project, "migrate", "--dir", "other", "--to", "")).toEqual([v(7)]);
    project.root.write("godwit.toml", 'dir = "other"\n');
    expect(await offered(project, "migrate", "--to", "")).toEqual([v(7)]);
  });
});

test("programs are offered also where PATH holds a link to itself", async () => {
  using project = filled();
  symlinkSync("loop", project.root.join("loop"));
  project.root.write("looper", "");
  Bun.spawnSync(["chmod", "+x", project.root.join("looper")]);
  const { stdout, exitCode } = await runProcess([GODWIT, "complete", "--", "exec", "--", "loo"], {
    cwd: project.cwd,
    env: { PATH: `${project.cwd}:/nowhere` },
  });
  expect({ stdout, exitCode }).toEqual({ stdout: "looper\t\n:4\n", exitCode: 0 });
});

test("restore points of the database that is named, the newest first", async () => {
  using project = new CliProject();
  project.tables(1, 2);
  const made = ["20260214T120000Z", "20260214T120000Z-2", "20260301T080000Z"];
  for (const id of made) project.root.write(`other.db.godwit/${id}.db`, "");
  for (const line of [
    ["restore", "--db", "other.db", "2"],
    ["restore", "-u=other.db", ""],
    ["--db=other.db", "restore", ""],
  ])
    expect((await offered(project, ...line)).slice(0, 3)).toEqual(made.toReversed());
  expect(await offered(project, "restore", "2")).toEqual([]);
  project.root.write("godwit.toml", 'db = "other.db"\n');
  expect(await offered(project, "restore", "20260301")).toEqual(["20260301T080000Z"]);
  expect(await offered(project, "restore", "--yes", "--lock-timeout", "3", "20260301")).toEqual([
    "20260301T080000Z",
  ]);
});

test("commands are completed also where godwit.toml is wrong", async () => {
  using project = filled();
  project.root.write("godwit.toml", "bad = [");
  expect(await offered(project, "migr")).toEqual(["migrate"]);
  expect(await offered(project, "migrate", "--to", "")).toEqual([]);
});

test.each([
  [["complete"], "MISSING_ARGUMENT", "in bash: source <(godwit complete bash)"],
  [["complete", "--"], "MISSING_ARGUMENT", "in bash: source <(godwit complete bash)"],
  [["complete", "powershell"], "INVALID_VALUE", "in bash: source <(godwit complete bash)"],
  [["complete", "fisch"], "INVALID_VALUE", "did you mean fish?"],
])("%j is refused", async (args, code, hint) => {
  using project = new CliProject();
  const { stderr, exitCode } = await project.godwit(...args);
  expect(stderr).toStartWith(`error[${code}] complete `);
  expect(stderr).toEndWith(`hint: ${hint}\n`);
  expect(exitCode).toBe(2);
});

const SHELLS = [
  ["bash", ["--norc", "--noprofile", "-i"], "source <(godwit complete bash)"],
  ["zsh", ["-f", "-i"], "autoload -Uz compinit; compinit -u -D; source <(godwit complete zsh)"],
  ["fish", ["--no-config", "-i"], "godwit complete fish | source"],
] as const;

describe.each(SHELLS)("at a terminal, %s", (shell, args, load) => {
  const path = Bun.which(shell);

  test("completes commands, flags, versions and files", async () => {
    if (path === null) return console.log(`skipped: no ${shell} here`);
    using project = filled();
    mkdirSync(project.root.join("bin"));
    symlinkSync(GODWIT, project.root.join("bin/godwit"));
    const env = {
      PATH: `${project.root.join("bin")}:${process.env["PATH"]}`,
      HOME: project.cwd,
      PS1: "> ",
      TERM: "dumb",
    };
    using terminal = new Terminal(project.cwd, args, { program: path, env, columns: 200 });
    // Twice, as where a shell's own settings are read again.
    terminal.type(`${load}; ${load}; echo lo''aded\r`);
    await terminal.shows("loaded");
    terminal.type("echo godwit; godwit migr\t");
    await terminal.shows("godwit migrate ");
    terminal.type("--ste\t");
    await terminal.shows("--steps");
    terminal.type(` 1 --to=${v(1).slice(0, 13)}1\t`);
    await terminal.shows(`--to=${v(1)}`);
    terminal.type(" --db old\t");
    await terminal.shows("--db old.sqlite3");
    // What is typed is never run, as it would be by the script that the library gives for bash.
    terminal.type(" --table $(touch ran) --lo\t");
    await terminal.shows("--lock-timeout");
    expect(existsSync(project.root.join("ran"))).toBe(false);
    terminal.type("\u0015");
    terminal.type("godwit exec --db old.sqlite3 -- basenam\t");
    await terminal.shows("-- basename ");
    terminal.type("not\t");
    await terminal.shows("notes.txt");
    terminal.type("\u0015");
    terminal.type("godwit restore --db old.sqlite3 2026\t");
    await terminal.shows("20260214T120000Z");
  });
});
