import { expect, test } from "bun:test";
import { mkdirSync, renameSync, symlinkSync } from "node:fs";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";
import { documentOf } from "../support/run-godwit.ts";

const CODE = `import { name } from "./lib/name.ts";
export function up(db) {
  db.run("CREATE TABLE " + name + " (id)");
}`;

/** A project whose migration in code lies in `releases/42/migrations`. */
function released(code = CODE): CliProject {
  const project = new CliProject();
  project.write(1, code, "ts");
  project.root.write("migrations/lib/name.ts", 'export const name = "t";');
  mkdirSync(project.root.join("releases/42"), { recursive: true });
  renameSync(project.folder, project.root.join("releases/42/migrations"));
  return project;
}

test.each([
  { name: "a link to the folder", link: "mlink", target: "releases/42/migrations", dir: "mlink" },
  { name: "a link above the folder", link: "current", target: "releases/42", dir: "current/migrations" },
])("code runs behind $name", async ({ link, target, dir }) => {
  using project = released();
  symlinkSync(target, project.root.join(link));
  const { stderr, exitCode } = await project.migrate("--dir", dir);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  expect(project.tableNames()).toEqual(["t"]);
});

test("code that is a link runs where it leads, with what lies there", async () => {
  using project = released();
  project.root.write("other/lib/name.ts", 'export const name = "other";');
  symlinkSync(`../releases/42/migrations/${v(1)}_step_1.ts`, project.root.join(`other/${v(3)}_c.ts`));
  const { stderr, exitCode } = await project.migrate("--dir", "other");
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  expect(project.tableNames()).toEqual(["t"]);
});

test.each([
  {
    name: "at run time",
    code: 'export function up() {\n  throw new Error("boom");\n}',
    message: "boom",
    line: 2,
  },
  {
    name: "that does not parse",
    code: "\nconst = 1;",
    message: 'Expected identifier but found "="',
    line: 2,
  },
  {
    name: "that imports what is not there",
    code: '\n\nimport "./nowhere.ts";\nexport function up() {}',
    message: `Cannot find module './nowhere.ts' imported from other/${v(3)}_c.ts`,
    line: 3,
  },
])("a failure names the link, with the line in the file: $name", async ({ code, message, line }) => {
  using project = released(code);
  mkdirSync(project.root.join("other"));
  symlinkSync(`../releases/42/migrations/${v(1)}_step_1.ts`, project.root.join(`other/${v(3)}_c.ts`));
  const ended = await project.migrate("--dir", "other", "--json");
  expect(documentOf(ended)).toMatchObject({
    error: { message, location: { file: `other/${v(3)}_c.ts`, line } },
  });
});
