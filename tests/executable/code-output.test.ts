import { expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { documentOf } from "../support/run-godwit.ts";

/** Calls every method of console, with and without something to show. */
const EVERY_METHOD = `for (const [name, method] of Object.entries(console))
  if (typeof method === "function" && name !== "Console") { method.call(console, "said"); method.call(console); }`;

test("no method of console reaches stdout, the inspector's included", async () => {
  using project = new CliProject();
  project.write(
    1,
    `${EVERY_METHOD}\nexport function up(db) { ${EVERY_METHOD} db.run("CREATE TABLE t (id)"); }`,
    "ts",
  );
  const ended = await project.migrate("--json");
  expect(documentOf(ended)).toMatchObject({ applied: [{}] });
  expect(ended.exitCode).toBe(0);
});

test("console.write tells how many bytes it wrote", async () => {
  using project = new CliProject();
  project.write(
    1,
    `export function up(db) { db.run("CREATE TABLE t (n)"); db.run("INSERT INTO t VALUES (?)", [console.write("ä", "b")]); }`,
    "ts",
  );
  await project.migrate();
  expect(project.column("SELECT n FROM t")).toEqual([3]);
});

test("what is written to the streams goes to stderr after code that knows of neither, and from a helper", async () => {
  using project = new CliProject();
  project.write(1, 'export function up(db) { db.run("CREATE TABLE t (id)"); console.log("plain"); }', "ts");
  project.write(
    2,
    'export function up() { process.stdout.write("direct\\n"); process.stderr.write("other\\n"); }',
    "ts",
  );
  project.write(3, 'import { say } from "./helper.ts";\nexport function up() { say("helped\\n"); }', "ts");
  writeFileSync(
    `${project.folder}/helper.ts`,
    "export const say = (text: string) => process.stdout.write(text);\n",
  );
  const ended = await project.migrate("--json");
  expect(documentOf(ended)).toMatchObject({ applied: [{}, {}, {}] });
  expect(ended.stderr).toBe("plain\ndirect\nother\nhelped\n");
});

const PRINTING = `export async function up(db) {
  db.run("CREATE TABLE t (id)");
  for (let line = 0; line < 3000; line++) {
    console.error("a line of some length, " + line);
    process.stderr.write("another\\n");
    process.stdout.write("a third\\n");
  }
  process.stderr.end("ended\\n");
  await Bun.sleep(20);
}`;

test("a reader that has had enough fails no migration", async () => {
  using project = new CliProject();
  project.write(1, PRINTING, "ts");
  const line = '("$GODWIT" migrate --db app.db 2>&1 >/dev/null; echo $? > code) | head -1; cat code';
  const { stdout } = await project.shell(line);
  expect(stdout).toBe("a line of some length, 0\n0\n");
  expect(project.applied()).toEqual([1]);
});

test.skipIf(!existsSync("/dev/full"))("nor does a full disk", async () => {
  using project = new CliProject();
  project.write(1, PRINTING, "ts");
  const { exitCode } = await project.shell('"$GODWIT" migrate --db app.db 2>/dev/full');
  expect(exitCode).toBe(0);
  expect(project.applied()).toEqual([1]);
});

test
  .skipIf(!existsSync("/dev/full"))
  .each([
    'console.timeEnd("unknown");',
    'console.countReset("unknown");',
    "setTimeout(() => {}, 1e12).unref();",
  ])("a warning that nobody can read fails none either: %s", async (statement) => {
  using project = new CliProject();
  project.write(1, `export function up(db) { db.run("CREATE TABLE t (id)"); ${statement} }`, "ts");
  const { exitCode, stdout } = await project.shell('"$GODWIT" migrate --db app.db --json 2>/dev/full');
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ applied: [{}] });
});

test("a warning goes to stderr", async () => {
  using project = new CliProject();
  project.write(
    1,
    'export function up(db) { db.run("CREATE TABLE t (id)"); console.timeEnd("copy"); }',
    "ts",
  );
  const ended = await project.migrate("--json");
  expect(documentOf(ended)).toMatchObject({ applied: [{}] });
  expect(ended.stderr).toContain("No such label 'copy'");
});
