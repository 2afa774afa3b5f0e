import { verifyDatabase } from "../../features/verification/verify-database.ts";
import type { CommandContext } from "../command-context.ts";
import type { CommandResult } from "../results.ts";

export async function verify(context: CommandContext): Promise<CommandResult> {
  const subject = context.subject();
  return { kind: "verify", database: subject.database.name, report: await verifyDatabase(subject) };
}
