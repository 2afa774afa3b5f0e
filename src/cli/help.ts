import { basename } from "node:path";
import { renderUsage } from "citty";
import { counted } from "../base/printable.ts";
import type { CarriedSource } from "../migrations/carried-source.ts";
import { cittyCommand, type DeclaredCommand, FOLDER_COMMANDS } from "./command-tree.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape is what begins a colour
const COLOUR = /\u001b\[[0-9;]*m/g;

export interface HelpOptions {
  readonly isColoured: boolean;
  /** The migrations that the executable carries; null for one that works on a folder. */
  readonly sealed: CarriedSource | null;
}

/** Help as citty renders it; it colours also where nobody can see colours. */
export async function helpText(
  command: DeclaredCommand | null,
  { isColoured, sealed }: HelpOptions,
): Promise<string> {
  const parent = command === null ? undefined : cittyCommand(null);
  const text = (await renderUsage(cittyCommand(command, sealed !== null), parent))
    .replace(/ +$/gm, "")
    .trimEnd();
  const shown = isColoured ? text : text.replace(COLOUR, "");
  return sealed === null || command !== null ? shown : `${carried(sealed)}\n\n${shown}`;
}

function carried(sealed: CarriedSource): string {
  const files = sealed.list();
  const range = `${files[0]?.version} to ${files.at(-1)?.version}`;
  return `${basename(process.execPath)} carries ${counted(files.length, "migration")} of ${sealed.label}, ${range}: --dir, ${FOLDER_COMMANDS.slice(0, -1).join(", ")} and ${FOLDER_COMMANDS.at(-1)} are not for it`;
}
