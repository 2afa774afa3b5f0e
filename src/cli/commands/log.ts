import { existsSync } from "node:fs";
import { GodwitError } from "../../base/failure.ts";
import { isAlive, RunLog } from "../../history/run-log.ts";
import type { CommandContext } from "../command-context.ts";
import type { CommandResult } from "../results.ts";

const SHOWN = 20;

export async function log(context: CommandContext): Promise<CommandResult> {
  const limit = context.count("limit") ?? SHOWN;
  const { database, settings } = context.subject();
  const runs = new RunLog(database.name, settings.backup.parent).read();
  if (runs.length === 0 && !existsSync(database.name)) {
    throw new GodwitError("DATABASE_NOT_FOUND", `there is no database ${database.name}`, {
      hint: "check the path",
    });
  }
  const shown = runs.slice(0, limit).map((run) => ({ ...run, isAlive: run.end === null && isAlive(run) }));
  return { kind: "log", database: database.name, runs: shown, total: runs.length };
}
