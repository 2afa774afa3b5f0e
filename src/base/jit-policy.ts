/**
 * What an executable starts with: JavaScriptCore makes machine code of a function only after so many times as many calls as it would by itself. Most runs
 * are over before that pays. https://bun.com/docs/bundler/executables, `compile.jitPolicy`
 */
export const START_POLICY = 64;

/** So many of anything are handled for long enough to make machine code pay. */
const MANY = 500;
const MANY_READ = 2000;

/** To be told how many migrations are to be read, or run. */
export function expectMany({ read = 0, run = 0 }: { read?: number; run?: number }): void {
  if (read >= MANY_READ || run >= MANY) Bun.unsafe.setJITPolicy(1);
}
