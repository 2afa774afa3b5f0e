import { expect, test } from "bun:test";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { KEYS, Terminal } from "../support/terminal.ts";

/** A project whose newest migration has a `down` of code. */
async function applied(down: string): Promise<CliProject> {
  const project = new CliProject();
  project.tables(1);
  project.write(2, `export function up() {}\nexport async function down(db, { log }) { ${down} }`, "ts");
  await project.migrate();
  return project;
}

test("no listener of a question is left behind, for signals or keys", async () => {
  using project = await applied(
    `const signals = ["SIGINT", "SIGTERM", "SIGHUP"].filter((name) => process.listenerCount(name) > 0);
     log("left: " + [...signals, process.stdin.listenerCount("keypress"), process.stdin.isRaw].join());`,
  );
  using terminal = new Terminal(project.cwd, ["rollback", "--db", "app.db"]);
  await terminal.shows("Undo 1 migration");
  terminal.type("y");
  expect(await terminal.exitCode()).toBe(0);
  expect(terminal.lines).toContain(`${v(2)}: left: 0,false`);
});

test("Ctrl-C after a question ends the process by its signal, and nothing is committed", async () => {
  using project = await applied(`db.run("DROP TABLE t1"); log("dropped"); await Bun.sleep(20_000);`);
  using terminal = new Terminal(project.cwd, ["rollback", "--db", "app.db"]);
  await terminal.shows("Undo 1 migration");
  terminal.type("y");
  await terminal.shows("dropped");
  terminal.type(KEYS.cancel);
  await expect(terminal.exitCode()).rejects.toThrow("SIGINT");
  expect(project.applied()).toEqual([1, 2]);
  expect(project.tableNames()).toEqual(["t1"]);
});

test("code that waits for ever is told of after a question too", async () => {
  using project = await applied("await new Promise(() => {});");
  using terminal = new Terminal(project.cwd, ["rollback", "--db", "app.db"]);
  await terminal.shows("Undo 1 migration");
  terminal.type("y");
  expect(await terminal.exitCode()).toBe(4);
  expect(terminal.lines.join("\n")).toContain(`${v(2)} waits for what never happens`);
});
