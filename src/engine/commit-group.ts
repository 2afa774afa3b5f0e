/** How long steps that share a commit may hold the lock before it is given up at the next boundary, in milliseconds. */
export function groupMs(database: { readonly isNew: boolean }): number {
  return database.isNew ? 2000 : 250;
}
