/** Lower-case hex of so many random bytes. `node:crypto` would cost milliseconds of start-up; the web's is there already. */
export function randomHex(bytes: number): string {
  return crypto.getRandomValues(new Uint8Array(bytes)).toHex();
}
