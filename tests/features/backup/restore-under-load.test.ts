import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import { RestorePoints } from "../../../src/history/restore-points.ts";
import { CliProject } from "../../support/cli-project.ts";
import { documentOf, startProcess } from "../../support/run-godwit.ts";

setDefaultTimeout(60_000);

const APPLICATION = join(import.meta.dir, "../../support/busy-application.ts");
const RESTORES = 6;

type Acknowledged = [writer: number, number: number];

function rowsIn(path: string): Acknowledged[] {
  using db = new Database(path, { readonly: true });
  return db.query("SELECT writer, number FROM acknowledged ORDER BY 1, 2").values() as Acknowledged[];
}

/** An application at work, and what it was told is committed. */
class Application {
  readonly told: number[] = [];
  seen: Acknowledged[] = [];
  readonly pid: number;
  private readonly child: ReturnType<typeof startProcess>;
  private readonly reading: Promise<void>;
  private wake = () => {};

  constructor(project: CliProject) {
    this.child = startProcess([process.execPath, APPLICATION, project.path, "1"], { cwd: project.cwd });
    this.pid = this.child.pid;
    this.reading = this.read();
  }

  /** Until it has committed so many more rows. */
  async work(rows: number): Promise<void> {
    const until = this.told.length + rows;
    while (this.told.length < until) await new Promise<void>((resolve) => (this.wake = resolve));
  }

  async end(): Promise<void> {
    this.child.kill("SIGTERM");
    await this.reading;
    expect({ code: await this.child.exited, errors: await this.child.stderr.text() }).toEqual({
      code: 0,
      errors: "",
    });
  }

  private async read(): Promise<void> {
    let text = "";
    for await (const chunk of this.child.stdout) {
      text += new TextDecoder().decode(chunk);
      const lines = text.split("\n");
      text = lines.pop()!;
      for (const line of lines) {
        if (line.startsWith("end ")) this.seen = JSON.parse(line.slice(4));
        else this.told.push(Number(line));
      }
      this.wake();
    }
    this.wake();
  }
}

test.each(["delete", "wal"])(
  "no row that an application was told of is lost when a restore point is put back under it (%s)",
  async (mode) => {
    using project = new CliProject();
    project.exec(
      `PRAGMA journal_mode = ${mode}; CREATE TABLE acknowledged (writer INTEGER, number INTEGER, PRIMARY KEY (writer, number));
       CREATE TABLE bulk AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT randomblob(2000) AS x FROM n`,
    );
    const { ino } = statSync(project.path);
    await project.godwit("backup", "--db", "app.db");
    const [first] = new RestorePoints(project.path).list();
    project.root.write("godwit.toml", "[backup]\nkeep = 100\n");
    const application = new Application(project);
    await application.work(20);
    let refused = 0;
    for (let n = 0; n < RESTORES; n++) {
      const ended = await project.godwit("restore", first!.id, "--db", "app.db", "--yes", "--json");
      const { open_by: openBy } = documentOf(ended);
      if (ended.exitCode === 0)
        expect(openBy).toEqual([{ pid: application.pid, command: expect.any(String) }]);
      else {
        refused++;
        expect(documentOf(ended)["error"]).toMatchObject({ code: "DATABASE_BUSY" });
      }
      await application.work(20);
    }
    await application.end();
    expect(refused).toBe(0);
    expect(statSync(project.path).ino).toBe(ino);
    expect(rowsIn(project.path)).toEqual(application.seen);
    expect(project.column("PRAGMA integrity_check")).toEqual(["ok"]);
    const points = new RestorePoints(project.path).list();
    const everywhere = new Set(
      [project.path, ...points.map(({ file }) => file)].flatMap((file) =>
        rowsIn(file).map(([, number]) => number),
      ),
    );
    expect(application.told.filter((number) => !everywhere.has(number))).toEqual([]);
    expect(application.told.length).toBeGreaterThan(100);
    // It was put back indeed: most rows are in the restore points only.
    expect(application.seen.length).toBeLessThan(application.told.length / 2);
  },
);
