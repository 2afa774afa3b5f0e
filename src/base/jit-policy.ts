/**
 * What an executable starts with: JavaScriptCore makes machine code of a function only after so many times as many calls as it would by itself. Most runs
 * are over before that pays. https://bun.com/docs/bundler/executables, `compile.jitPolicy`
 */
export const START_POLICY = 64;

/** So much of anything is handled for long enough to make machine code pay. */
const MANY_READ = 2000;
const MANY_RUN = 500;
const LARGE = 2 ** 20;

let isOfExecutable = false;

/** Gives effect to what is expected. Not for a library: how a server's process runs is not for it to say. */
export function useJitPolicy(): void {
  isOfExecutable = true;
}

/** To be told how many migrations are to be read, or run, or how many bytes one has. */
export function expectMuch({ read = 0, run = 0, bytes = 0 }): void {
  if (isOfExecutable && (read >= MANY_READ || run >= MANY_RUN || bytes >= LARGE)) Bun.unsafe.setJITPolicy(1);
}
