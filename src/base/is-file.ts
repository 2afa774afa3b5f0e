import { statSync } from "node:fs";

/** Whether a path leads to a regular file. False also where the system does not say: a link may lead nowhere, or round to itself. */
export function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
