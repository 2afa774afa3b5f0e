import { expect } from "bun:test";
import { v } from "../support/intent.ts";
import { type Refused, refused } from "../support/refused.ts";
import { type JournalMode, SOUND, soundness, standing } from "./journal-modes.ts";

/** The second migration, whose text is the case. */
export const FILE = `migrations/${v(2)}_step_2.sql`;
export const PLAIN =
  "-- up\nCREATE TABLE t2 (id INTEGER PRIMARY KEY);\nINSERT INTO t2 VALUES (1);\n-- down\nDROP TABLE t2;\n";

export interface Applied {
  readonly rows: unknown[];
  readonly checksum: unknown;
}

/** Applies the text without a word on stderr. @returns the rows of t2 and the recorded checksum. */
export async function applied(mode: JournalMode, text: string | Uint8Array): Promise<Applied> {
  using project = await standing(mode);
  project.root.write(FILE, text);
  const { stderr, exitCode } = await project.migrate();
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  expect(project.applied()).toEqual([1, 2]);
  expect(soundness(project)).toEqual(SOUND);
  const [checksum] = project.column("SELECT checksum FROM schema_migrations WHERE version = ?", v(2));
  return { rows: project.column("SELECT id FROM t2"), checksum };
}

/** Refused at its place before anything is run: not a byte of the database is changed, so that the mended file applies as if it were new. */
export async function refusedFile(mode: JournalMode, text: string | Uint8Array): Promise<Refused> {
  using project = await standing(mode);
  project.root.write(FILE, text);
  const refusal = await refused(project);
  expect(refusal).toMatchObject({ exitCode: 3, state: "unchanged: nothing was run" });
  expect(refusal.place).toStartWith(FILE);
  return refusal;
}
