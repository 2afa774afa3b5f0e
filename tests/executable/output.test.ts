import { describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../package.json";
import { COMMANDS } from "../../src/cli/command-tree.ts";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";

describe("help", () => {
  test("of godwit itself, also where no command is given", async () => {
    using project = new CliProject();
    const { stdout, stderr, exitCode } = await project.godwit("--help");
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout).toMatchSnapshot();
    const none = await project.godwit();
    expect(none).toMatchObject({ stdout: "", exitCode: 2 });
    expect(none.stderr).toStartWith(stdout);
    expect(none.stderr).toContain("\nerror[MISSING_ARGUMENT] no command was given\n");
  });

  test.each(COMMANDS.map(({ name }) => name))("of %s", async (name) => {
    using project = new CliProject();
    const { stdout, stderr, exitCode } = await project.godwit(name, "--help");
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout).toMatchSnapshot();
    expect(await project.godwit("-h", name)).toEqual({ stdout, stderr, exitCode });
  });

  test("of another name is the command's own, and nothing is run", async () => {
    using project = new CliProject();
    project.tables(1);
    const { stdout } = await project.godwit("up", "--help", "--db", "app.db");
    expect(stdout).toStartWith("apply what is pending (godwit migrate)\n");
    expect(project.exists()).toBe(false);
  });
});

describe("the version", () => {
  test("names godwit, Bun and SQLite", async () => {
    using project = new CliProject();
    const { stdout, exitCode } = await project.godwit("--version");
    expect(exitCode).toBe(0);
    expect(stdout.replace(/\d+\.\d+\.\d+/g, "<number>")).toBe(
      "godwit <number> (Bun <number>, SQLite <number>)\n",
    );
    expect(stdout).toStartWith(`godwit ${version} (Bun ${Bun.version}, `);
  });

  test("goes where other output stands", async () => {
    using project = new CliProject();
    await project.shell('{ echo one; "$GODWIT" --version; echo two; } > all; "$GODWIT" --version >> all');
    const { stdout } = await project.shell("cat all");
    expect(stdout.replace(/\(.*\)/g, "(…)")).toBe(`one\ngodwit ${version} (…)\ntwo\ngodwit ${version} (…)\n`);
  });
});

describe("--quiet", () => {
  test("says nothing of what went well", async () => {
    using project = new CliProject();
    project.tables(1, 2);
    const commands = [
      ["migrate"],
      ["migrate"],
      ["redo"],
      ["rollback"],
      ["mark", v(2), "--applied"],
      ["bundle", "-o", "app-migrate"],
      ["embed", "-o", "embedded.ts"],
    ];
    for (const args of commands) {
      const ended = await project.godwit(...args, "--quiet", "--db", "app.db");
      expect({ args, ...ended }).toEqual({ args, stdout: "", stderr: "", exitCode: 0 });
    }
  });

  test("keeps errors, and what was asked for", async () => {
    using project = new CliProject();
    project.sql(1, "SELECT nope;");
    const failed = await project.migrate("--quiet");
    expect(failed).toMatchObject({ stdout: "", exitCode: 4 });
    expect(failed.stderr).toStartWith("error[MIGRATION_FAILED] ");
    expect((await project.status("--quiet")).stdout).toContain(v(1));
    expect((await project.godwit("create", "x", "--quiet")).stdout).toEndWith("_x.sql\n");
    expect((await project.godwit("embed", "-o", "x.ts", "--check", "--quiet")).stdout).toStartWith(
      "x.ts is stale",
    );
  });
});

describe("a reader that has had enough", () => {
  test("of text is no failure", async () => {
    using project = new CliProject();
    manyMigrations(project, 3000);
    const script = '{ "$GODWIT" status --db app.db; echo "exit $?" >&2; } | head -n 1';
    const { stdout, stderr } = await project.shell(script);
    expect({ stdout, stderr }).toEqual({
      stdout: `database    ${project.path} (not there yet)\n`,
      stderr: "exit 0\n",
    });
  });

  test("of a document is one: half of it is no JSON", async () => {
    using project = new CliProject();
    manyMigrations(project, 3000);
    const script = '{ "$GODWIT" status --db app.db --json; echo "exit $?" >&2; } | head -c 10';
    const { stderr } = await project.shell(script);
    expect(stderr).toEndWith("exit 4\n");
  });
});

describe("an output that cannot be written", () => {
  test.skipIf(!existsSync("/dev/full"))("is a failure, and what was done stays done", async () => {
    using project = new CliProject();
    project.tables(1);
    const { stderr, exitCode } = await project.shell('"$GODWIT" migrate --db app.db > /dev/full');
    expect(exitCode).toBe(4);
    expect(stderr).toStartWith("error[OUTPUT_FAILED] the output could not be written: ENOSPC");
    expect(stderr).toContain("\n  the command itself was carried out\n");
    expect(project.applied()).toEqual([1]);
    for (const args of ["status --db app.db --json", "--help", "--version", "create x"]) {
      expect({ args, ...(await project.shell(`"$GODWIT" ${args} > /dev/full`)) }).toMatchObject({
        exitCode: 4,
      });
    }
  });

  test.skipIf(!existsSync("/dev/full"))("on stderr hides no exit code", async () => {
    using project = new CliProject();
    expect((await project.shell('"$GODWIT" nope 2> /dev/full')).exitCode).toBe(2);
    expect((await project.shell('"$GODWIT" nope > /dev/full 2>&1')).exitCode).toBe(2);
  });

  test("because it is closed never lands in the database", async () => {
    using project = new CliProject();
    project.tables(1, 2);
    await project.shell('"$GODWIT" migrate --db app.db --steps 1 >&- 2>&- <&-');
    await project.shell('"$GODWIT" migrate --db app.db --json >&-');
    expect(project.column("PRAGMA integrity_check")).toEqual(["ok"]);
    expect(project.applied()).toEqual([1, 2]);
  });
});

describe("colours", () => {
  test("are never written to a pipe", async () => {
    using project = new CliProject();
    project.tables(1);
    for (const args of ["status --db app.db", "--help", "nope"]) {
      const { stdout, stderr } = await project.shell(`unset NO_COLOR; TERM=xterm-256color "$GODWIT" ${args}`);
      expect(stdout + stderr).not.toContain("\u001b");
    }
  });
});

/** More than a pipe holds. */
function manyMigrations(project: CliProject, count: number): void {
  for (let index = 0; index < count; index++) {
    const version = String(20260101000000 + index);
    writeFileSync(
      join(project.folder, `${version}_a_rather_long_name_for_a_file.sql`),
      "CREATE TABLE t (id);",
    );
  }
}
