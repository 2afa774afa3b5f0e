import { Database } from "bun:sqlite";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { APPLIERS } from "../appliers.ts";
import { projectOf } from "../contenders.ts";
import { mustBe } from "../project.ts";
import type { BareProgram } from "../tool.ts";
import type { Contender, Place, Workload } from "../workload.ts";

const UPDATE = "UPDATE people SET visits = visits + 1;\n";
const LOOP = join(import.meta.dir, "../migrations/shout-names.ts");

/** One statement that changes every row. */
export const update2m: Workload = {
  name: "update-2m",
  contenders: (place) =>
    changes(place, {
      rows: 2_000_000,
      file: "20260101000001_count_visits.sql",
      write: (path) => writeFileSync(path, UPDATE),
      program: "run-file",
      changed: "visits = 1",
    }),
};

/** Code that changes every row by itself: the very same loop in both programs. */
export const typescript1m: Workload = {
  name: "typescript-1m",
  contenders: (place) =>
    changes(place, {
      rows: 1_000_000,
      file: "20260101000001_shout_names.ts",
      write: (path) => copyFileSync(LOOP, path),
      program: "shout-names",
      changed: "name = 'PERSON ' || id",
    }),
};

interface Change {
  readonly rows: number;
  readonly file: string;
  write(path: string): void;
  readonly program: BareProgram;
  /** What is true of a row afterwards. */
  readonly changed: string;
}

function changes(place: Place, { rows, file, write, program, changed }: Change): Contender[] {
  const folder = join(place.folder, "migrations");
  const prepared = join(place.folder, "prepared.db");
  const contender = (id: string) => {
    const project = projectOf(place, id);
    return {
      id,
      project,
      prepare: () => project.put(prepared),
      verify: () => mustBe("rows", project.number(`SELECT count(*) FROM people WHERE ${changed}`), rows),
    };
  };
  return [
    {
      ...contender("godwit"),
      tool: "godwit",
      note: "--no-backup",
      parameters: [...APPLIERS.godwit.parameters(folder, "sql"), "--no-backup"],
      create() {
        mkdirSync(folder, { recursive: true });
        write(join(folder, file));
        fill(prepared, rows);
      },
    },
    {
      ...contender("bare"),
      tool: `bare/${program}`,
      parameters: ["app.db", join(folder, file)],
    },
  ];
}

function fill(path: string, rows: number): void {
  using db = new Database(path);
  db.run("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, visits INTEGER NOT NULL)");
  db.run(
    `WITH RECURSIVE numbers (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM numbers WHERE id < ${rows})
     INSERT INTO people SELECT id, 'Person ' || id, 0 FROM numbers`,
  );
}
