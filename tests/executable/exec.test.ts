import { describe, expect, test } from "bun:test";
import { chmodSync, realpathSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { documentOf, GODWIT, runProcess, startProcess } from "../support/run-godwit.ts";

const EXEC = ["exec", "--db", "app.db", "--"];

function ready(): CliProject {
  const project = new CliProject();
  project.tables(1);
  return project;
}

describe("exec migrates, then is the program,", () => {
  test.each([
    ["exit 0", 0],
    ["exit 3", 3],
  ])("with its exit code: %s", async (line, code) => {
    using project = ready();
    const { exitCode } = await project.godwit(...EXEC, "sh", "-c", line);
    expect(exitCode).toBe(code);
    expect(project.applied()).toEqual([1]);
  });

  test("with its end by a signal, which a shell calls 137", async () => {
    using project = ready();
    const { stdout } = await project.shell(`"$GODWIT" ${EXEC.join(" ")} sh -c 'kill -9 $$' 2> log; echo $?`);
    expect(stdout).toBe("137\n");
  });

  test("in the same process, with stdin and its arguments as they are", async () => {
    using project = ready();
    const line = `echo $$; printf 'a\\0b' | exec "$GODWIT" ${EXEC.join(" ")} sh -c 'od -An -c; echo "$@"' x --json -- "two words" 2> log`;
    const { stdout } = await project.shell(line);
    expect(stdout.split("\n").slice(1)).toEqual(["   a  \\0   b", "--json -- two words", ""]);
    const numbers = await project.shell(
      `sh -c 'echo $$; exec "$GODWIT" ${EXEC.join(" ")} sh -c "echo \\$\\$"' 2> log`,
    );
    const [before, after] = numbers.stdout.split("\n");
    expect(after).toBe(before);
  });

  test("which is sent SIGTERM", async () => {
    using project = ready();
    const line = "trap 'echo stopping; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
    const child = startProcess([GODWIT, ...EXEC, "sh", "-c", line], { cwd: project.cwd });
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).toBe("ready\n");
    child.kill("SIGTERM");
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("stopping\n");
    expect(await child.exited).toBe(0);
  });

  test("which has stdout to itself; what godwit says is on stderr", async () => {
    using project = ready();
    const { stdout, stderr } = await project.godwit(...EXEC, "echo", "served");
    expect(stdout).toBe("served\n");
    expect(stderr).toContain("1 migration applied in ");
    const quiet = await project.godwit("exec", "--quiet", "--db", "app.db", "--", "echo", "served");
    expect(quiet).toEqual({ stdout: "served\n", stderr: "", exitCode: 0 });
  });

  test("after its one document, where that was asked for", async () => {
    using project = ready();
    const { stdout } = await project.godwit("exec", "--json", "--db", "app.db", "--", "echo", "served");
    const [document, served] = stdout.split("\n");
    expect(served).toBe("served");
    expect(documentOf({ stdout: `${document}\n`, stderr: "", exitCode: 0 })).toMatchObject({
      created: true,
      applied: [{}],
    });
  });

  test("with the signals, the limit of open files and the open files that godwit found", async () => {
    using project = ready();
    const program =
      "ulimit -Sn; ulimit -Hn; grep SigIgn /proc/self/status; ls /proc/self/fd | wc -l; { yes; echo code $? >&2; } | head -1";
    const both = `ulimit -Sn 333; sh -c '${program}'; "$GODWIT" exec --quiet --db app.db -- sh -c '${program}'; true`;
    const { stdout, stderr } = await project.shell(both);
    const lines = stdout.trim().split("\n");
    expect(lines.slice(lines.length / 2)).toEqual(lines.slice(0, lines.length / 2));
    expect(lines[0]).toBe("333");
    expect(stderr.match(/code \d+/g)).toEqual(["code 141", "code 141"]);
  });

  test("with what else was open, but for the runtime's own", async () => {
    using project = ready();
    project.root.write("given", "from a descriptor\n");
    const program = "cat <&7; readlink /proc/self/fd/7";
    const line = `exec 7< given; "$GODWIT" exec --quiet --db app.db -- sh -c '${program}'`;
    const { stdout } = await project.shell(line);
    expect(stdout).toBe(`from a descriptor\n${realpathSync(project.root.join("given"))}\n`);
  });

  test("with the mask of new files from before any code ran", async () => {
    using project = new CliProject();
    const code = "process.umask(0o777); process.chdir = () => { throw new Error(); };";
    project.write(1, `export function up() { ${code} }`, "ts");
    const { stdout } = await project.shell(`umask 027; "$GODWIT" ${EXEC.join(" ")} sh -c umask 2> log`);
    expect(stdout).toBe("0027\n");
  });

  test("with arguments and variables that are no UTF-8", async () => {
    using project = ready();
    const bytes = "$(printf 'a\\377b')";
    const line = `BAD="${bytes}" "$GODWIT" ${EXEC.join(" ")} sh -c 'printf "%s|%s" "$1" "$BAD" | od -An -tx1' x "${bytes}" 2> log`;
    expect((await project.shell(line)).stdout.trim()).toBe("61 ff 62 7c 61 ff 62");
  });

  test("but is no other than the one that was named", async () => {
    using project = ready();
    const other = process.arch === "x64" ? 0xb7 : 0x3e;
    const elf = Buffer.alloc(64);
    elf.write("\u007fELF\u0002\u0001\u0001", "latin1");
    elf.writeUInt16LE(2, 16);
    elf.writeUInt16LE(other, 18);
    chmodSync(project.root.write("foreign", elf), 0o755);
    const { stdout, stderr } = await project.godwit(...EXEC, "./foreign");
    expect(stdout).toBe("");
    expect(stderr).toContain("error[COMMAND_NOT_FOUND] ./foreign cannot be run: the system answers ENOEXEC");
    expect(stderr).toContain("the database is migrated");
    chmodSync(project.root.write("windows", "#!/bin/sh\r\necho ran\r\n"), 0o755);
    expect((await project.godwit(...EXEC, "./windows")).stderr).toContain("which cannot be run");
  });

  test("which may be a script without a first line", async () => {
    using project = ready();
    chmodSync(project.root.write("serve", 'echo "$0 $1"\n'), 0o755);
    const { stdout } = await project.godwit(...EXEC, "./serve", "one");
    expect(stdout).toEndWith("/serve one\n");
  });

  test("with the folder and the environment from before any code ran", async () => {
    using project = new CliProject();
    project.write(1, 'export function up() { process.chdir("/"); process.env.HOUSE = "code"; }', "ts");
    const ended = await runProcess([GODWIT, ...EXEC, "sh", "-c", 'pwd -P; echo "$HOUSE"'], {
      cwd: project.cwd,
      env: { HOUSE: "own" },
    });
    expect(ended.stdout).toEndWith("\nown\n");
    expect(ended.stdout).toStartWith("/");
    expect(ended.stdout.split("\n")[0]).not.toBe("/");
  });
});

describe("exec starts nothing", () => {
  test("where a migration fails", async () => {
    using project = ready();
    project.sql(2, "INSERT INTO nowhere VALUES (1);");
    const { stdout, stderr, exitCode } = await project.godwit(...EXEC, "echo", "served");
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 4 });
    expect(stderr).toContain("error[MIGRATION_FAILED] no such table: nowhere");
    expect(project.applied()).toEqual([1]);
  });

  test("where code tries to become another program itself", async () => {
    using project = ready();
    project.write(2, 'export function up() { process.execve("/bin/echo", ["echo", "taken"]); }', "ts");
    const { stdout, exitCode } = await project.godwit(...EXEC, "echo", "served");
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 4 });
  });

  test.each([
    [["exec", "--db", "app.db"], "MISSING_ARGUMENT"],
    [["exec", "--db", "app.db", "--"], "MISSING_ARGUMENT"],
    [["exec", "--db", "app.db", "server"], "UNEXPECTED_ARGUMENT"],
    [["exec", "--db", "app.db", "--", "./nowhere"], "COMMAND_NOT_FOUND"],
    [["exec", "--db", "app.db", "--", "./migrations"], "COMMAND_NOT_FOUND"],
    [["exec", "--db", "app.db", "--", "./odd"], "COMMAND_NOT_FOUND"],
    [["exec", "--must-exist", "--db", "app.db", "--", "echo"], "DATABASE_NOT_FOUND"],
  ])("for %j, and makes no database", async (args, code) => {
    using project = ready();
    chmodSync(project.root.write("odd", "#!/nowhere/interpreter\n"), 0o755);
    const { stdout, stderr, exitCode } = await project.godwit(...args);
    expect(stderr).toContain(`error[${code}] `);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: code === "DATABASE_NOT_FOUND" ? 4 : 2 });
    expect(project.exists()).toBe(false);
  });
});
