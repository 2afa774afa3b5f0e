/**
 * What SQLite says where a schema asks for what the application registers on its own connections (https://sqlite.org/c3ref/create_collation.html,
 * https://sqlite.org/c3ref/create_function.html): the file is sound, and nobody else can read that part of it.
 */
const STRANGER =
  /^(no such collation sequence|unknown function|no such function|no such module|no query solution)\b/;

/** Runs what may meet them. @returns null where it does */
export function withoutStrangers<T>(action: () => T): T | null {
  try {
    return action();
  } catch (thrown) {
    if (thrown instanceof Error && STRANGER.test(thrown.message)) return null;
    throw thrown;
  }
}
