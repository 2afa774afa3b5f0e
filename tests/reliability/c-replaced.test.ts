import { expect, test } from "bun:test";
import { copyFileSync, existsSync, renameSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { digestOf } from "../support/digest.ts";
import { errorIn } from "../support/expect-refused.ts";
import { expectWhole, populate } from "../support/expect-whole.ts";
import { GODWIT, runProcess, startProcess } from "../support/run-godwit.ts";
import { JOURNAL_MODES } from "./journal-modes.ts";

/** What somebody does to the file while the first of two migrations runs. */
const REPLACEMENTS: Readonly<Record<string, string>> = {
  "moved away": 'renameSync("app.db", "moved.db");',
  "moved, and another put in its place":
    'renameSync("app.db", "moved.db"); copyFileSync("other.db", "app.db");',
  "overwritten by a rename": 'renameSync("app.db", "moved.db"); renameSync("other.db", "app.db");',
};

for (const mode of JOURNAL_MODES) {
  test.each(Object.keys(REPLACEMENTS))(
    `C33: a database that is %s while a run goes on is told (${mode})`,
    async (what) => {
      using project = new CliProject();
      populate(project, mode, 2);
      copyFileSync(project.path, project.root.join("other.db"));
      const before = digestOf(project.root.join("other.db"));
      const action = `import { copyFileSync, renameSync } from "node:fs";
      export async function up(db) { db.run("CREATE TABLE t1 (id)"); ${REPLACEMENTS[what]} await Bun.sleep(1); db.run("CREATE TABLE more (id)"); }`;
      project.remove(1);
      project.write(1, action, "ts");
      const ended = await project.migrate("--json");
      expect(ended.exitCode).toBe(4);
      expect(errorIn(ended)).toMatchObject({ code: "DATABASE_REPLACED", hint: expect.any(String) });
      if (existsSync(project.path)) expect(digestOf(project.path)).toBe(before);
      // The journal kept its name, so the old file is brought together with it again before anybody looks.
      renameSync(project.root.join("moved.db"), project.path);
      expect(expectWhole(project)).toBe(0);
    },
  );

  test(`C33: a database that is deleted while a run goes on is told (${mode})`, async () => {
    using project = new CliProject();
    populate(project, mode, 2);
    project.remove(1);
    project.write(
      1,
      'import { rmSync } from "node:fs"; export async function up(db) { rmSync("app.db"); await Bun.sleep(1); db.run("CREATE TABLE t1 (id)"); }',
      "ts",
    );
    const ended = await project.migrate("--json");
    expect(ended.exitCode).toBe(4);
    expect(errorIn(ended)).toMatchObject({ code: "DATABASE_REPLACED" });
    expect(project.exists()).toBe(false);
  });
}

test("C33: and so where another process moves it", async () => {
  using project = new CliProject();
  populate(project, "delete", 2);
  project.remove(1);
  project.write(
    1,
    'import { existsSync } from "node:fs"; export async function up(db, { log }) { db.run("CREATE TABLE t1 (id)"); log("begun"); while (!existsSync("go")) await Bun.sleep(5); }',
    "ts",
  );
  const child = startProcess([GODWIT, "migrate", "--db", "app.db"], { cwd: project.cwd });
  let stderr = "";
  for await (const chunk of child.stderr) {
    stderr += new TextDecoder().decode(chunk);
    if (!stderr.includes("begun") || existsSync(project.root.join("go"))) continue;
    await runProcess(
      ["sh", "-c", "cp app.db other.db && mv app.db moved.db && mv other.db app.db && touch go"],
      {
        cwd: project.cwd,
      },
    );
  }
  expect(await child.exited).toBe(4);
  expect(stderr).toContain("error[DATABASE_REPLACED] ");
  expect(stderr).toContain("\n  hint: ");
  expect(expectWhole(project)).toBe(0);
});
