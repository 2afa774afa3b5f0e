import { describe, expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";

const RUNNER = fileURLToPath(import.meta.resolve("../support/run-manager.ts"));
const RUNNERS = 10;

interface Ended {
  readonly exitCode: number;
  readonly output: string;
}

async function runner(project: Project): Promise<Ended> {
  const child = Bun.spawn([process.execPath, RUNNER, project.path, project.folder], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const output = await child.stdout.text();
  return { exitCode: await child.exited, output: output.trim() };
}

describe.each(["no file yet", "DELETE", "WAL"])("ten runners at once, journal mode: %s", (mode) => {
  test("each end with 0, and each migration happens once", async () => {
    using project = new Project();
    if (mode !== "no file yet") project.exec(`PRAGMA journal_mode = ${mode}`);
    const numbers = [1, 2, 3, 4, 5, 6];
    project.sql(1, "CREATE TABLE counter (n INTEGER);\nINSERT INTO counter VALUES (0);");
    for (const n of numbers.slice(1, 5)) project.sql(n, "UPDATE counter SET n = n + 1;");
    project.write(6, "export async function up(db) { db.run('UPDATE counter SET n = n + 1'); }", "ts");
    const ended = await Promise.all(Array.from({ length: RUNNERS }, () => runner(project)));
    expect(ended.filter(({ exitCode }) => exitCode !== 0)).toEqual([]);
    const applied = ended.flatMap(({ output }) => output.split(" ").filter((version) => version !== ""));
    expect(applied.toSorted()).toEqual(numbers.map(v));
    expect(project.applied()).toEqual(numbers);
    expect(project.column("SELECT n FROM counter")).toEqual([5]);
  });
});
