import { realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { GodwitError, messageOf } from "./failure.ts";
import { locateFile } from "./source-text.ts";

/** A file that a command is about to write, and perhaps to replace. */
export interface OutputFile {
  /** As the user named it. */
  readonly shown: string;
  /** Absolute, and where a link leads to. */
  readonly path: string;
  /** The permissions of what is there; null where nothing is. */
  readonly mode: number | null;
}

/**
 * Where a file is to be written. What is there must be one: a device would be replaced by a file.
 * @throws GodwitError FILE_NOT_WRITTEN
 */
export function outputFile(shown: string): OutputFile {
  try {
    const stats = statSync(shown, { throwIfNoEntry: false });
    if (stats === undefined) {
      const path = resolve(shown);
      return { shown, path: join(realpathSync(dirname(path)), basename(path)), mode: null };
    }
    if (stats.isFile()) return { shown, path: realpathSync(shown), mode: stats.mode & 0o7777 };
  } catch (cause) {
    throw outputFailure(shown, cause);
  }
  throw new GodwitError("FILE_NOT_WRITTEN", `${shown} is there, and is no regular file`, {
    location: locateFile(shown),
    hint: "name another file with -o",
  });
}

export function outputFailure(shown: string, cause: unknown): GodwitError {
  return new GodwitError("FILE_NOT_WRITTEN", `${shown} cannot be written: ${messageOf(cause)}`, {
    hint: "check the folder and its permissions, or name another file with -o",
    cause,
  });
}
