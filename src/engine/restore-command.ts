import type { RestorePoint } from "../history/restore-points.ts";

/** The command that puts a restore point back, as a shell takes it. */
export function restoreCommand({ id }: RestorePoint, database: string): string {
  return `godwit restore ${id} --db ${shellWord(database)}`;
}

function shellWord(text: string): string {
  return /^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
