import { GodwitError } from "../base/failure.ts";

/** What an executable carries so that it needs no folder. */
export interface SealedContent {
  /** The folder's name, as messages show it. */
  readonly folder: string;
  readonly migrations: readonly SealedMigration[];
  /** What is imported to run migrations in code: one for each, by its file's name, and what they share. */
  readonly modules: readonly SealedModule[];
}

interface SealedMigration {
  /** Of the file. */
  readonly name: string;
  readonly text: string;
}

/** JavaScript that imports nothing but other modules here and what the runtime brings. */
export interface SealedModule {
  readonly name: string;
  readonly code: string;
  /** A source map as JSON, its sources relative to the folder; null where there is none. */
  readonly map: string | null;
}

const KINDS = ["migration", "module", "map"] as const;

interface Part {
  readonly kind: (typeof KINDS)[number];
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

interface Index {
  readonly format: 1;
  readonly folder: string;
  readonly parts: readonly Part[];
}

const NEWLINE = 10;

/** One file: a line of JSON that says what follows, then each text as it is, and a line break after it. The same content gives the same bytes. */
export function seal({ folder, migrations, modules }: SealedContent): Buffer {
  const parts: Part[] = [];
  const bodies: Buffer[] = [];
  const add = (kind: Part["kind"], name: string, text: string) => {
    const body = Buffer.from(text);
    parts.push({ kind, name, bytes: body.length, sha256: sha256(body) });
    bodies.push(body, LINE_BREAK);
  };
  for (const { name, text } of migrations) add("migration", name, text);
  for (const { name, code, map } of modules) {
    add("module", name, code);
    if (map !== null) add("map", name, map);
  }
  const index: Index = { format: 1, folder, parts };
  return Buffer.concat([Buffer.from(`${JSON.stringify(index)}\n`), ...bodies]);
}

const LINE_BREAK = Buffer.from("\n");

/** The lower-case hex SHA-256 of bytes. */
export function sha256(bytes: Uint8Array): string {
  return Bun.SHA256.hash(bytes, "hex");
}

/**
 * What `seal` was given.
 * @param expected the SHA-256 of all bytes
 * @throws GodwitError BUNDLE_DAMAGED, with the name of the first part that is not what was sealed
 */
export function unseal(bytes: Buffer, expected: string): SealedContent {
  const isWhole = sha256(bytes) === expected;
  const indexEnd = bytes.indexOf(NEWLINE);
  const index = readIndex(bytes.subarray(0, Math.max(0, indexEnd)));
  if (index === null) throw damaged("its index");
  const texts: Record<Part["kind"], Map<string, string>> = {
    migration: new Map(),
    module: new Map(),
    map: new Map(),
  };
  let at = indexEnd + 1;
  for (const { kind, name, bytes: length, sha256: sum } of index.parts) {
    const body = bytes.subarray(at, at + length);
    if (!isWhole && sha256(body) !== sum) throw damaged(name);
    texts[kind].set(name, body.toString("utf8"));
    at += length + 1;
  }
  if (!isWhole) throw damaged("its index");
  return {
    folder: index.folder,
    migrations: [...texts.migration].map(([name, text]) => ({ name, text })),
    modules: [...texts.module].map(([name, code]) => ({ name, code, map: texts.map.get(name) ?? null })),
  };
}

/** Null for what is none: a byte may have been changed anywhere. */
function readIndex(line: Buffer): Index | null {
  try {
    const index = JSON.parse(line.toString("utf8")) as Partial<Index> | null;
    if (index?.format !== 1 || typeof index.folder !== "string" || !Array.isArray(index.parts)) return null;
    return index.parts.every(isPart) ? (index as Index) : null;
  } catch {
    return null;
  }
}

function isPart(part: Partial<Part> | null): boolean {
  return (
    KINDS.some((kind) => kind === part?.kind) &&
    typeof part?.name === "string" &&
    typeof part.sha256 === "string" &&
    Number.isSafeInteger(part.bytes) &&
    part.bytes! >= 0
  );
}

function damaged(what: string): GodwitError {
  return new GodwitError(
    "BUNDLE_DAMAGED",
    `this executable is damaged: ${what} is not what was sealed in it`,
    {
      hint: "copy it again, or make it again with: godwit bundle",
    },
  );
}
