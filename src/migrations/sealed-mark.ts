/** Where an executable keeps the migrations that it carries. */
export interface SealedMark {
  /** Of the sealed file, inside the executable. */
  readonly path: string;
  readonly sha256: string;
}

const KEY = "godwit.sealed";

/** What runs before anything else in an executable that carries migrations; `path` is an expression. */
export function markStatement(path: string, sha256: string): string {
  return `globalThis[Symbol.for(${JSON.stringify(KEY)})] = { path: ${path}, sha256: ${JSON.stringify(sha256)} };`;
}

/** Null in an executable that works on a folder. */
export function sealedMark(): SealedMark | null {
  return (globalThis as { [key: symbol]: SealedMark | undefined })[Symbol.for(KEY)] ?? null;
}
