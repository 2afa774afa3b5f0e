import { fstatSync, statSync } from "node:fs";

/**
 * Whether a descriptor is a terminal. `node:tty` brings all of Node's sockets with it, 10 ms of start-up: only a character device other than
 * /dev/null is worth asking it about.
 */
export function isTerminal(descriptor: number): boolean {
  return mayBeTerminal(descriptor) && process.getBuiltinModule("node:tty").isatty(descriptor);
}

function mayBeTerminal(descriptor: number): boolean {
  try {
    const stats = fstatSync(descriptor);
    return stats.isCharacterDevice() && stats.rdev !== statSync("/dev/null").rdev;
  } catch {
    return true;
  }
}
