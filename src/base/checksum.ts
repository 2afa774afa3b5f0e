/** UTF-16 units that are hashed at a time: the bytes of a large text would take as much memory again. */
const PART = 262_144;

/** Lower-case hex SHA-256 of the UTF-8 bytes of `text`. */
export function checksum(text: string): string {
  return text.length <= PART ? Bun.SHA256.hash(text, "hex") : checksumInParts(text);
}

function checksumInParts(text: string): string {
  const hasher = new Bun.CryptoHasher("sha256");
  for (let start = 0, end = 0; start < text.length; start = end) {
    end = Math.min(start + PART, text.length);
    // A character outside of the basic plane is two units, which make no bytes apart.
    if (isHighSurrogate(text.charCodeAt(end - 1))) end++;
    hasher.update(text.slice(start, end));
  }
  return hasher.digest("hex");
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
