import { GodwitError } from "../base/failure.ts";
import { locateFile } from "../base/source-text.ts";
import { readCodeFile } from "./code-file.ts";
import type { MigrationFile } from "./file-name.ts";
import type { Header } from "./header.ts";
import type { Migration, MigrationBody } from "./migration.ts";
import { readSqlFile, readUsualSqlFile } from "./sql-file.ts";

/** What is read of a file before it is known to be sound. */
interface Read {
  readonly header: Header;
  readonly checksum: string;
  readonly body: MigrationBody;
}

/**
 * One migration, parsed, from the text that `readText` gives; whatever that or the text is refused for makes a broken body.
 * @param readText for `.py` asked only for its description, and then whatever the bytes are
 */
export function readMigration(file: MigrationFile, readText: () => string): Migration {
  let text: string;
  try {
    text = readText();
  } catch (failure) {
    return brokenMigration(file, failure);
  }
  return parseMigration(file, text);
}

/** One migration from a text that may need care; null where it takes a closer look, as it does for few. */
export function usualMigration(file: MigrationFile, text: string): Migration | null {
  const read = file.kind === "sql" ? readUsualSqlFile(file.file, text) : null;
  return read === null ? null : compose(file, read);
}

/** One migration from its text; whatever the text is refused for makes a broken body. */
export function parseMigration(file: MigrationFile, text: string): Migration {
  try {
    if (file.kind === "py") return pythonMigration(file, text);
    return compose(file, file.kind === "sql" ? readSqlFile(file.file, text) : readCodeFile(file.file, text));
  } catch (failure) {
    return brokenMigration(file, failure);
  }
}

function brokenMigration(file: MigrationFile, failure: unknown): Migration {
  if (!(failure instanceof GodwitError)) throw failure;
  return { ...file, ...PLAIN, body: { kind: "broken", failure } };
}

/** Of what is sorted by version. @throws GodwitError VERSION_DUPLICATE */
export function refuseDuplicates(files: readonly MigrationFile[]): void {
  for (let index = 1; index < files.length; index++) {
    const file = files[index - 1]!;
    const next = files[index]!;
    if (next.version !== file.version) continue;
    throw new GodwitError("VERSION_DUPLICATE", `two files have the version ${file.version}`, {
      location: locateFile(next.file),
      details: [file.file, next.file],
      hint: "give one of them another version",
    });
  }
}

const PLAIN = {
  description: null,
  checksum: null,
  requires: [],
  transactional: true,
  foreignKeysOn: false,
} as const;

/** Member by member: thousands are put together, and to spread the two takes twice as long. */
function compose({ version, slug, kind, file }: MigrationFile, { header, checksum, body }: Read): Migration {
  const { description, requires, transactional, foreignKeysOn } = header;
  return { version, slug, kind, file, description, requires, transactional, foreignKeysOn, checksum, body };
}

/** The older runner kept the description in the module's docstring. */
function pythonMigration(file: MigrationFile, text: string): Migration {
  const description =
    /^\s*(?:"""|''')[\s\S]*?^[ \t]*Description:[ \t]*(.+?)[ \t]*$/im.exec(text)?.[1] ?? null;
  return { ...file, ...PLAIN, description, body: { kind: "python" } };
}
