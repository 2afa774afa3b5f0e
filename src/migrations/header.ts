import { GodwitError } from "../base/failure.ts";
import { editDistance } from "../base/nearest.ts";
import { locate } from "../base/source-text.ts";
import { isVersion } from "./file-name.ts";

/** What the `Key: value` lines at the head of a file say. */
export interface Header {
  description: string | null;
  requires: string[];
  transactional: boolean;
  foreignKeysOn: boolean;
}

const KEYS = ["description", "requires", "transaction", "foreign keys"] as const;
type Key = (typeof KEYS)[number];

const KEY_LINE = /^([A-Za-z][A-Za-z _-]*?)[ \t]*:(?!:)[ \t]*(.*)$/;

/** Reads header lines one after another; the text and file are for the places of errors. */
export class HeaderReader {
  private readonly file: string;
  private readonly text: string;
  readonly header: Header = { description: null, requires: [], transactional: true, foreignKeysOn: false };
  private readonly seen = new Set<Key>();

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  /**
   * Takes one comment line without its comment marks; `index` is where it starts. Lines with other keys, or none, are prose.
   * @throws GodwitError DIRECTIVE_INVALID for a key within one edit of a known one, one that is given twice, or a value that the key
   * does not take.
   */
  take(line: string, index: number): void {
    const match = KEY_LINE.exec(line.trim());
    if (match === null) return;
    const key = this.knownKey(match[1]!, index);
    if (key === null) return;
    if (key !== "requires" && this.seen.has(key)) this.refuse(`${title(key)} is given twice`, index);
    this.seen.add(key);
    this.set(key, match[2]!.trim(), index);
  }

  /** Refuses a line that would be a directive at the head of the file but stands where it has no effect. */
  refuseMisplaced(line: string, index: number): void {
    const match = KEY_LINE.exec(line.trim());
    const key = match === null ? null : normalise(match[1]!);
    const isDirective =
      ((key === "transaction" || key === "foreign keys") && /^(on|off)$/i.test(match![2]!.trim())) ||
      (key === "requires" && /^\d{14}\b/.test(match![2]!));
    if (isDirective) {
      this.refuse(
        `"${title(key)}" has no effect here`,
        index,
        "move it to the head of the file, before the first marker",
      );
    }
  }

  private knownKey(written: string, index: number): Key | null {
    const key = normalise(written);
    for (const known of KEYS) {
      if (key === known) return known;
      if (editDistance(key, known) === 1) {
        this.refuse(`unknown header "${written}"`, index, `write "${title(known)}:", or reword the comment`);
      }
    }
    return null;
  }

  private set(key: Key, value: string, index: number): void {
    if (key === "description") this.header.description = value === "" ? null : value;
    else if (key === "requires") this.header.requires.push(...this.versions(value, index));
    else if (key === "transaction") this.header.transactional = this.isOn(key, value, index);
    else this.header.foreignKeysOn = this.isOn(key, value, index);
  }

  private versions(value: string, index: number): string[] {
    const listed = value.replace(/\([^)]*\)\s*$/, "");
    const versions = listed.split(/[\s,]+/).filter((version) => version !== "");
    for (const version of versions) {
      if (!isVersion(version))
        this.refuse(`"${version}" is no version`, index, "Requires takes versions of 14 digits");
    }
    return versions;
  }

  private isOn(key: Key, value: string, index: number): boolean {
    if (!/^(on|off)$/i.test(value))
      this.refuse(`${title(key)} is "${value}"`, index, `${title(key)} takes on or off`);
    return value.toLowerCase() === "on";
  }

  private refuse(message: string, index: number, hint?: string): never {
    throw new GodwitError("DIRECTIVE_INVALID", message, {
      location: locate(this.file, this.text, index),
      hint,
    });
  }
}

function normalise(written: string): string {
  return written.toLowerCase().replace(/[\s_-]+/g, " ");
}

function title(key: string | null): string {
  return key === null ? "" : key[0]!.toUpperCase() + key.slice(1);
}
