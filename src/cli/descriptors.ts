import { readdirSync, readlinkSync } from "node:fs";

export interface Descriptor {
  readonly number: number;
  /** What it leads to, as the system names it. */
  readonly target: string;
}

/** Those after stdin, stdout and stderr. None where the system does not tell. */
export function openDescriptors(): Descriptor[] {
  const folder = "/proc/self/fd";
  try {
    return readdirSync(folder).flatMap((name) => {
      const target = linkOf(`${folder}/${name}`);
      return Number(name) > 2 && target !== null ? [{ number: Number(name), target }] : [];
    });
  } catch {
    return [];
  }
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    // The one that the folder was read by is closed again.
    return null;
  }
}
