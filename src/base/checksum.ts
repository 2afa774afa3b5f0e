/** Lower-case hex SHA-256 of the UTF-8 bytes of `text`. */
export function checksum(text: string): string {
  return Bun.SHA256.hash(text, "hex");
}
