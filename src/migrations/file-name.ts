import { GodwitError } from "../base/failure.ts";
import { counted } from "../base/printable.ts";
import { locateFile } from "../base/source-text.ts";

/** `py` is the older Python runner's: its files are known, never run. */
export type MigrationKind = "sql" | "ts" | "js" | "py";

interface MigrationName {
  /** 14 digits, UTC YYYYMMDDHHMMSS; always text, since a JavaScript number would round longer ones. */
  readonly version: string;
  readonly slug: string;
  readonly kind: MigrationKind;
}

/** One file of a source, known by name only. */
export interface MigrationFile extends MigrationName {
  /** As messages show it: the folder as it was given, and the name. */
  readonly file: string;
}

const WELL_FORMED = /^\d{14}_[A-Za-z0-9_.-]+\.(?:sql|ts|js|py)$/;
/** A line break or a space at the end can hardly be seen in a listing. */
const MEANT_AS_MIGRATION = /^\d.*\.(sql|ts|js|py)\s*$/is;
const SHAPE = "<14 digits>_<letters, digits, _ . ->.<sql|ts|js>";

/**
 * What the name of a file says: null for one that is none of godwit's business (helpers, data, folders).
 * @throws GodwitError MIGRATION_NAME_INVALID for a name that starts with digits and ends like a migration but is none:
 * skipping it would leave out what somebody meant to run.
 */
export function parseFileName(name: string, file: string): MigrationFile | null {
  if (!WELL_FORMED.test(name)) {
    if (!MEANT_AS_MIGRATION.test(name)) return null;
    throw new GodwitError("MIGRATION_NAME_INVALID", `not a migration's name: ${whyInvalid(name)}`, {
      location: locateFile(file),
      hint: `rename it to ${SHAPE}, or let it start with a letter if it is no migration`,
    });
  }
  // Of the others each has two letters.
  const kind = name.endsWith(".sql") ? "sql" : (name.slice(-2) as MigrationKind);
  return { version: name.slice(0, 14), slug: name.slice(15, -1 - kind.length), kind, file };
}

function whyInvalid(name: string): string {
  const digits = /^\d+/.exec(name)![0].length;
  if (digits !== 14) return `the version has ${counted(digits, "digit")}, not 14`;
  if (name[digits] !== "_") return "no _ follows the version";
  if (!/\.(sql|ts|js|py)\s*$/.test(name)) return "the extension is not in lower case";
  return "a character is none of A-Z a-z 0-9 _ . -";
}

/** The name of a migration's file, without any folder. */
export function fileNameOf({ version, slug, kind }: MigrationName): string {
  return `${version}_${slug}.${kind}`;
}

export function isVersion(text: string): boolean {
  return /^\d{14}$/.test(text);
}

/** "add_user_email" and "add-user-email" as words. */
export function describeSlug(slug: string): string {
  const words = slug.replace(/[_-]+/g, " ").trim();
  return words === "" ? slug : words[0]!.toUpperCase() + words.slice(1);
}
