import { expect } from "bun:test";
import type { CliProject } from "./cli-project.ts";

/** A package in a folder, with a main module. */
export function writePackage(project: CliProject, folder: string, code: string): void {
  project.root.write(`${folder}/package.json`, '{ "main": "main.js" }');
  project.root.write(`${folder}/main.js`, code);
}

/** SQL, and TypeScript that imports a package, a helper that two share, JSON and text. */
export function fillToBundle(project: CliProject): void {
  project.root.write(
    "migrations/node_modules/slugs/package.json",
    '{ "name": "slugs", "version": "1.0.0", "main": "main.cjs" }',
  );
  project.root.write(
    "migrations/node_modules/slugs/main.cjs",
    "exports.slug = (text) => text.toLowerCase();\n",
  );
  project.root.write("migrations/lib/count.ts", "export const count: { n: number } = { n: 0 };\n");
  project.root.write("migrations/data/values.json", '{ "values": ["json"] }');
  project.root.write("migrations/data/value.txt", "text");
  project.write(
    1,
    "-- up\nCREATE TABLE notes (text TEXT); -- plain text\n-- down\nDROP TABLE notes;\n",
    "sql",
  );
  project.write(
    2,
    `/** Description: Fill the notes */
import type { Database } from "bun:sqlite";
import { slug } from "slugs";
import { count } from "./lib/count.ts";
import data from "./data/values.json";
import text from "./data/value.txt" with { type: "text" };
export function up(db: Database): void {
  count.n++;
  for (const value of [slug("PACKAGE"), ...data.values, text]) db.run("INSERT INTO notes VALUES (?)", [value]);
}
export function down(db: Database): void {
  db.run("DELETE FROM notes");
}
`,
    "ts",
  );
  project.write(
    3,
    `import { count } from "./lib/count.ts";
export default { up(db: any) { db.run("INSERT INTO notes VALUES (?)", [\`\${++count.n} \${process.env.NODE_ENV}\`]); } };
`,
    "ts",
  );
}

/** Makes a bundle that nothing has to be said of. */
export async function bundle(folder: CliProject, ...args: readonly string[]): Promise<void> {
  const { stderr, exitCode } = await folder.godwit("bundle", ...args);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
}
