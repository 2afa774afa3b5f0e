import { describe, expect, test } from "bun:test";
import { GodwitError } from "../../src/base/failure.ts";
import { previewPlan, runPlan } from "../../src/engine/run-plan.ts";
import type { CodeGuard } from "../../src/engine/work.ts";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { pastHandle } from "../support/past-handle.ts";
import { Project } from "../support/project.ts";

describe("a preview", () => {
  test("shows the steps, without a database and without running code", async () => {
    using project = new Project();
    project.tables(1);
    project.write(2, "throw new Error('imported');", "ts");
    const steps = await previewPlan(project.subject(), { kind: "migrate" });
    expect(steps.map(({ direction, migration }) => [direction, migration.version])).toEqual([
      ["up", v(1)],
      ["up", v(2)],
    ]);
    expect(project.exists()).toBe(false);
  });

  test("reads the history, and changes nothing", async () => {
    using project = new Project();
    project.tables(1, 2);
    await project.run();
    const before = await Bun.file(project.path).bytes();
    const steps = await previewPlan(project.subject(), { kind: "rollback", all: true });
    expect(steps.map(({ migration }) => migration.version)).toEqual([v(2), v(1)]);
    expect(await Bun.file(project.path).bytes()).toEqual(before);
  });

  test("is refused as the run would be; a rollback minds only the files that it needs", async () => {
    using project = new Project();
    project.tables(1);
    await project.run();
    project.write(2, "-- up\nSELECT 'open");
    expect((await failureOf(previewPlan(project.subject(), { kind: "migrate" }))).code).toBe(
      "SQL_UNTERMINATED",
    );
    expect(await previewPlan(project.subject(), { kind: "rollback" })).toHaveLength(1);
  });
});

describe("the guard around code", () => {
  function guarded(project: Project, guard: CodeGuard) {
    const subject = project.subject();
    return runPlan({ ...subject, settings: { ...subject.settings, guard } }, { plan: { kind: "migrate" } });
  }

  test("stands around the import, up and verify", async () => {
    using project = new Project();
    project.write(1, "export function up() {}\nexport function verify() {}", "ts");
    let calls = 0;
    await guarded(project, (run) => {
      calls++;
      return run();
    });
    expect(calls).toBe(3);
    expect(project.applied()).toEqual([1]);
  });

  test.each([1, 2])("that refuses at its call %i is given the file as the place", async (call) => {
    using project = new Project();
    const file = project.write(1, "export function up() {}", "ts");
    let calls = 0;
    const failure = await failureOf(
      guarded(project, (run) => {
        calls++;
        if (calls === call) throw new GodwitError("CODE_INVALID", "the code ends the process");
        return run();
      }),
    );
    expect(failure).toMatchObject({ code: "CODE_INVALID", message: "the code ends the process" });
    expect(failure.location).toMatchObject({ file, line: call === 1 ? null : 1 });
    expect(failure.exitCode).toBe(call === 1 ? 3 : 4);
  });

  test("leaves a place alone that is there", async () => {
    using project = new Project();
    project.write(1, "export function up() {}", "ts");
    const location = { file: "elsewhere.ts", line: 3, column: 1 };
    for (const call of [1, 2]) {
      let calls = 0;
      const failure = await failureOf(
        guarded(project, (run) => {
          calls++;
          if (calls === call) throw new GodwitError("CODE_INVALID", "no", { location });
          return run();
        }),
      );
      expect(failure.location).toEqual(location);
    }
  });
});

describe("code that closes the connection", () => {
  test("fails, and leaves nothing of its transaction", async () => {
    using project = new Project();
    project.tables(1);
    const file = project.write(2, pastHandle("real.run('CREATE TABLE c (id)'); real.close();"), "ts");
    const failure = await failureOf(project.run());
    expect(failure).toMatchObject({
      code: "TRANSACTION_LOST",
      exitCode: 4,
      outcome: "rolled_back",
      state: "rolled back: the history cannot be read now (1 earlier migration of this run is undone again)",
    });
    expect(failure.location?.file).toBe(file);
    expect(project.tableNames()).toEqual([]);
    expect(project.told("migration-applied")).toEqual([]);
    project.remove(2, "ts");
    await project.run();
    expect(project.applied()).toEqual([1]);
  });
});
