import { describe, expect, test } from "bun:test";
import { digestOf } from "../support/digest.ts";
import { v } from "../support/intent.ts";
import { documentOf } from "../support/run-godwit.ts";
import { HAS_STRACE } from "../support/strace.ts";
import { JOURNAL_MODES, SOUND, soundness, standing } from "./journal-modes.ts";

/** Functions that reach outside of the database, wherever a schema can hold an expression. */
const HOSTILE = `
  CREATE VIEW evil_view AS SELECT load_extension('./evil') AS a, writefile('intruded', 'x') AS b, readfile('/etc/passwd') AS c;
  CREATE TRIGGER evil_trigger AFTER INSERT ON kept BEGIN SELECT load_extension('./evil'), writefile('intruded', 'x'); END;
  CREATE TRIGGER evil_deletes AFTER DELETE ON kept BEGIN DELETE FROM kept; END;
`;

describe.each(JOURNAL_MODES)("a database of unknown origin, journal mode %s", (mode) => {
  test.skipIf(!HAS_STRACE).each([["status"], ["status --check"], ["status --json"]])(
    "E14: %s reads it, changes nothing and calls nothing",
    async (line) => {
      using project = await standing(mode);
      project.exec("CREATE TABLE secret (a); INSERT INTO secret VALUES ('c4n4ry');");
      project.exec(HOSTILE);
      const before = digestOf(project.path);
      const ended = await project.shell(
        `strace -f -o trace -e trace=open,openat "$GODWIT" ${line} --db app.db`,
      );
      expect(ended).toMatchObject({ stderr: "", exitCode: 0 });
      expect(ended.stdout).not.toContain("c4n4ry");
      expect(digestOf(project.path)).toBe(before);
      const trace = await Bun.file(project.root.join("trace")).text();
      expect(trace).toContain("app.db");
      expect(trace).not.toMatch(/evil|intruded|\/etc\/passwd/);
      expect(soundness(project)).toEqual(SOUND);
    },
  );

  test("E14: a history that is a view is refused, since reading it runs what it says", async () => {
    using project = await standing(mode);
    project.exec(`ALTER TABLE schema_migrations RENAME TO real;
      CREATE VIEW schema_migrations AS SELECT id, version, upper(hex(randomblob(4))) AS description, applied_at, execution_time_ms, checksum FROM real;`);
    for (const command of ["status", "migrate", "rollback"]) {
      const ended = await project.godwit(command, "--db", "app.db", "--json");
      expect(ended.exitCode).toBe(3);
      expect(documentOf(ended)).toMatchObject({ error: { code: "HISTORY_FOREIGN" } });
    }
  });

  test("E14: a history with generated columns or expressions from elsewhere calls none of their functions", async () => {
    using project = await standing(mode);
    project.exec(`CREATE INDEX evil ON schema_migrations (description) WHERE description <> 'evil';
      ALTER TABLE schema_migrations ADD COLUMN evil GENERATED ALWAYS AS (printf('%.*c', 1000000, 'x')) VIRTUAL;`);
    const { stdout, exitCode } = await project.status("--json");
    expect(exitCode).toBe(0);
    expect(stdout.length).toBeLessThan(10_000);
  });

  test("E14: a trigger on the history never runs unseen", async () => {
    using project = await standing(mode);
    project.exec("CREATE TRIGGER evil AFTER INSERT ON schema_migrations BEGIN DELETE FROM kept; END;");
    project.tables(2);
    const ended = await project.migrate("--json");
    expect(ended.exitCode).toBe(3);
    expect(documentOf(ended)).toMatchObject({ error: { code: "HISTORY_FOREIGN" } });
    expect(soundness(project)).toEqual(SOUND);
    expect(project.applied()).toEqual([1]);
  });

  test.each(["sql", "ts"])("E14: no extension can be loaded by %s", async (kind) => {
    using project = await standing(mode);
    project.write(
      2,
      kind === "sql"
        ? "-- up\nSELECT load_extension('./evil');\n"
        : 'export function up(db) { db.query("SELECT load_extension(?)").all("./evil"); }\n',
      kind,
    );
    const failed = await project.migrate();
    expect(failed.exitCode).toBe(4);
    expect(failed.stderr).toContain("not authorized");
    expect(failed.stderr).toContain(`migrations/${v(2)}_step_2.${kind}`);
    expect(project.applied()).toEqual([1]);
  });

  test("E14: a schema cannot be rewritten by hand", async () => {
    using project = await standing(mode);
    project.sql(
      2,
      "PRAGMA writable_schema = ON;\nUPDATE sqlite_schema SET sql = 'evil' WHERE name = 'kept';",
    );
    expect((await project.migrate()).exitCode).toBe(4);
    expect(soundness(project)).toEqual(SOUND);
    expect(project.applied()).toEqual([1]);
  });
});
