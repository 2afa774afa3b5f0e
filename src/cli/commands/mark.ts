import { GodwitError } from "../../base/failure.ts";
import { mark as markMigrations } from "../../engine/mark.ts";
import type { CommandContext } from "../command-context.ts";
import type { CommandResult } from "../results.ts";

export async function mark(context: CommandContext): Promise<CommandResult> {
  const version = context.version("version");
  if (version === undefined) throw missing("mark needs a version");
  context.refuseTogether("applied", "pending");
  if (!context.isSet("applied") && !context.isSet("pending"))
    throw missing("mark needs --applied or --pending");
  const as = context.isSet("applied") ? "applied" : "pending";
  const subject = context.subject();
  const marked = await markMigrations(subject, { version, as, through: context.isSet("through") });
  return { kind: "mark", database: subject.database.name, marked };
}

function missing(message: string): GodwitError {
  return new GodwitError("MISSING_ARGUMENT", message, {
    hint: "write: godwit mark 20260214120000 --applied (or --pending)",
  });
}
