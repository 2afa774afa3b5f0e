import { homedir } from "node:os";
import { isFile } from "../../base/is-file.ts";
import { flagsSoFar } from "../arguments.ts";
import type { SettingFlags } from "../settings.ts";

/**
 * The settings that a line names which is still being typed. A shell hands its words over as they stand.
 * @param words of the command line, the last of which is not complete
 */
export function typedSettings(words: readonly string[]): SettingFlags {
  const flags = flagsSoFar(words.slice(0, -1)) as SettingFlags;
  const envFile = expanded(flags["env-file"]);
  return {
    ...flags,
    db: expanded(flags.db),
    dir: expanded(flags.dir),
    // What is a pipe would be read to its end.
    "env-file": envFile !== undefined && isFile(envFile) ? envFile : undefined,
  };
}

function expanded(path: string | undefined): string | undefined {
  return path?.startsWith("~/") === true ? homedir() + path.slice(1) : path;
}
