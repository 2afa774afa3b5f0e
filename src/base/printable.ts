/**
 * Text from files and databases made safe for a terminal: control characters, which can move the cursor or
 * recolour the screen, and bidirectional overrides, which can reorder what is read, appear as escapes.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return character === "\t" ? " " : `\\u${character.codePointAt(0)!.toString(16).padStart(4, "0")}`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** "1 migration", "3 migrations". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** `512 bytes`, `12 KB`, `1.1 GB`: thousands, as disks are sold and `ls --si` counts. */
export function size(bytes: number): string {
  if (bytes < 1000) return counted(bytes, "byte");
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), 4);
  const scaled = bytes / 1000 ** power;
  return `${scaled < 10 ? Math.round(scaled * 10) / 10 : Math.round(scaled)} ${["KB", "MB", "GB", "TB"][power - 1]}`;
}
