import { basename } from "node:path";
import { sealedMark } from "../migrations/sealed-mark.ts";
import { commandsOf } from "./command-tree.ts";

/**
 * A line that says what to do next, with the name of the program that there is: an executable that carries its migrations has one of its own, and stands
 * where no godwit need be.
 */
export function byItsName(line: string): string {
  if (sealedMark() === null || !line.includes("godwit ")) return line;
  const names = commandsOf(true).map(({ name }) => name);
  return line.replace(
    new RegExp(`\\bgodwit (?=(?:${names.join("|")})\\b)`, "g"),
    `${basename(process.execPath)} `,
  );
}
