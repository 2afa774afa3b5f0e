import { describe, expect, test } from "bun:test";
import { CarriedSource } from "../../src/migrations/carried-source.ts";
import { FolderSource } from "../../src/migrations/folder-source.ts";
import { descriptionOf } from "../../src/migrations/migration.ts";
import { failureOf } from "../support/failures.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";

const UP = { up: () => {} };

describe("carried migrations", () => {
  test("are read as those of a folder are, whatever the line ends and the order", () => {
    using project = new Project();
    const sql = "-- Description: One\n-- up\nCREATE TABLE a (id);\n-- down\nDROP TABLE a;\n";
    const code = "// Requires: 20260101000001\nexport function up() {}\n";
    project.write(1, sql);
    project.write(2, code, "ts");
    const folder = new FolderSource(project.folder);
    const carried = new CarriedSource("migrations", [
      { file: `${v(2)}_step_2.ts`, text: code, load: async () => UP },
      { file: `${v(1)}_step_1.sql`, text: `\ufeff${sql.replaceAll("\n", "\r\n")}` },
    ]);
    const told = (source: FolderSource | CarriedSource) =>
      source.list().map((file) => {
        const migration = source.read(file);
        const { version, checksum, requires, body } = migration;
        return { version, description: descriptionOf(migration), checksum, requires, kind: body.kind };
      });
    expect(told(carried)).toEqual(told(folder));
  });

  test("are named by the folder that they come from", () => {
    const source = new CarriedSource("db/steps", [{ file: `${v(1)}_a.sql`, text: "SELECT 'open" }]);
    const { body, file } = source.read(source.list()[0]!);
    expect(file).toBe(`db/steps/${v(1)}_a.sql`);
    expect(body).toMatchObject({
      kind: "broken",
      failure: { code: "SQL_UNTERMINATED", location: { file, line: 1 } },
    });
  });

  test.each([
    ["MIGRATION_NAME_INVALID", ["2026_a.sql"]],
    ["VERSION_DUPLICATE", [`${v(1)}_a.sql`, `${v(1)}_b.sql`]],
  ])("are refused: %s", (code, files) => {
    const carried = files.map((file) => ({ file, text: "SELECT 1;" }));
    expect(() => new CarriedSource("migrations", carried)).toThrow(expect.objectContaining({ code }));
  });

  test.each([
    ["exports no up", async () => ({ down: () => {} }), 'the file exports no function "up"'],
    ["throws", () => Promise.reject(new Error("no database yet")), "no database yet"],
  ])("code that %s is refused with its file", async (_, load, message) => {
    const file = `${v(1)}_a.ts`;
    const source = new CarriedSource("migrations", [{ file, text: "export {}", load }]);
    const failure = await failureOf(source.load(source.read(source.list()[0]!)));
    expect(failure).toMatchObject({
      code: "CODE_INVALID",
      message,
      location: { file: `migrations/${file}` },
    });
  });
});
