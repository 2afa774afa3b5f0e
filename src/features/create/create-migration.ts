import { mkdirSync, readdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { writeExclusive } from "../../base/exclusive-file.ts";
import { GodwitError, messageOf } from "../../base/failure.ts";
import { codeTemplate, sqlTemplate } from "./templates.ts";

export interface CreatedMigration {
  readonly version: string;
  readonly description: string;
  readonly kind: "sql" | "ts";
  readonly file: string;
}

const SLUG_LENGTH = 80;

/**
 * Writes a new migration file, named by the present second in UTC or, where a file has that version, the next free one. Makes the folder if there is none.
 * @throws GodwitError INVALID_VALUE for a description without a letter or digit, FILE_NOT_WRITTEN
 */
export function createMigration(
  folder: string,
  description: string,
  kind: "sql" | "ts",
  clock: Clock,
): CreatedMigration {
  const words = description.replace(/\s+/g, " ").trim();
  const slug = slugOf(words);
  const text = kind === "sql" ? sqlTemplate(words) : codeTemplate(words);
  try {
    mkdirSync(folder, { recursive: true });
    for (let moment = clock.now(); ; moment = new Date(moment.getTime() + 1000)) {
      const version = versionOf(moment);
      const file = join(folder, `${version}_${slug}.${kind}`);
      if (isTaken(folder, version, null) || !writeExclusive(file, text)) continue;
      if (!isTaken(folder, version, file)) return { version, description: words, kind, file };
      unlinkSync(file);
    }
  } catch (cause) {
    if (cause instanceof GodwitError) throw cause;
    throw new GodwitError("FILE_NOT_WRITTEN", `no file can be written in ${folder}: ${messageOf(cause)}`, {
      hint: "check the folder and its permissions, or name another with --dir",
      cause,
    });
  }
}

/** UTC YYYYMMDDHHMMSS. */
function versionOf(moment: Date): string {
  return moment.toISOString().slice(0, 19).replace(/[-:T]/g, "");
}

/**
 * Whether another file has the version. Of two runs that write at once, the one whose name sorts first keeps it: `own` gives way only to
 * an earlier name.
 */
function isTaken(folder: string, version: string, own: string | null): boolean {
  return readdirSync(folder).some((name) => {
    const file = join(folder, name);
    return name.startsWith(version) && file !== own && (own === null || file < own);
  });
}

/** `[a-z0-9_]`: accents are taken off, everything else becomes one underscore. */
function slugOf(description: string): string {
  const plain = description
    .normalize("NFKD")
    .replace(/\p{Mark}/gu, "")
    .toLowerCase();
  const slug = plain
    .replace(/[^a-z0-9]+/g, "_")
    .slice(0, SLUG_LENGTH)
    .replace(/^_+|_+$/g, "");
  if (slug !== "") return slug;
  throw new GodwitError(
    "INVALID_VALUE",
    `the description "${description}" has no letter or digit for a file's name`,
    {
      hint: 'describe it in words: godwit create "add user email"',
    },
  );
}
