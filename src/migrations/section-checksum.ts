import { checksum } from "../base/checksum.ts";
import type { Header } from "./header.ts";

/** The headers that change how the section runs are part of what is hashed; blank space around it is not. */
export function checksumOfSection(header: Header, text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  const section = text.slice(from, to);
  if (header.transactional && !header.foreignKeysOn) return checksum(section);
  const directives = `${header.transactional ? "" : "transaction: off\n"}${header.foreignKeysOn ? "foreign keys: on\n" : ""}`;
  return checksum(directives + section);
}

/** Space, and what `\t \n \v \f` stand for. */
function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 12);
}
