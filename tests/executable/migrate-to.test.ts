import { expect, test } from "bun:test";
import { CliProject } from "../support/cli-project.ts";
import { v } from "../support/intent.ts";

test("migrate to where the database is says so, and nothing of what is pending", async () => {
  using project = new CliProject();
  project.tables(1, 2, 3);
  await project.migrate("--to", v(2));
  const again = await project.migrate("--to", v(2));
  expect(again).toEqual({
    stdout: `nothing to do in ${project.path}: it is at ${v(2)}\n`,
    stderr: "",
    exitCode: 0,
  });
  await project.migrate();
  expect((await project.migrate()).stdout).toBe(`nothing is pending in ${project.path}\n`);
});
