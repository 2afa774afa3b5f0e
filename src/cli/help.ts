import { renderUsage } from "citty";
import { cittyCommand, type DeclaredCommand } from "./command-tree.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape is what begins a colour
const COLOUR = /\u001b\[[0-9;]*m/g;

/** Help as citty renders it; it colours also where nobody can see colours. */
export async function helpText(command: DeclaredCommand | null, isColoured: boolean): Promise<string> {
  const parent = command === null ? undefined : cittyCommand(null);
  const text = (await renderUsage(cittyCommand(command), parent)).replace(/ +$/gm, "").trimEnd();
  return isColoured ? text : text.replace(COLOUR, "");
}
